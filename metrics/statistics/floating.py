"""Maps of real numbers: predictions from memory, and whatever had to be resized or blurred."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.metrics.frame.flat import words
from videosal.metrics.kernels import byte_kernels, float_kernels, log_kernels, rank_kernels
from videosal.metrics.statistics.base import Levels, Statistics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from videosal.metrics.statistics.shares import Shares
    from videosal.metrics.statistics.spread import Measured

    Array = NDArray[Any]
    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]
    Pixels = NDArray[np.int64]

# More marks than this in one bucket, and sorting all pixels is the faster way to rank them.
_CROWDED = 15


class FloatStatistics(Statistics):
    """A prediction of any kind, as float64; the density, where one is needed, stays 8 bits where it is."""

    def __init__(self, prediction: Measured, density: Measured | None = None, codeviation: float = math.nan) -> None:
        super().__init__()
        self.prediction = prediction
        if density is not None:
            self.density = density
            self.codeviation = codeviation
        self._expected: list[Floats] = []
        self._marks = np.empty(0)
        self._below = self._equal = np.empty(0, np.int64)

    def compute_overlap(self, p: Shares, d: Shares) -> float:
        values, scales = (self.prediction.values, self.density.values), (1 / p.total, 1 / d.total)
        if self.density.counts is not None and d.low == 0 and p.low <= self.prediction.spread.low:
            return float_kernels.overlap_with_bytes(*values, words(values[1]), p.low, *scales)
        return float_kernels.overlap(*values, p.low, d.low, *scales)

    def divergence(self, p: Shares, d: Shares, eps: float) -> float:
        values, ours = (self.prediction.values, self.density.values), (p.low, 1 / p.total, p.floor)
        if self.density.counts is None:
            return log_kernels.divergence(*values, *ours, d.low, 1 / d.total, d.floor, eps)
        own = byte_kernels.count_negentropy(self.density.counts, d.low, d.total, d.floor)
        return own - log_kernels.cross(*values, words(values[1]), *ours, d.low, d.floor * d.total) / d.total

    def expect(self, fixated: Pixels, thresholds: Floats) -> None:
        self._expected += [self.prediction.values[fixated], thresholds[thresholds > self.prediction.spread.low]]

    def levels(self, fixations: Pixels, fixated: Pixels) -> Levels:
        values = self.prediction.values
        marks = _distinct(values[fixated])
        below, equal = self._rank(marks)
        pixels = rank_kernels.tally(values, fixated, marks)
        hits = pixels if fixated is fixations else rank_kernels.tally(values, fixations, marks)
        return Levels(hits, pixels, below, equal)

    def reaching(self, thresholds: Floats) -> Counts:
        spread = self.prediction.spread
        found = np.full(thresholds.size, spread.size)  # of the lowest, which all reach and half a map may lie on
        there = thresholds > spread.low
        found[there] -= self._rank(thresholds[there])[0]
        return found

    def _rank(self, marks: Array) -> tuple[Counts, Counts]:
        """How many values lie below each mark, and how many equal it."""
        place = rank_kernels.places(self._marks, marks)
        if marks.size and place.max() == self._marks.size:  # of what was not expected
            self._marks = _distinct(np.concatenate((*self._expected, marks)))
            spread = self.prediction.spread
            self._below, self._equal = rank(self.prediction.values, self._marks, spread.low, spread.high)
            place = rank_kernels.places(self._marks, marks)
        return self._below[place], self._equal[place]


def rank(values: Floats, marks: Floats, low: float, high: float) -> tuple[Counts, Counts]:
    """Count, for each of the ascending, distinct marks, how many values lie below it, and how many equal it.

    Parameters
    ----------
    values : (N,) float64 array
        Flat and read-only.
    marks : (k,) float64 array
        None below the smallest or above the largest value.
    low, high : float
        The smallest and the largest value.
    """
    if math.isfinite(high - low):
        last = int(np.float64(high - low).view(np.int64))
        first, most = rank_kernels.first_marks((marks - low).view(np.int64), last)
        if most <= _CROWDED:
            scratch = np.empty(2048)
            return rank_kernels.ranks(values, low, last, marks, first, most, scratch, scratch.view(np.int64))
    ordered = np.sort(values)
    below = np.searchsorted(ordered, marks, side="left")
    return below, np.searchsorted(ordered, marks, side="right") - below


def _distinct(values: Floats) -> Floats:
    """Sort an array, and return its values once each."""
    values.sort()
    first = np.ones(values.size, np.bool_)
    np.not_equal(values[1:], values[:-1], out=first[1:])
    return values[first]
