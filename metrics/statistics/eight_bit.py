"""Maps of 8 bits, as image files hold them: everything follows from histograms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from videosal.metrics.frame.flat import flat, words
from videosal.metrics.kernels import byte_kernels
from videosal.metrics.statistics.base import Levels, Statistics
from videosal.metrics.statistics.spread import Measured, byte_spread

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from videosal.metrics.statistics.shares import Shares

    Bytes = NDArray[np.uint8]
    Counts = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Pixels = NDArray[np.int64]


class ByteStatistics(Statistics):
    """A prediction of 8 bits, and a density of 8 bits where one is needed."""

    def __init__(self, prediction: Bytes, density: Bytes | None) -> None:
        super().__init__()
        p = flat(prediction)
        if density is None:
            self._counts = byte_kernels.histogram(p, words(p))
        else:
            d = flat(density)
            self._counts, self._weights, counts = byte_kernels.two_histograms(p, words(p), d, words(d))
            self._density_counts = counts
            self.density = Measured(d, byte_spread(counts, d.size))
        self.prediction = Measured(p, byte_spread(self._counts, p.size))
        if density is not None:
            means = self.prediction.spread.mean, self.density.spread.mean
            self.codeviation = byte_kernels.count_codeviation(self._counts, self._weights, *means)

    def compute_overlap(self, p: Shares, d: Shares) -> float:
        return byte_kernels.byte_overlap(self.prediction.values, self.density.values, p.low, d.low, p.total, d.total)

    def divergence(self, p: Shares, d: Shares, eps: float) -> float:
        # The eps beside D / P is lost in rounding: a byte's share of a map is far above it.
        theirs = d.low, d.total, d.floor
        own = byte_kernels.count_negentropy(self._density_counts, *theirs)
        return own - byte_kernels.count_cross(self._counts, self._weights, p.low, p.total, p.floor, *theirs)

    def levels(self, fixations: Pixels, fixated: Pixels) -> Levels:
        hits, below = byte_kernels.count_levels(self._counts, self.prediction.values, fixations)
        once = hits
        if fixated is not fixations:
            once, _ = byte_kernels.count_levels(self._counts, self.prediction.values, fixated)
        return Levels(hits, once, below, self._counts)

    def reaching(self, thresholds: Floats) -> Counts:
        return byte_kernels.count_survivors(self._counts, thresholds)
