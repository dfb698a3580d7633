"""Compiled loops over 8-bit maps. They count in integers, so nothing is rounded before the last step.

One pass over prediction and density gives histograms of both and, in the table of the first, the density below each of
its values: from these follow CC, KLD and all AUCs. (A joint histogram of 256 x 256 bins holds the same and more, but
does not stay in the fastest cache: its cost swings threefold with the content of the maps.)

Words are the same bytes, eight at a time, as :func:`videosal.metrics.frame.flat.words` gives them.
"""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

import numpy as np

from videosal.metrics.kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Counts = NDArray[np.int64]
    Words = NDArray[np.uint64]

# 256 bytes add up to less than 2^16, so that sums of them may stay in 16 bits, where vector registers hold most.
_SHORT = 256

# What takes the eight bytes of a word apart; in numba, uint64 stays uint64 only among uint64.
_S1, _S2, _S3, _S4, _S5, _S6, _S7 = (np.uint64(8 * i) for i in range(1, 8))
_BYTE = np.uint64(0xFF)
_ALTERNATE = np.uint64(0x00FF00FF00FF00FF)
_SUM_OF_PAIRS = np.uint64(0x0001000100010001)
# A table entry holds a count from bit 36 up and a sum of bytes below: room for 2^28 pixels.
_COUNT_SHIFT = np.uint64(36)
_ONE = np.uint64(1) << _COUNT_SHIFT
_EIGHT = np.uint64(8) << _COUNT_SHIFT


@kernel
def histogram(x: Bytes, words: Words) -> Counts:
    """How often each of the 256 values occurs."""
    # Eight tables in turn, so that equal neighbours do not wait for each other's store.
    tables = np.zeros((8, 256), np.uint64)
    one = np.uint64(1)
    for i in range(words.size):
        w = words[i]
        if w == ((w << _S1) | (w >> _S7)):  # all eight equal
            tables[i & 7, w & _BYTE] += np.uint64(8)
        else:
            tables[0, w & _BYTE] += one
            tables[1, (w >> _S1) & _BYTE] += one
            tables[2, (w >> _S2) & _BYTE] += one
            tables[3, (w >> _S3) & _BYTE] += one
            tables[4, (w >> _S4) & _BYTE] += one
            tables[5, (w >> _S5) & _BYTE] += one
            tables[6, (w >> _S6) & _BYTE] += one
            tables[7, w >> _S7] += one
    for i in range(8 * words.size, x.size):
        tables[0, x[i]] += one
    counts = np.zeros(256, np.int64)
    for j in range(8):
        for value in range(256):
            counts[value] += np.int64(tables[j, value])
    return counts


@kernel
def two_histograms(x: Bytes, words: Words, weights: Bytes, weight_words: Words) -> tuple[Counts, Counts, Counts]:
    """How often each of the 256 values of x occurs, the sum of the weights at its pixels, and a histogram of those."""
    tables, theirs = np.zeros((8, 256), np.uint64), np.zeros((8, 256), np.uint32)
    for i in range(words.size):
        w, v, first = words[i], weight_words[i], np.uint64(8) * np.uint64(i)
        if w == ((w << _S1) | (w >> _S7)):  # all eight equal
            pairs = (v & _ALTERNATE) + ((v >> _S1) & _ALTERNATE)
            tables[i & 7, w & _BYTE] += _EIGHT + ((pairs * _SUM_OF_PAIRS) >> _S6)
        elif v == 0:
            for j in range(8):
                tables[j, x[first + np.uint64(j)]] += _ONE
        else:
            for j in range(8):
                tables[j, x[first + np.uint64(j)]] += _ONE + np.uint64(weights[first + np.uint64(j)])
        if v == ((v << _S1) | (v >> _S7)):
            theirs[i & 7, v & _BYTE] += np.uint32(8)
        else:
            for j in range(8):
                theirs[j, weights[first + np.uint64(j)]] += np.uint32(1)
    for i in range(8 * words.size, x.size):
        tables[0, x[i]] += _ONE + np.uint64(weights[i])
        theirs[0, weights[i]] += np.uint32(1)
    counts, sums, weight_counts = np.zeros(256, np.int64), np.zeros(256, np.int64), np.zeros(256, np.int64)
    for j in range(8):
        for value in range(256):
            counts[value] += np.int64(tables[j, value] >> _COUNT_SHIFT)
            sums[value] += np.int64(tables[j, value] & (_ONE - np.uint64(1)))
            weight_counts[value] += np.int64(theirs[j, value])
    return counts, sums, weight_counts


@kernel
def count_spread(counts: Counts) -> tuple[float, float, float, float]:
    """Minimum, maximum, sum, and sum of squared deviations from the mean, of the values that a histogram counts."""
    low, high = 255, 0
    size = total = 0
    for value in range(256):
        if counts[value]:
            low = min(low, value)
            high = value
            size += counts[value]
            total += counts[value] * value
    mean = total / size
    squares = 0.0
    for value in range(256):
        squares += counts[value] * (value - mean) ** 2
    return float(low), float(high), float(total), squares


@kernel
def count_codeviation(counts: Counts, weights: Counts, mean: float, weight_mean: float) -> float:
    """Sum of the products of deviations, of the values that a weighted histogram counts and of their weights."""
    total = 0.0
    for value in range(256):
        total += (value - mean) * (weights[value] - weight_mean * counts[value])
    return total


@kernel
def count_negentropy(counts: Counts, low: float, total: float, floor: float) -> float:
    """Sum of D * log(D), D = (d - low) / total + floor, over the values d that a histogram counts."""
    result = 0.0
    for value in range(256):
        share = (value - low) / total + floor
        if counts[value] and share > 0:
            result += counts[value] * (share * log(share))
    return result


@kernel
def count_cross(
    counts: Counts,
    weights: Counts,
    p_low: float,
    p_total: float,
    p_floor: float,
    d_low: float,
    d_total: float,
    d_floor: float,
) -> float:
    """Sum of D * log(P), P = max((p - p_low) / p_total, 0) + p_floor and D = (d - d_low) / d_total + d_floor.

    From a weighted histogram: how often each value p occurs, and the sum of d at its pixels.
    """
    result = 0.0
    for value in range(256):
        share = (weights[value] - d_low * counts[value]) / d_total + d_floor * counts[value]
        if counts[value] and share > 0:
            result += share * log(max((value - p_low) / p_total, 0.0) + p_floor)
    return result


@kernel
def count_levels(counts: Counts, x: Bytes, pixels: Counts) -> tuple[Counts, Counts]:
    """For each of the 256 values: how many of the given pixels have it, and how many of all pixels lie below it."""
    hits, below = np.zeros(256, np.int64), np.empty(256, np.int64)
    for i in range(pixels.size):
        hits[x[pixels[i]]] += 1
    seen = 0
    for value in range(256):
        below[value] = seen
        seen += counts[value]
    return hits, below


@kernel
def count_survivors(counts: Counts, thresholds: NDArray[np.float64]) -> Counts:
    """How many of the values that a histogram counts reach each of the descending thresholds."""
    found = np.empty(thresholds.size, np.int64)
    value, seen = 255, 0
    for k in range(thresholds.size):
        while value >= thresholds[k] and value >= 0:
            seen += counts[value]
            value -= 1
        found[k] = seen
    return found


@kernel
def byte_overlap(p: Bytes, d: Bytes, p_low: float, d_low: float, p_sum: float, d_sum: float) -> float:
    """Sum of the smaller of (p - p_low) / p_sum and (d - d_low) / d_sum; the differences must fit a byte.

    The first is the smaller one where the ratio of the two differences is at most p_sum / d_sum. That ratio is a
    fraction of bytes, so it may be held against the largest such fraction instead, which takes 16-bit integers only.
    """
    numerator, denominator = _fraction_below(p_sum, d_sum)
    p_least, d_least = np.uint16(int(p_low)), np.uint16(int(d_low))
    p_part = d_part = 0
    blocks = p.size // _SHORT
    for block in range(blocks):
        first = np.uint64(block) * np.uint64(_SHORT)
        a, b = _overlap_block(p, d, first, p_least, d_least, np.uint16(numerator), np.uint16(denominator))
        p_part += a
        d_part += b
    for i in range(blocks * _SHORT, p.size):
        x, y = p[i] - int(p_low), d[i] - int(d_low)
        if x * denominator <= y * numerator:
            p_part += x
        else:
            d_part += y
    return p_part / p_sum + d_part / d_sum


@kernel
def _fraction_below(p_sum: float, d_sum: float) -> tuple[int, int]:
    """Largest a / b <= p_sum / d_sum with a in 0..255 and b in 1..255."""
    numerator, denominator = 0, 1
    for b in range(1, 256):
        a = int(min(255.0, p_sum * b / d_sum))
        if a * denominator > numerator * b:
            numerator, denominator = a, b
    return numerator, denominator


@kernel
def _overlap_block(
    p: Bytes,
    d: Bytes,
    first: np.uint64,
    p_low: np.uint16,
    d_low: np.uint16,
    numerator: np.uint16,
    denominator: np.uint16,
) -> tuple[int, int]:
    nothing = np.uint16(0)
    p_part, d_part = nothing, nothing
    for j in range(_SHORT):
        i = first + np.uint64(j)  # unsigned, so that numba need not ask whether it counts from the end
        x = np.uint16(np.uint16(p[i]) - p_low)
        y = np.uint16(np.uint16(d[i]) - d_low)
        smaller = np.uint16(x * denominator) <= np.uint16(y * numerator)
        p_part = np.uint16(p_part + (x if smaller else nothing))
        d_part = np.uint16(d_part + (nothing if smaller else y))
    return int(p_part), int(d_part)
