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
def step_thresholds(low: float, high: float, steps: int, scale_low: float, scale_width: float, single: bool) -> Floats:
    """Smallest numbers t whose level reaches k / steps, for k = steps, ..., 1, 0.

    The level of x is its place between the smallest and the largest value, all of them scaled first, and in single
    precision if asked. To compare raw values with the thresholds is, to the last bit, to compare levels with k / steps.
    """
    bottom, top = (low - scale_low) / scale_width, (high - scale_low) / scale_width
    slack = 1e-5 if single else 1e-15
    thresholds = np.empty(steps + 1)
    thresholds[steps] = low
    for k in range(1, steps + 1):
        wanted = k / steps
        if _level(high, bottom, top, scale_low, scale_width, single) < wanted:
            thresholds[steps - k] = np.inf  # a map that is constant in single precision
            continue
        # The answer lies within rounding of its exact value, where the search may as well begin.
        guess = low + wanted * (high - low)
        near = slack * (abs(low) + abs(high))
        below, reached = max(low, guess - near), min(high, guess + near)
        if (
            _level(below, bottom, top, scale_low, scale_width, single) >= wanted
            or _level(reached, bottom, top, scale_low, scale_width, single) < wanted
        ):
            below, reached = low, high
        while True:
            middle = below + (reached - below) / 2
            if middle <= below or middle >= reached:
                break
            if _level(middle, bottom, top, scale_low, scale_width, single) >= wanted:
                reached = middle
            else:
                below = middle
        thresholds[steps - k] = reached
    return thresholds


@kernel
def _level(x: float, bottom: float, top: float, low: float, width: float, single: bool) -> float:
    scaled = (x - low) / width
    if single:
        first, last = np.float32(bottom), np.float32(top)
        if first == last:
            return 0.0
        return float(np.float32(np.float32(scaled) - first) / np.float32(last - first))
    return (scaled - bottom) / (top - bottom)


@kernel
def sum_at(x: Array, pixels: Counts) -> float:
    """Sum of x at the pixels."""
    total = 0.0
    for i in range(pixels.size):
        total += x[pixels[i]]
    return total


@kernel
def gain_at(
    p: Array,
    b: Array,
    pixels: Counts,
    p_low: float,
    p_total: float,
    p_floor: float,
    b_low: float,
    b_total: float,
    b_floor: float,
) -> float:
    """Sum at the pixels of log2(P) - log2(B), P = max((p - p_low) / p_total, 0) + p_floor and B likewise."""
    total = 0.0
    for i in range(pixels.size):
        ours = max((p[pixels[i]] - p_low) / p_total, 0.0) + p_floor
        theirs = max((b[pixels[i]] - b_low) / b_total, 0.0) + b_floor
        total += log2(ours / theirs)
    return total


@kernel
def share_a_place(x: Array, y: Array, x_low: float, y_low: float) -> bool:
    """Whether x is at most x_low, and y at most y_low, at some pixel."""
    for i in range(x.size):  # noqa: SIM110  # numba knows no generators
        if x[i] <= x_low and y[i] <= y_low:
            return True
    return False


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
def judd_area(hits: Counts, fixated: Counts, below: Counts, equal: Counts, pixels: int) -> float:
    """Expected AUC-Judd, given for ascending levels: fixations at it, fixated pixels, all pixels below it, and at it.

    There are more fixations than fixated pixels where a point repeats. Each fixated pixel is a threshold, at which the
    curve goes on in a straight line; that adds half of what lies between it and the next, for each of its fixations.
    Pixels of one level are in random order: the gaps between k of them hold equal parts of the others.
    """
    n = taken = 0
    for k in range(hits.size):  # numba's sum() would have every process import SciPy's linear algebra
        n += hits[k]
        taken += fixated[k]
    m = pixels - taken
    doubled = 0
    cut = open_gap = 0.0  # what the lines add, and the others above the lowest fixated pixel so far
    last = m
    for k in range(hits.size - 1, -1, -1):
        if hits[k]:
            taken -= fixated[k]
            others = equal[k] - fixated[k]
            others_below = below[k] - taken
            open_gap += last - others_below - others
            gap = others / (fixated[k] + 1)
            cut += hits[k] * ((open_gap + gap * fixated[k]) / fixated[k])
            doubled += hits[k] * (2 * others_below + others)
            open_gap, last = gap, others_below
    return float((doubled + cut) / (2 * n * m))


@kernel
def stepped_area(hits: Counts, n: int, alarms: Counts, m: int) -> float:
    """Area below the line through (0, 0), the points (alarms / m, hits / n) and (1, 1)."""
    doubled = last_hits = last_alarms = 0
    for k in range(hits.size):
        doubled += (alarms[k] - last_alarms) * (hits[k] + last_hits)
        last_hits, last_alarms = hits[k], alarms[k]
    doubled += (m - last_alarms) * (n + last_hits)
    return doubled / (2 * n * m)
