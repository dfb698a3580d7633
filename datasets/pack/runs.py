"""Maps that are zero at most pixels, as nearly all densities of single frames are: only the rest is kept, in runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from videosal.metrics.kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Places = NDArray[np.int32]


def find_runs(density: Bytes) -> tuple[Places, Places, Bytes]:
    """Find the runs of pixels that are not zero.

    Returns
    -------
    starts, ends : ndarray, shape (n,), dtype int32
        First pixel of each run, and the pixel after its last; flat indices, ascending.
    values : ndarray, shape (m,), dtype uint8
        The values of all runs, one after the other.
    """
    pixels = np.flatnonzero(density).astype(np.int32)
    first = np.diff(pixels, prepend=-2) != 1
    last = np.diff(pixels, append=density.size + 1) != 1
    return pixels[first], pixels[last] + 1, density.reshape(-1)[pixels]


@kernel
def fill_runs(starts: Places, ends: Places, values: Bytes, result: Bytes) -> None:
    """Write the values of runs into a flat map of zeros."""
    filled = 0
    for k in range(starts.size):
        length = ends[k] - starts[k]
        result[starts[k] : ends[k]] = values[filled : filled + length]
        filled += length
