"""Compiled sums of logarithms over floating maps: a block at a time, in vector registers, where libm takes one by one.

What calls `sum_of_logs` stands in this file, for numba's cache looks at the file of the caller alone.
"""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.metrics.kernels.jit import kernel, vector_kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Bytes = NDArray[np.uint8]
    Floats = NDArray[np.float64]
    Words = NDArray[np.uint64]
    Keys = NDArray[np.int64]

_BLOCK = 2048
# Read as integers: the smallest number with all its digits and an exponent of its own, and infinity.
_SMALLEST, _INFINITY = 1 << 52, 0x7FF << 52
# The logarithm of FreeBSD's msun (e_log.c, Sun Microsystems 1993): x = 2^e * m, m between the roots of 1/2 and of 2;
# log(m) follows from a polynomial in ((m - 1) / (m + 1))^2. It is less than 1 in the last place away from the true one.
_ROOT_OF_HALF = int(np.sqrt(0.5).view(np.int64))
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_C1, _C2, _C3, _C4 = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
)
_C5, _C6, _C7 = 1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01


@kernel
def divergence(
    p: Floats,
    d: Floats,
    p_low: float,
    p_scale: float,
    p_floor: float,
    d_low: float,
    d_scale: float,
    d_floor: float,
    eps: float,
) -> float:
    """Sum of D * log(eps + D / P), P = max((p - p_low) * p_scale, 0) + p_floor and D = (d - d_low) * d_scale + d_floor.

    Where D is 0, nothing is added.
    """
    weights, x, exponents = np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK)
    keys = x.view(np.int64)
    total = 0.0
    for first in range(0, p.size, _BLOCK):
        n = min(_BLOCK, p.size - first)
        for i in range(n):
            share, weight = (p[first + i] - p_low) * p_scale, (d[first + i] - d_low) * d_scale + d_floor
            counts = weight > 0.0
            weights[i] = weight if counts else 0.0
            x[i] = eps + weight / ((share if share > 0.0 else 0.0) + p_floor) if counts else 1.0
        total += sum_of_logs(weights, x, keys, exponents, n)
    return total


@kernel
def cross(
    p: Floats, d: Bytes, words: Words, p_low: float, p_scale: float, p_floor: float, d_low: float, d_extra: float
) -> float:
    """Sum of (d - d_low + d_extra) * log(P), P = max((p - p_low) * p_scale, 0) + p_floor.

    Where the first factor is not above 0, nothing is added. Words are d, eight bytes at a time: eight zeros, as most of
    a density is, can then be passed over.
    """
    zeros_count = d_extra > d_low
    weights, x, exponents = np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK)
    keys = x.view(np.int64)
    total = 0.0
    n = 0
    for word in range(words.size):
        if zeros_count or words[word] != 0:
            for i in range(8):
                weights[n + i] = d[8 * word + i]
                x[n + i] = p[8 * word + i]
            n += 8
        if n == _BLOCK:
            _cut_block(weights, x, n, p_low, p_scale, p_floor, d_low, d_extra)
            total += sum_of_logs(weights, x, keys, exponents, n)
            n = 0
    for i in range(8 * words.size, p.size):
        weights[n], x[n] = d[i], p[i]
        n += 1
    _cut_block(weights, x, n, p_low, p_scale, p_floor, d_low, d_extra)
    return total + sum_of_logs(weights, x, keys, exponents, n)


@kernel
def mean_divergence(p: Array, d: Array, p_low: float, p_scale: float, d_low: float, d_scale: float) -> float:
    """Half the sum of P * log(P / M) + D * log(D / M), P = max((p - p_low) * p_scale, 0), D likewise, M their mean."""
    total = 0.0
    for i in range(0, p.size, _BLOCK):
        part = 0.0
        for j in range(i, min(i + _BLOCK, p.size)):
            ours = max((p[j] - p_low) * p_scale, 0.0)
            theirs = max((d[j] - d_low) * d_scale, 0.0)
            mean = (ours + theirs) / 2
            if ours > 0:
                part += ours * log(ours / mean)
            if theirs > 0:
                part += theirs * log(theirs / mean)
        total += part
    return total / 2


@kernel
def sum_of_logs(weights: Floats, x: Floats, keys: Keys, exponents: Floats, n: int) -> float:
    """Sum of weights * log(x), over the first n numbers, which are not negative.

    Overwrites `x`; `keys` is the same memory as integers, `exponents` scratch space.
    """
    lowest, highest = _extent(keys, n)
    if lowest < _SMALLEST or highest >= _INFINITY:
        total = 0.0
        for i in range(n):
            total += weights[i] * log(x[i])
        return total
    for i in range(n):
        exponent = (keys[i] - _ROOT_OF_HALF) >> 52
        exponents[i] = exponent
        keys[i] -= exponent << 52
    _add_logs(x, exponents, n)
    return _weighted_sum(weights, x, n)


@kernel
def _cut_block(
    weights: Floats, x: Floats, n: int, p_low: float, p_scale: float, p_floor: float, d_low: float, d_extra: float
) -> None:
    """Turn densities into the weights, and values into the shares, of `cross`."""
    for i in range(n):
        weight, share = weights[i] - d_low + d_extra, (x[i] - p_low) * p_scale
        counts = weight > 0.0
        weights[i] = weight if counts else 0.0
        x[i] = (share if share > 0.0 else 0.0) + p_floor if counts else 1.0


@kernel
def _extent(keys: Keys, n: int) -> tuple[int, int]:
    lowest = highest = _SMALLEST
    for i in range(n):
        lowest, highest = min(lowest, keys[i]), max(highest, keys[i])
    return lowest, highest


@kernel
def _add_logs(m: Floats, exponents: Floats, n: int) -> None:
    """Replace m by log(m * 2^e)."""
    for i in range(n):
        f = m[i] - 1.0
        s = f / (2.0 + f)
        z = s * s
        series = z * (_C1 + z * (_C2 + z * (_C3 + z * (_C4 + z * (_C5 + z * (_C6 + z * _C7))))))
        half = 0.5 * f * f
        m[i] = exponents[i] * _LN2_HIGH - ((half - (s * (half + series) + exponents[i] * _LN2_LOW)) - f)


@vector_kernel
def _weighted_sum(weights: Floats, x: Floats, n: int) -> float:
    total = 0.0
    for i in range(n):
        total += weights[i] * x[i]
    return total
