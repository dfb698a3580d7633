"""Compiled loops over floating maps. Sums run over blocks, so that they round as little as short sums do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.metrics.kernels.jit import kernel, vector_kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Bytes = NDArray[np.uint8]
    Floats = NDArray[np.float64]
    Keys = NDArray[np.int64]
    Words = NDArray[np.uint64]

_BLOCK = 2048
_ONE, _TWO, _THREE, _FOUR, _FIVE, _SIX, _SEVEN = (np.uint64(n) for n in range(1, 8))
_MAGNITUDE = 2**63 - 1


@kernel
def extent_and_total(x: Floats, keys: Keys) -> tuple[float, float, float]:
    """Minimum, maximum and sum of x; one of the first two is NaN if a value is. `keys` is the same memory as integers.

    Of integers, unlike of doubles, numba finds minimum and maximum in vector registers.
    """
    ends = np.empty(2)
    end_keys = ends.view(np.int64)
    lowest, highest = _rising(keys[0]), _rising(keys[0])
    total = 0.0
    for i in range(0, x.size, _BLOCK):
        total += _sum_block(x[i : i + _BLOCK])
        low, high = _extent_block(keys[i : i + _BLOCK])
        lowest, highest = min(lowest, low), max(highest, high)
    end_keys[0], end_keys[1] = _rising(lowest), _rising(highest)
    return ends[0], ends[1], total


@kernel
def scale_to_bytes(x: Array, low: float, scale: float, out: Bytes) -> None:
    """Write (x - low) * scale, rounded to whole numbers, half to even, for what lies between 0 and 255 then."""
    for i in range(x.size):
        out[i] = np.uint8(np.rint((np.float64(x[i]) - low) * scale))


@kernel
def deviations(x: Floats, low: float, mean: float) -> tuple[float, float]:
    """Sum of x - low, and sum of the squares of x - mean."""
    excess = squares = 0.0
    for i in range(0, x.size, _BLOCK):
        block_excess, block_squares = _deviations_block(x[i : i + _BLOCK], low, mean)
        excess += block_excess
        squares += block_squares
    return excess, squares


@kernel
def deviations_of_two(x: Floats, low: float, x_mean: float, y: Array, y_mean: float) -> tuple[float, float, float]:
    """What `deviations` says of x, and the sum of (x - x_mean) * (y - y_mean), in one pass."""
    excess = squares = products = 0.0
    for i in range(0, x.size, _BLOCK):
        block_excess, block_squares = _deviations_block(x[i : i + _BLOCK], low, x_mean)
        excess += block_excess
        squares += block_squares
        products += _codeviation_block(x[i : i + _BLOCK], y[i : i + _BLOCK], x_mean, y_mean)
    return excess, squares, products


@kernel
def overlap(p: Floats, d: Array, p_low: float, d_low: float, p_scale: float, d_scale: float) -> float:
    """Sum of the smaller of (p - p_low) * p_scale and (d - d_low) * d_scale."""
    total = 0.0
    for i in range(0, p.size, _BLOCK):
        total += _overlap_block(p[i : i + _BLOCK], d[i : i + _BLOCK], p_low, d_low, p_scale, d_scale)
    return total


@kernel
def overlap_with_bytes(p: Floats, d: Bytes, words: Words, p_low: float, p_scale: float, d_scale: float) -> float:
    """Sum of the smaller of (p - p_low) * p_scale and d * d_scale, where p is nowhere below p_low.

    Words are d, eight bytes at a time: of 64 zeros, as most of a density is, the sum is zero.
    """
    blocks = words.size // 8
    total = 0.0
    for block in range(blocks):
        k = np.uint64(8 * block)
        w = words[k] | words[k + _ONE] | words[k + _TWO] | words[k + _THREE]
        w |= words[k + _FOUR] | words[k + _FIVE] | words[k + _SIX] | words[k + _SEVEN]
        if w != 0:
            total += _overlap_of_64(p, d, np.uint64(64 * block), p_low, p_scale, d_scale)
    for i in range(64 * blocks, p.size):
        total += min((p[i] - p_low) * p_scale, d[i] * d_scale)
    return total


@kernel
def _rising(key: int) -> int:
    """Turn the bits of a double into an integer that rises with it, or such an integer into the bits."""
    return key ^ ((key >> 63) & _MAGNITUDE)


@kernel
def _extent_block(keys: Keys) -> tuple[int, int]:
    lowest, highest = _rising(keys[0]), _rising(keys[0])
    for i in range(keys.size):
        key = _rising(keys[i])
        lowest, highest = min(lowest, key), max(highest, key)
    return lowest, highest


@vector_kernel
def _sum_block(x: Floats) -> float:
    total = 0.0
    for i in range(x.size):
        total += x[i]
    return total


@vector_kernel
def _deviations_block(x: Floats, low: float, mean: float) -> tuple[float, float]:
    excess = squares = 0.0
    for i in range(x.size):
        excess += x[i] - low
        squares += (x[i] - mean) * (x[i] - mean)
    return excess, squares


@vector_kernel
def _codeviation_block(x: Floats, y: Array, x_mean: float, y_mean: float) -> float:
    total = 0.0
    for i in range(x.size):
        total += (x[i] - x_mean) * (y[i] - y_mean)
    return total


@vector_kernel
def _overlap_block(p: Floats, d: Array, p_low: float, d_low: float, p_scale: float, d_scale: float) -> float:
    total = 0.0
    for i in range(p.size):
        a = (p[i] - p_low) * p_scale
        b = (d[i] - d_low) * d_scale
        total += a if a < b else b
    return total


@vector_kernel
def _overlap_of_64(p: Floats, d: Bytes, first: np.uint64, p_low: float, p_scale: float, d_scale: float) -> float:
    total = 0.0
    for j in range(64):
        i = first + np.uint64(j)  # unsigned, so that numba need not ask whether it counts from the end
        a, b = (p[i] - p_low) * p_scale, d[i] * d_scale
        total += a if a < b else b
    return total
