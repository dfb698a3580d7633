"""The metrics, from figures that are cheap to get.

Each formula stands here once. What it takes from the maps (sums, ranks, values at pixels) comes from a subclass that
knows one kind of map: :mod:`videosal.metrics.compiled.eight_bit` or :mod:`videosal.metrics.compiled.floating`. The
same formulas in plain NumPy, with their sources, are in :mod:`videosal.metrics.formulas`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.metrics.emd import clipped_emd, signed_emd
from videosal.metrics.kernels import count_kernels

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from videosal.metrics.frame.inputs import Frame
    from videosal.metrics.frame.spread import Spread
    from videosal.metrics.protocols.record import Protocol

    Array = NDArray[Any]
    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]


class Comparison(ABC):
    """One prediction held against the ground truth of its frame.

    Attributes
    ----------
    finite : bool
        False where the prediction holds NaN or infinity; then no metric may be asked for.
    values : (N,) array
        The prediction, flat.
    prediction, density : Spread
        The latter only if a metric needs the density.
    """

    finite: bool
    values: Array
    prediction: Spread
    density: Spread

    def __init__(self, frame: Frame, protocol: Protocol) -> None:
        self.protocol = protocol
        self.shape = frame.prediction.shape
        self.undershoot = frame.undershoot
        self.baseline = frame.baseline
        self.fixations = _NONE if frame.fixations is None else frame.fixations
        self.others = _NONE if frame.other_fixations is None else frame.other_fixations

    def cc(self) -> float:
        p, d = self.prediction, self.density
        if p.constant or d.constant:
            return math.nan
        correlation = self._codeviation() / (math.sqrt(p.squares) * math.sqrt(d.squares))
        return min(1.0, max(-1.0, correlation))

    def nss(self) -> float:
        p, n = self.prediction, self.fixations.size
        if n == 0:
            return math.nan
        if p.constant:
            return or_nan(self.protocol.nss_constant)
        deviation = math.sqrt(p.squares / (p.size - self.protocol.nss_ddof)) + self.protocol.nss_eps
        return (count_kernels.sum_at(self.values, self.fixations) / n - p.mean) / deviation

    def sim(self) -> float:
        p, d = self.prediction, self.density
        if p.constant or d.constant:
            blank = p.low == p.high == 0 or d.high == 0
            return or_nan(self.protocol.sim_zero if blank else None)
        return min(1.0, self._overlap())

    def kld(self) -> float:
        if self.prediction.low < 0 and not self.undershoot:
            return math.nan
        if self.density.high == 0:
            return or_nan(self.protocol.kld_empty)
        if self.prediction.low == self.prediction.high == 0 and not self.protocol.kld_blank_kept:
            return math.nan
        return self._divergence(self.protocol.eps)

    def auc_judd(self) -> float:
        n, size = self.fixations.size, self.prediction.size
        if n in (0, size):
            return math.nan
        if self.prediction.constant:
            return count_kernels.judd_area(np.array([n]), np.array([0]), np.array([size]), size)
        hits, below, equal = self._levels()
        return count_kernels.judd_area(hits, below, equal, size)

    def auc_borji(self) -> float:
        n = self.fixations.size
        if n < 2 or self.prediction.constant:
            return math.nan
        return count_kernels.stepped_area(self._hits, n, self._alarms(), self.prediction.size)

    def sauc(self) -> float:
        n, m = self.fixations.size, self.others.size
        if n == 0 or m == 0 or self.prediction.constant:
            return math.nan
        alarms = count_kernels.survivors_at(self.values, self.others, self._thresholds)
        return count_kernels.stepped_area(self._hits, n, alarms, m)

    def ig(self) -> float:
        assert self.baseline is not None  # the caller has seen to it
        p, b, n = self.prediction, self.baseline, self.fixations.size
        if n == 0 or p.constant or b.constant:
            return math.nan
        gain = count_kernels.gain_at(
            self.values,
            b.values,
            self.fixations,
            p.low,
            p.excess,
            b.low,
            b.excess,
            self.protocol.eps,
        )
        return gain / n

    def emd(self) -> float:
        prediction, density = (x.reshape(self.shape).astype(np.float64) for x in (self.values, self._densities))
        return EMD[self.protocol.emd](prediction, density)

    def auc(self) -> float:
        n, size = self.fixations.size, self.prediction.size
        if n in (0, size):
            return math.nan
        if self.prediction.constant:
            return 0.5
        hits, below, equal = self._levels()
        hits_below = np.cumsum(hits) - hits
        doubled = (hits * (2 * (below - hits_below) + equal - hits)).sum()
        return float(doubled / (2 * n * (size - n)))

    def sauc_exact(self) -> float:
        n, m = self.fixations.size, self.others.size
        if n == 0 or m == 0:
            return math.nan
        if self.prediction.constant:
            return 0.5
        return whitney(self.values[self.fixations], self.values[self.others])

    @property
    @abstractmethod
    def _densities(self) -> Array:
        """The density, flat."""

    @abstractmethod
    def _codeviation(self) -> float:
        """Sum of the products of both maps' deviations from their means."""

    @abstractmethod
    def _overlap(self) -> float:
        """Sum of the smaller values of both maps, each scaled to minimum 0 and sum 1."""

    @abstractmethod
    def _divergence(self, eps: float) -> float:
        """Sum of D * log(eps + D / (P + eps)), both scaled to sum 1."""

    @abstractmethod
    def _levels(self) -> tuple[Counts, Counts, Counts]:
        """For ascending values, all fixated ones among them: fixated pixels at it, all pixels below it, and at it."""

    @abstractmethod
    def _alarms(self) -> Counts:
        """How many pixels reach each threshold."""

    @cached_property
    def _thresholds(self) -> Floats:
        p = self.prediction
        return count_kernels.step_thresholds(p.low, p.high, self.protocol.auc_steps)

    @cached_property
    def _hits(self) -> Counts:
        return count_kernels.survivors_at(self.values, self.fixations, self._thresholds)


def whitney(positive: Array, negative: Array) -> float:
    """Return the chance that a positive is above a negative, ties counted half."""
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, side="left").sum()
    not_above = np.searchsorted(ordered, positive, side="right").sum()
    return float((below + not_above) / (2 * positive.size * negative.size))


def or_nan(value: float | None) -> float:
    return math.nan if value is None else value


EMD = {"clipped": clipped_emd, "signed": signed_emd}

_NONE: Counts = np.empty(0, np.int64)

METRICS: dict[str, Callable[[Comparison], float]] = {
    "cc": Comparison.cc,
    "nss": Comparison.nss,
    "sim": Comparison.sim,
    "kld": Comparison.kld,
    "auc_judd": Comparison.auc_judd,
    "auc_borji": Comparison.auc_borji,
    "sauc": Comparison.sauc,
    "ig": Comparison.ig,
    "emd": Comparison.emd,
    "auc": Comparison.auc,
    "sauc_exact": Comparison.sauc_exact,
}
