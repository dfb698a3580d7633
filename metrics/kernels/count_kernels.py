"""Compiled loops over pixel lists, and from counts to areas below ROC curves.

Counts are exact integers, so what follows from them has the same bits for 8-bit and for floating maps.
"""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.metrics.kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Bytes = NDArray[np.uint8]
    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]
    Words = NDArray[np.uint64]


@kernel
def mask_pixels(mask: Bytes, words: Words) -> Counts:
    """Indices of the nonzero bytes, ascending; words are the same bytes, eight at a time."""
    blocks = words.size // 8
    occupied = 0
    for i in range(words.size):
        occupied += words[i] != 0
    pixels = np.empty(8 * occupied + 64, np.int64)
    found = 0
    for i in range(blocks):
        w = words[8 * i : 8 * i + 8]
        if (w[0] | w[1] | w[2] | w[3] | w[4] | w[5] | w[6] | w[7]) != 0:
            for word in range(8 * i, 8 * i + 8):
                if words[word] != 0:
                    for j in range(8 * word, 8 * word + 8):
                        pixels[found] = j
                        found += mask[j] != 0
    for j in range(64 * blocks, mask.size):
        pixels[found] = j
        found += mask[j] != 0
    return pixels[:found]


@kernel
def point_pixels(points: Counts, height: int, width: int) -> tuple[Counts, int]:
    """Indices of the pixels that points (row, col, row, col, ...) hit, each once; and the first point outside or -1."""
    seen = np.zeros((height * width + 63) // 64, np.uint64)
    pixels = np.empty(points.size // 2, np.int64)
    found = 0
    for i in range(pixels.size):
        row, column = points[2 * i], points[2 * i + 1]
        if row < 0 or row >= height or column < 0 or column >= width:
            return pixels, i
        index = row * width + column
        bit = np.uint64(1) << np.uint64(index & 63)
        if seen[index >> 6] & bit == 0:
            seen[index >> 6] |= bit
            pixels[found] = index
            found += 1
    return pixels[:found], -1


@kernel
def step_thresholds(low: float, high: float, steps: int) -> Floats:
    """Smallest numbers t with (t - low) / (high - low) >= k / steps, for k = steps, ..., 1, 0.

    To compare raw values with them is, to the last bit, to compare scaled values with k / steps.
    """
    thresholds = np.empty(steps + 1)
    thresholds[steps] = low
    for k in range(1, steps + 1):
        level = k / steps
        # The answer lies within rounding of its exact value, where the search may as well begin.
        guess = low + level * (high - low)
        near = 1e-15 * (abs(low) + abs(high))
        below, reached = max(low, guess - near), min(high, guess + near)
        if (below - low) / (high - low) >= level or (reached - low) / (high - low) < level:
            below, reached = low, high
        while True:
            middle = below + (reached - below) / 2
            if middle <= below or middle >= reached:
                break
            if (middle - low) / (high - low) >= level:
                reached = middle
            else:
                below = middle
        thresholds[steps - k] = reached
    return thresholds


@kernel
def sum_at(x: Array, pixels: Counts) -> float:
    """Sum of x at the pixels."""
    total = 0.0
    for i in range(pixels.size):
        total += x[pixels[i]]
    return total


@kernel
def gain_at(
    p: Array, b: Array, pixels: Counts, p_low: float, p_sum: float, b_low: float, b_sum: float, eps: float
) -> float:
    """Sum at the pixels of log2(eps + P) - log2(eps + B), with P = (p - p_low) / p_sum and B likewise."""
    total = 0.0
    for i in range(pixels.size):
        ours = (p[pixels[i]] - p_low) / p_sum
        theirs = (b[pixels[i]] - b_low) / b_sum
        total += log2((eps + ours) / (eps + theirs))
    return total


@kernel
def survivors_at(x: Array, pixels: Counts, thresholds: Floats) -> Counts:
    """How many of the pixels have a value of x that reaches each threshold."""
    values = np.empty(pixels.size)
    for i in range(pixels.size):
        values[i] = x[pixels[i]]
    counts = np.empty(thresholds.size, np.int64)
    for k in range(thresholds.size):
        threshold = thresholds[k]
        found = 0
        for i in range(values.size):
            found += values[i] >= threshold
        counts[k] = found
    return counts


@kernel
def judd_area(hits: Counts, below: Counts, equal: Counts, pixels: int) -> float:
    """Expected AUC-Judd, given for ascending levels: fixated pixels at it, and all pixels below it and at it."""
    n = 0
    for k in range(hits.size):  # numba's sum() would have every process import SciPy's linear algebra
        n += hits[k]
    m = pixels - n
    doubled = hits_below = 0
    last_step = 0.0
    for k in range(hits.size):
        if hits[k]:
            others = equal[k] - hits[k]
            if hits_below == 0:
                above = m - below[k] - others
                last_step = above + others * (hits[k] / (hits[k] + 1))
            doubled += hits[k] * (2 * (below[k] - hits_below) + others)
            hits_below += hits[k]
    return float((doubled + last_step) / (2 * n * m))


@kernel
def stepped_area(hits: Counts, n: int, alarms: Counts, m: int) -> float:
    """Area below the line through (0, 0), the points (alarms / m, hits / n) and (1, 1)."""
    doubled = last_hits = last_alarms = 0
    for k in range(hits.size):
        doubled += (alarms[k] - last_alarms) * (hits[k] + last_hits)
        last_hits, last_alarms = hits[k], alarms[k]
    doubled += (m - last_alarms) * (n + last_hits)
    return doubled / (2 * n * m)
