"""Maps of 8 bits and of one size, as image files hold them: everything follows from histograms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.metrics.compiled.formulas import Comparison
from videosal.metrics.frame.flat import flat, words
from videosal.metrics.frame.spread import byte_spread
from videosal.metrics.kernels import byte_kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from videosal.metrics.frame.inputs import Frame
    from videosal.metrics.frame.sparse_map import SparseMap
    from videosal.metrics.protocols.record import Protocol

    Bytes = NDArray[np.uint8]
    Counts = NDArray[np.int64]


class EightBitComparison(Comparison):
    """A prediction of 8 bits, and a density of 8 bits if `with_density`."""

    finite = True

    def __init__(self, frame: Frame, protocol: Protocol, *, with_density: bool) -> None:
        super().__init__(frame, protocol)
        self.values = flat(frame.prediction)
        if with_density:
            assert frame.density is not None
            self._counts, self._weights, self._density_counts = self._count(frame.density)
            self.density = byte_spread(self._density_counts, self.values.size)
        else:
            self._counts = byte_kernels.histogram(self.values, words(self.values))
        self.prediction = byte_spread(self._counts, self.values.size)

    def _count(self, density: Any) -> tuple[Counts, Counts, Counts]:
        """Return the histogram of the prediction, the density at each of its values, and the density's histogram."""
        self._d = flat(np.asarray(density))
        d_words = words(self._d)
        counts, weights = byte_kernels.weighted_histogram(self.values, words(self.values), self._d, d_words)
        return counts, weights, byte_kernels.histogram(self._d, d_words)

    @property
    def _densities(self) -> Bytes:
        return self._d

    def _codeviation(self) -> float:
        means = self.prediction.mean, self.density.mean
        return byte_kernels.count_codeviation(self._counts, self._weights, *means)

    def _overlap(self) -> float:
        p, d = self.prediction, self.density
        return byte_kernels.byte_overlap(self.values, self._d, p.low, d.low, p.excess, d.excess)

    def _divergence(self, eps: float) -> float:
        p_sum, d_sum = self.prediction.total or 1.0, self.density.total
        own = byte_kernels.count_negentropy(self._density_counts, d_sum)
        return own - byte_kernels.count_cross(self._weights, p_sum, d_sum, eps)

    def _levels(self) -> tuple[Counts, Counts, Counts]:
        hits, below = byte_kernels.count_levels(self._counts, self.values, self.fixations)
        return hits, below, self._counts

    def _alarms(self) -> Counts:
        return byte_kernels.count_survivors(self._counts, self._thresholds)


class SparseComparison(EightBitComparison):
    """A prediction of 8 bits, and a density of 8 bits in runs that leave some pixels out, which are zero."""

    def _count(self, density: SparseMap) -> tuple[Counts, Counts, Counts]:
        from videosal.metrics.kernels import run_kernels

        self._runs = density
        counts = byte_kernels.histogram(self.values, words(self.values))
        weights = run_kernels.run_weights(self.values, density.starts, density.ends, density.values)
        return counts, weights, run_kernels.run_histogram(density.values, density.size)

    @property
    def _densities(self) -> Bytes:
        return np.asarray(self._runs).reshape(-1)

    def _overlap(self) -> float:
        from videosal.metrics.kernels import run_kernels

        runs, p, d = self._runs, self.prediction, self.density
        return run_kernels.run_overlap(self.values, runs.starts, runs.ends, runs.values, p.low, p.excess, d.excess)
