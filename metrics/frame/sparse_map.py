"""Densities that are zero at most pixels, as nearly all of those of a single frame are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.metrics.frame.flat import flat

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    Bytes = NDArray[np.uint8]
    Places = NDArray[np.int32]


class SparseMap:
    """An 8-bit density as runs of pixels that are not zero: the same scores, sooner.

    Where an array is needed, it becomes one.

    Attributes
    ----------
    shape : (int, int)
        H and W.
    starts, ends : ndarray, shape (n,), dtype int32
        First pixel of each run, and the pixel after its last; flat indices, ascending.
    values : ndarray, shape (m,), dtype uint8
        The densities of all runs, one after the other.
    """

    dtype = np.dtype(np.uint8)
    __slots__ = ("ends", "shape", "starts", "values")

    def __init__(self, shape: tuple[int, ...], starts: Places, ends: Places, values: Bytes) -> None:
        self.shape = shape
        self.starts, self.ends, self.values = flat(starts), flat(ends), flat(values)

    @classmethod
    def of(cls, density: Bytes) -> SparseMap:
        """Find the runs of a map."""
        pixels = np.flatnonzero(density).astype(np.int32)
        first = np.diff(pixels, prepend=-2) != 1
        last = np.diff(pixels, append=density.size + 1) != 1
        return cls(density.shape, pixels[first], pixels[last] + 1, density.reshape(-1)[pixels])

    @property
    def size(self) -> int:
        """Number of pixels."""
        return self.shape[0] * self.shape[1]

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        from videosal.metrics.kernels import run_kernels  # imports numba

        if copy is False:
            raise ValueError("a sparse map becomes an array by copying only")
        result = np.zeros(self.shape, np.uint8)
        run_kernels.fill_runs(self.starts, self.ends, self.values, result.reshape(-1))
        return result if dtype is None else result.astype(dtype, copy=False)
