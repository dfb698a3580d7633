"""The same in plain NumPy, as the words say it: the twin of the kernels, for tests and for reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.metrics.statistics.base import Levels, Statistics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from videosal.metrics.statistics.shares import Shares
    from videosal.metrics.statistics.spread import Measured

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]
    Pixels = NDArray[np.int64]


class PlainStatistics(Statistics):
    """Any prediction and density."""

    def __init__(self, prediction: Measured, density: Measured | None) -> None:
        super().__init__()
        self.prediction = prediction
        self._p = prediction.values.astype(np.float64)
        if density is not None:
            self.density = density
            self._d = density.values.astype(np.float64)
            self.codeviation = float(((self._p - self._p.mean()) * (self._d - self._d.mean())).sum())

    def compute_overlap(self, p: Shares, d: Shares) -> float:
        return float(np.minimum((self._p - p.low) / p.total, (self._d - d.low) / d.total).sum())

    def divergence(self, p: Shares, d: Shares, eps: float) -> float:
        P, D = _cut(self._p, p), _cut(self._d, d)
        there = D > 0
        with np.errstate(divide="ignore"):
            return float((D[there] * np.log(eps + D[there] / P[there])).sum())

    def mean_divergence(self, p: Shares, d: Shares) -> float:
        P, D = _cut(self._p, p), _cut(self._d, d)
        M = (P + D) / 2
        parts = (x[x > 0] * np.log(x[x > 0] / M[x > 0]) for x in (P, D))
        return float(sum(part.sum() for part in parts) / 2)

    def levels(self, fixations: Pixels, fixated: Pixels) -> Levels:
        marks = np.unique(self._p[fixated])
        counts = [[np.count_nonzero(x == mark) for mark in marks] for x in (self._p[fixations], self._p[fixated])]
        below = [np.count_nonzero(self._p < mark) for mark in marks]
        equal = [np.count_nonzero(self._p == mark) for mark in marks]
        return Levels(*(np.array(column, np.int64) for column in (*counts, below, equal)))

    def reaching(self, thresholds: Floats) -> Counts:
        return _reaching(self._p, thresholds)

    def reaching_at(self, pixels: Pixels, thresholds: Floats) -> Counts:
        return _reaching(self._p[pixels], thresholds)

    def share_no_mass(self, p_low: float, d_low: float) -> bool:
        return bool(((self._p <= p_low) & (self._d <= d_low)).any())

    def sum_at(self, pixels: Pixels) -> float:
        return float(self._p[pixels].sum())

    def gain(self, p: Shares, baseline: Measured, b: Shares, pixels: Pixels) -> float:
        P, B = _cut(self._p, p)[pixels], _cut(baseline.values.astype(np.float64), b)[pixels]
        with np.errstate(divide="ignore", invalid="ignore"):
            return float((np.log2(P) - np.log2(B)).sum())


def _cut(x: Floats, given: Shares) -> Floats:
    return np.maximum((x - given.low) / given.total, 0) + given.floor


def _reaching(x: NDArray[Any], thresholds: Floats) -> Counts:
    return np.array([np.count_nonzero(x >= threshold) for threshold in thresholds], np.int64)
