"""Compiled loops over an 8-bit density that is zero at most pixels, given as runs of pixels that are not.

They count what the loops of :mod:`videosal.metrics.kernels.byte_kernels` count over all pixels, in integers, so both
give the same bits. Run k covers the pixels starts[k] to ends[k]; values holds the densities of all runs, one after the
other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from videosal.metrics.kernels.byte_kernels import _SHORT, _fraction_below, _overlap_block
from videosal.metrics.kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Counts = NDArray[np.int64]
    Places = NDArray[np.int32]


@kernel
def fill_runs(starts: Places, ends: Places, values: Bytes, result: Bytes) -> None:
    """Write the values of runs into a map of zeros."""
    filled = 0
    for k in range(starts.size):
        for j in range(starts[k], ends[k]):
            result[j] = values[filled]
            filled += 1


@kernel
def run_histogram(values: Bytes, size: int) -> Counts:
    """How often each of the 256 values occurs in a map of `size` pixels."""
    tables = np.zeros((4, 256), np.int64)  # four in turn, so that equal neighbours do not wait for each other's store
    for i in range(values.size):
        tables[i & 3, values[i]] += 1
    counts: Counts = tables.sum(axis=0)
    counts[0] += size - values.size
    return counts


@kernel
def run_weights(x: Bytes, starts: Places, ends: Places, values: Bytes) -> Counts:
    """Sum of the densities at the pixels of each of the 256 values of x."""
    tables = np.zeros((4, 256), np.int64)
    filled = 0
    for k in range(starts.size):
        for j in range(starts[k], ends[k]):
            tables[j & 3, x[j]] += values[filled]
            filled += 1
    weights: Counts = tables.sum(axis=0)
    return weights


@kernel
def run_overlap(
    p: Bytes, starts: Places, ends: Places, values: Bytes, p_low: float, p_sum: float, d_sum: float
) -> float:
    """Sum of the smaller of (p - p_low) / p_sum and d / d_sum, which is zero outside the runs."""
    numerator, denominator = _fraction_below(int(p_sum), int(d_sum))
    p_part = d_part = filled = 0
    for k in range(starts.size):
        for start in range(starts[k], ends[k], _SHORT):
            end = min(start + _SHORT, ends[k])
            a, b = _overlap_block(
                p[start:end],
                values[filled : filled + end - start],
                np.uint16(p_low),
                np.uint16(0),
                np.uint16(numerator),
                np.uint16(denominator),
            )
            p_part += a
            d_part += b
            filled += end - start
    return p_part / p_sum + d_part / d_sum
