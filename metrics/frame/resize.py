"""How a map comes to the size of the ground truth."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.errors import InputError
from videosal.metrics.frame.flat import flat

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Taps = tuple[NDArray[np.uint64], Floats, NDArray[np.uint64]]


def imresize(image: ArrayLike, size: tuple[int, int]) -> NDArray[np.float64]:
    """Resize a map as MATLAB's ``imresize(image, size)`` does: bicubic, and with antialiasing where it shrinks.

    The kernel is Keys' cubic with a = -0.5; where an axis shrinks it is stretched by the scale. Borders are mirrored.
    The axis of the smaller scale goes first. Overshoot is not clipped, and nothing is rounded.

    Parameters
    ----------
    image : (h, w) array_like
        Real numbers of any dtype.
    size : (int, int)
        Height and width to come to.

    Returns
    -------
    (height, width) float64 array
        A copy where the size stays.

    Raises
    ------
    InputError
        `image` is not a non-empty 2-D array of real numbers, or `size` is not two positive integers.

    References
    ----------
    R. Keys, Cubic convolution interpolation for digital image processing, IEEE TASSP 29(6), 1981.
    """
    array = np.asarray(image)
    if array.ndim != 2 or array.size == 0 or array.dtype.kind not in "biuf":
        raise InputError(f"image is {array.dtype} of shape {array.shape}: give a non-empty 2-D array of real numbers")
    if len(size) != 2 or any(int(side) != side or side < 1 for side in size):
        raise InputError(f"size is {size}: give two positive integers (height, width)")
    if array.shape == tuple(size):
        return np.array(array, dtype=np.float64, order="C")
    return resize_bicubic(array, (int(size[0]), int(size[1])))


def resize_bicubic(image: NDArray[Any], size: tuple[int, int]) -> Floats:
    """Do what `imresize` does, without its checks, to another size."""
    from videosal.metrics.kernels import resize_kernels  # imports numba

    (h, w), (height, width) = image.shape, size
    source = flat(np.ascontiguousarray(image, dtype=np.float64))
    result = np.empty(size)
    if height / h <= width / w:
        between = np.empty((height, w))
        resize_kernels.resize_rows(between, source, *_taps(h, height))
        resize_kernels.resize_columns(result, flat(between), *_taps(w, width))
    else:
        between = np.empty((h, width))
        resize_kernels.resize_columns(between, source, *_taps(w, width))
        resize_kernels.resize_rows(result, flat(between), *_taps(h, height))
    return result


@lru_cache(maxsize=64)
def _taps(n_in: int, n_out: int) -> Taps:
    """Return, per output, the weightiest input last (n_out,), and before the others (n_out, k) and their weights."""
    scale = n_out / n_in
    stretch = min(scale, 1.0)
    centre = np.arange(1, n_out + 1) / scale + 0.5 * (1 - 1 / scale)
    left = np.floor(centre - 2 / stretch)
    taps = left[:, None] + np.arange(math.ceil(4 / stretch) + 2)
    weights = _keys_cubic(stretch * (centre[:, None] - taps))
    weights /= weights.sum(axis=1, keepdims=True)
    # Borders repeat the edge and then run backwards: 1..n, n..1, with period 2n.
    period = (taps.astype(np.int64) - 1) % (2 * n_in)
    index = np.where(period < n_in, period, 2 * n_in - 1 - period)
    used = weights.any(axis=0)
    index, weights = index[:, used].astype(np.uint64), weights[:, used]
    others = np.arange(index.shape[1]) != weights.argmax(axis=1)[:, None]
    nearest = index[~others]
    return index[others].reshape(n_out, -1), weights[others].reshape(n_out, -1), nearest


def _keys_cubic(x: Floats) -> Floats:
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0.0))
