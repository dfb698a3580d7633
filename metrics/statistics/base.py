"""The questions that formulas ask; what answers them knows one kind of map."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, NamedTuple

from videosal.metrics.kernels import count_kernels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from videosal.metrics.statistics.shares import Shares
    from videosal.metrics.statistics.spread import Measured

    Array = NDArray[Any]
    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]
    Pixels = NDArray[np.int64]


class Levels(NamedTuple):
    """For ascending values of a map, all fixated ones among them, how many there are of what.

    Attributes
    ----------
    hits, fixated, below, equal : (k,) int64 array
        Fixations at the value, which repeat where points do; fixated pixels at it; all pixels below it, and at it.
    """

    hits: Counts
    fixated: Counts
    below: Counts
    equal: Counts


class Statistics(ABC):
    """A prediction, and the density that it is held against, as they were given or resized; not scaled.

    Attributes
    ----------
    prediction, density : Measured
        The latter only if a metric needs the density.
    codeviation : float
        Sum of the products of both maps' deviations from their means.
    """

    prediction: Measured
    density: Measured
    codeviation: float

    def __init__(self) -> None:
        self._overlaps: dict[tuple[Shares, Shares], float] = {}

    def overlap(self, p: Shares, d: Shares) -> float:
        """Sum of the smaller of both maps' shares; remembered, for most protocols ask for the same."""
        key = p, d
        found = self._overlaps.get(key)
        if found is None:
            found = self._overlaps[key] = self.compute_overlap(p, d)
        return found

    @abstractmethod
    def compute_overlap(self, p: Shares, d: Shares) -> float:
        """Do what `overlap` remembers."""

    @abstractmethod
    def divergence(self, p: Shares, d: Shares, eps: float) -> float:
        """Sum of D * log(eps + D / P) over the shares, those of P cut off at their floor. D = 0 adds nothing."""

    def mean_divergence(self, p: Shares, d: Shares) -> float:
        """Half the sum of P * log(P / M) + D * log(D / M), M the mean of both shares, which have no floor."""
        from videosal.metrics.kernels import log_kernels

        values = self.prediction.values, self.density.values
        return log_kernels.mean_divergence(*values, p.low, 1 / p.total, d.low, 1 / d.total)

    @abstractmethod
    def levels(self, fixations: Pixels, fixated: Pixels) -> Levels:
        """Rank the values at the fixations, of which `fixated` holds each pixel once."""

    @abstractmethod
    def reaching(self, thresholds: Floats) -> Counts:
        """How many pixels reach each of the descending thresholds, which the map spans."""

    def expect(self, fixated: Pixels, thresholds: Floats) -> None:  # noqa: B027  # most find everything at once anyhow
        """Say what will be asked for, so that one pass over the map finds it all."""

    def reaching_at(self, pixels: Pixels, thresholds: Floats) -> Counts:
        """How many of some pixels reach each threshold."""
        return count_kernels.survivors_at(self.prediction.values, pixels, thresholds)

    def sum_at(self, pixels: Pixels) -> float:
        """Sum of the prediction at some pixels."""
        return count_kernels.sum_at(self.prediction.values, pixels)

    def gain(self, p: Shares, baseline: Measured, b: Shares, pixels: Pixels) -> float:
        """Sum at some pixels of log2(P) - log2(B), shares that are cut off at their floor."""
        ours, theirs = (p.low, p.total, p.floor), (b.low, b.total, b.floor)
        return count_kernels.gain_at(self.prediction.values, baseline.values, pixels, *ours, *theirs)

    def share_no_mass(self, p_low: float, d_low: float) -> bool:
        """Whether there is a pixel where neither map is above its low."""
        p, d = self.prediction, self.density
        if p.spread.low > p_low or d.spread.low > d_low:
            return False
        return count_kernels.share_a_place(p.values, d.values, p_low, d_low)
