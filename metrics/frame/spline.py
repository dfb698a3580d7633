"""How SciPy enlarges a map: by the cubic spline through its pixels, from corner to corner."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.metrics.frame.resize import resample, split_taps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from videosal.metrics.frame.resize import Taps

    Floats = NDArray[np.float64]


def zoom_cubic(image: NDArray[Any], size: tuple[int, int]) -> Floats:
    """Resize as ``scipy.ndimage.zoom(image, factors, order=3)`` does, to rounding, one axis after the other.

    Notes
    -----
    Pixels beyond a border are those before it, mirrored at the last one. Where rounding puts the last row or column of
    the result behind that of the image, SciPy takes it to lie outside, and fills it with zeros; so does this.

    References
    ----------
    M. Unser, A. Aldroubi, M. Eden, B-spline signal processing: part II, IEEE Trans. Signal Processing 41(2), 1993.
    """
    from videosal.metrics.kernels import resize_kernels  # imports numba

    (h, w), (height, width) = image.shape, size
    turned = np.array(image.T, dtype=np.float64, order="C")  # always a copy, which is filtered in place
    resize_kernels.to_spline(turned.reshape(-1), w)
    coefficients = np.array(turned.T, order="C")
    resize_kernels.to_spline(coefficients.reshape(-1), h)
    (rows, last_row), (columns, last_column) = _taps(h, height), _taps(w, width)
    result = resample(coefficients, rows, columns)
    result[last_row:] = 0
    result[:, last_column:] = 0
    return result


@lru_cache(maxsize=64)
def _taps(n_in: int, n_out: int) -> tuple[Taps, int]:
    """Return the taps of each output, and how many outputs lie within the image."""
    places = np.arange(n_out) * ((n_in - 1) / (n_out - 1) if n_out > 1 else 1.0)
    before = np.floor(places)
    right = places - before
    left = 1 - right
    weights = np.stack((left**3, 4 - 3 * right**2 * (1 + left), 4 - 3 * left**2 * (1 + right), right**3), axis=1) / 6
    index = before[:, None].astype(np.int64) + np.arange(-1, 3)
    period = index % max(2 * n_in - 2, 1)
    return split_taps(np.minimum(period, 2 * n_in - 2 - period), weights), int(np.count_nonzero(places <= n_in - 1))
