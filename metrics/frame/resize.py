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


_STRIP = 64  # rows


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
    (h, w), (height, width) = image.shape, size
    return resample(np.ascontiguousarray(image, dtype=np.float64), _taps(h, height), _taps(w, width))


def resample(image: Floats, rows: Taps, columns: Taps) -> Floats:
    """Mix the rows of a C-ordered map by some taps and its columns by others, the axis of the smaller scale first."""
    from videosal.metrics.kernels import resize_kernels  # imports numba

    (h, w), height, width = image.shape, rows[2].size, columns[2].size
    result = np.empty((height, width))
    if height / h <= width / w:
        for first in range(0, height, _STRIP):  # which stay in the fast caches on their way
            strip = slice(first, first + _STRIP)
            between = np.empty(result[strip].shape[0] * w)
            resize_kernels.resize_rows(between, flat(image), rows[0][strip], rows[1][strip], rows[2][strip])
            resize_kernels.resize_columns(result[strip].reshape(-1), flat(between), *columns)
    else:
        between = np.empty(h * width)
        resize_kernels.resize_columns(between, flat(image), *columns)
        resize_kernels.resize_rows(result.reshape(-1), flat(between), *rows)
    return result


def split_taps(index: NDArray[Any], weights: Floats) -> Taps:
    """Tell the weightiest tap of each output, which comes last, from the others, in threes as the kernels take them.

    Parameters
    ----------
    index, weights : (n_out, k) array
        Inputs that an output is mixed of, and their shares, which add up to 1.

    Returns
    -------
    index, weights : (n_out, m) array
        Without the weightiest, filled up with taps of no weight.
    nearest : (n_out,) array
    """
    n = len(weights)
    others = np.arange(weights.shape[1]) != weights.argmax(axis=1)[:, None]
    nearest, count = index[~others].astype(np.uint64), weights.shape[1] - 1
    threes = max(1, -(-count // 3)) * 3
    padded, shares = np.repeat(nearest[:, None], threes, axis=1), np.zeros((n, threes))
    padded[:, :count], shares[:, :count] = index[others].reshape(n, -1), weights[others].reshape(n, -1)
    return padded, shares, nearest


@lru_cache(maxsize=64)
def _taps(n_in: int, n_out: int) -> Taps:
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
    return split_taps(index[:, used], weights[:, used])


def _keys_cubic(x: Floats) -> Floats:
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0.0))
