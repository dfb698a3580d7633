"""Compiled loops over floating maps. Sums run over blocks, so that they round as little as short sums do."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.metrics.jit import extreme_kernel, kernel, vector_kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Bytes = NDArray[np.uint8]
    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

_BLOCK = 2048
_BUCKETS = 4096


@kernel
def extent(x: Floats) -> tuple[float, float, float]:
    """Minimum, maximum and sum. If a value is not finite, the sum is not, and the other two mean nothing."""
    low, high, total = x[0], x[0], 0.0
    for i in range(0, x.size, _BLOCK):
        block = x[i : i + _BLOCK]
        total += _sum_block(block)
        block_low, block_high = _extremes_block(block)
        low, high = min(low, block_low), max(high, block_high)
    return low, high, total


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
def codeviation(x: Floats, y: Array, x_mean: float, y_mean: float) -> float:
    """Sum of (x - x_mean) * (y - y_mean)."""
    total = 0.0
    for i in range(0, x.size, _BLOCK):
        total += _codeviation_block(x[i : i + _BLOCK], y[i : i + _BLOCK], x_mean, y_mean)
    return total


@kernel
def overlap(p: Floats, d: Array, p_low: float, d_low: float, p_scale: float, d_scale: float) -> float:
    """Sum of the smaller of (p - p_low) * p_scale and (d - d_low) * d_scale."""
    total = 0.0
    for i in range(0, p.size, _BLOCK):
        total += _overlap_block(p[i : i + _BLOCK], d[i : i + _BLOCK], p_low, d_low, p_scale, d_scale)
    return total


@kernel
def divergence(p: Floats, d: Floats, p_scale: float, d_scale: float, eps: float) -> float:
    """Sum of D * log(eps + D / (P + eps)), P = max(p, 0) * p_scale and D = d * d_scale."""
    total = 0.0
    for i in range(0, p.size, _BLOCK):
        part = 0.0
        for j in range(i, min(i + _BLOCK, p.size)):
            if d[j] > 0:
                weight = d[j] * d_scale
                share = p[j] * p_scale if p[j] > 0.0 else 0.0
                part += weight * log(eps + weight / (share + eps))
        total += part
    return total


@kernel
def cross(p: Floats, d: Bytes, p_scale: float, d_sum: float, eps: float) -> float:
    """Sum of D * log(P + eps), P = max(p, 0) * p_scale and D = d / d_sum."""
    total = 0.0
    for i in range(0, p.size, _BLOCK):
        part = 0.0
        for j in range(i, min(i + _BLOCK, p.size)):
            if d[j] != 0:
                share = p[j] * p_scale if p[j] > 0.0 else 0.0
                part += d[j] * log(share + eps)
        total += part
    return total / d_sum


@kernel
def first_marks(marks: Floats, low: float, high: float) -> tuple[Counts, int]:
    """Cut low..high into equal buckets: the place of the first mark in each or after it, and the most marks in one."""
    scale = (_BUCKETS - 1) / (high - low)
    first = np.empty(_BUCKETS, np.int64)
    bucket = most = 0
    for k in range(marks.size):
        until = np.int64((marks[k] - low) * scale)
        while bucket <= until:
            first[bucket] = k
            bucket += 1
        most = max(most, k + 1 - first[until])
    first[bucket:] = marks.size
    return first, most


@kernel
def ranks(x: Floats, low: float, high: float, marks: Floats, first: Counts, most: int) -> tuple[Counts, Counts]:
    """For each of the ascending, distinct marks: how many of x lie below it, and how many equal it.

    One pass: a value's bucket (of `first_marks`) says which mark to begin with, and a binary search among as many
    marks as the fullest bucket holds finds its place.
    """
    scale = (_BUCKETS - 1) / (high - low)
    widest = 1
    while 2 * widest <= most:
        widest *= 2
    fenced = np.full(marks.size + 2 * widest, np.inf)
    fenced[: marks.size] = marks
    # Even places count the values between two marks, odd ones those that equal a mark; four tables in turn, so that
    # equal neighbours do not wait for each other's store.
    tables = np.zeros((4, 2 * marks.size + 2), np.int64)
    buckets = np.empty(_BLOCK, np.int32)
    for start in range(0, x.size, _BLOCK):
        block = x[start : start + _BLOCK]
        _bucket_block(block, low, scale, buckets)
        for i in range(block.size):
            value = block[i]
            place = first[buckets[i]]
            step = widest
            while step > 0:
                place += step * (fenced[place + step - 1] < value)
                step >>= 1
            tables[i & 3, 2 * place + (fenced[place] == value)] += 1
    below, equal = np.empty(marks.size, np.int64), np.empty(marks.size, np.int64)
    seen = 0
    for k in range(marks.size):
        seen += tables[:, 2 * k].sum()
        below[k] = seen
        equal[k] = tables[:, 2 * k + 1].sum()
        seen += equal[k]
    return below, equal


@vector_kernel
def _sum_block(x: Floats) -> float:
    total = 0.0
    for i in range(x.size):
        total += x[i]
    return total


@extreme_kernel
def _extremes_block(x: Floats) -> tuple[float, float]:
    low, high = x[0], x[0]
    for i in range(x.size):
        low = x[i] if x[i] < low else low
        high = x[i] if x[i] > high else high
    return low, high


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
def _bucket_block(x: Floats, low: float, scale: float, buckets: NDArray[np.int32]) -> None:
    for i in range(x.size):
        buckets[i] = np.int32((x[i] - low) * scale)
