"""Maps of real numbers: predictions from memory, and whatever had to be resized."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.metrics.compiled.formulas import Comparison
from videosal.metrics.frame.flat import flat, words
from videosal.metrics.frame.spread import byte_spread, measure
from videosal.metrics.kernels import byte_kernels, float_kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from videosal.metrics.frame.inputs import Frame
    from videosal.metrics.frame.spread import Spread
    from videosal.metrics.protocols.record import Protocol

    Array = NDArray[Any]
    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

# More marks than this in one bucket, and sorting all pixels is the faster way to rank them.
_CROWDED = 15


class FloatComparison(Comparison):
    """A prediction of any kind, measured as float64; the density, if `with_density`, stays 8 bits where it is."""

    def __init__(self, frame: Frame, protocol: Protocol, *, with_density: bool) -> None:
        super().__init__(frame, protocol)
        given = flat(frame.prediction)
        doubles = given.astype(np.float64, copy=False)
        self.values, spread = measure(doubles)
        self._sortable = given if np.may_share_memory(self.values, doubles) else self.values
        self.finite = spread is not None
        if spread is not None:
            self.prediction = spread
        if with_density:
            assert frame.density is not None
            self._d, self.density = _measure_density(flat(np.asarray(frame.density)))

    @property
    def _densities(self) -> Array:
        return self._d

    def _codeviation(self) -> float:
        return float_kernels.codeviation(self.values, self._d, self.prediction.mean, self.density.mean)

    def _overlap(self) -> float:
        p, d = self.prediction, self.density
        return float_kernels.overlap(self.values, self._d, p.low, d.low, 1 / p.excess, 1 / d.excess)

    def _divergence(self, eps: float) -> float:
        p_scale, d_sum = 1 / (self.prediction.total or 1.0), self.density.total
        if self._d.dtype != np.uint8:
            return float_kernels.divergence(self.values, self._d, p_scale, 1 / d_sum, eps)
        own = byte_kernels.count_negentropy(byte_kernels.histogram(self._d, words(self._d)), d_sum)
        return own - float_kernels.cross(self.values, self._d, p_scale, d_sum, eps)

    def _levels(self) -> tuple[Counts, Counts, Counts]:
        marks, below, equal = self._marked
        fixated = np.sort(self.values[self.fixations])
        up_to = np.searchsorted(fixated, marks, side="right")
        return np.diff(up_to, prepend=0), below, equal

    def _alarms(self) -> Counts:
        marks, below, _ = self._marked
        return self.prediction.size - below[np.searchsorted(marks, self._thresholds)]

    @cached_property
    def _marked(self) -> tuple[Floats, Counts, Counts]:
        """The fixated values and the thresholds, ascending; how many pixels lie below each and equal it."""
        marks = np.unique(np.concatenate((self.values[self.fixations], self._thresholds)))
        # Sorting, if it comes to that, is faster for the dtype that was given, and the order is the same.
        return marks, *rank(self.values, marks, self.prediction.low, self.prediction.high, self._sortable)


def rank(
    values: Floats, marks: Floats, low: float, high: float, sortable: Array | None = None
) -> tuple[Counts, Counts]:
    """Count, for each of the ascending, distinct marks, how many values lie below it, and how many equal it.

    Parameters
    ----------
    values : (N,) float64 array
        Flat and read-only.
    marks : (k,) float64 array
        None below the smallest or above the largest value.
    low, high : float
        The smallest and the largest value.
    sortable : (N,) array, optional
        The values in another dtype, if that is faster to sort.
    """
    if math.isfinite(high - low):
        last = int(np.float64(high - low).view(np.int64))
        first, most = float_kernels.first_marks((marks - low).view(np.int64), last)
        if most <= _CROWDED:
            scratch = np.empty(2048)
            return float_kernels.ranks(values, low, last, marks, first, most, scratch, scratch.view(np.int64))
    ordered = np.sort(values if sortable is None else sortable).astype(np.float64, copy=False)
    below = np.searchsorted(ordered, marks, side="left")
    return below, np.searchsorted(ordered, marks, side="right") - below


def _measure_density(values: Array) -> tuple[Array, Spread]:
    if values.dtype == np.uint8:
        return values, byte_spread(byte_kernels.histogram(values, words(values)), values.size)
    doubles, spread = measure(values)
    assert spread is not None  # the input check has refused others
    return doubles, spread
