"""One frame under one protocol: what a formula needs, and the frame, of which protocols share what they can."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from videosal.errors import InputError
from videosal.metrics.definitions import OURS
from videosal.metrics.frame.prepare import geometry, is_log_density, prepare_gaze, prepare_maps, scale_of, scales_first
from videosal.metrics.kernels import count_kernels
from videosal.metrics.statistics.eight_bit import ByteStatistics
from videosal.metrics.statistics.spread import measure, measure_beside

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from videosal.metrics.frame.baseline import Baseline
    from videosal.metrics.frame.inputs import Inputs
    from videosal.metrics.frame.prepare import PreparedGaze
    from videosal.metrics.protocols.choices import Gaze, Maps
    from videosal.metrics.protocols.record import Protocol
    from videosal.metrics.statistics.base import Statistics
    from videosal.metrics.statistics.shares import Scale
    from videosal.metrics.statistics.spread import Measured, Spread

    Array = NDArray[Any]
    Map = NDArray[np.float64]
    Floats = NDArray[np.float64]
    Pixels = NDArray[np.int64]


class Shown(NamedTuple):
    """Statistics of a prediction at one size, and what the protocol makes of its values."""

    statistics: Statistics
    shape: tuple[int, ...]
    scale: Scale

    def scaled(self) -> Map:
        """Return the prediction as the protocol scales it."""
        return scaled(self.statistics.prediction, self.scale).reshape(self.shape)


class Case(NamedTuple):
    """One frame under one protocol.

    Attributes
    ----------
    protocol : Protocol
    pair, points : Shown
        The prediction where it is held against the density, and where against fixations; mostly the same.
    density_scale : Scale or None
    baseline : (Measured, Scale) or None
    fixations, fixated, others : (n,) int64 array
        As in `videosal.metrics.frame.prepare.PreparedGaze`; empty where not given.
    negative : bool
        Whether the prediction was given with values that are negative under the protocol's scale.
    thresholds : (k,) float64 array
        Values that reach the steps of stepped AUCs, descending; empty where none is scored.
    seed : int or None
        Start of the draws; None for expectations.
    bugs : frozenset of str
        Keys of the bugs to reproduce.
    """

    protocol: Protocol
    pair: Shown
    points: Shown
    density_scale: Scale | None
    baseline: tuple[Measured, Scale] | None
    fixations: Pixels
    fixated: Pixels
    others: Pixels
    negative: bool
    thresholds: Floats
    seed: int | None
    bugs: frozenset[str]

    @property
    def uniform(self) -> bool:
        """Whether the prediction has no information, under a protocol for which it is uniform then."""
        return self.protocol.maps.uninformative == "uniform" and self.points.statistics.prediction.spread.constant

    def draws_of(self, metric: str) -> np.random.Generator | None:
        """Return a stream of its own for a metric, so that it does not matter what else is scored."""
        if self.seed is None or metric not in self.protocol.sampled:
            return None
        return np.random.default_rng([self.seed, self.protocol.metrics.index(metric)])

    def density(self) -> Map:
        """Return the density as the protocol scales it."""
        assert self.density_scale is not None
        return scaled(self.pair.statistics.density, self.density_scale).reshape(self.pair.shape)


class SharedFrame:
    """The maps of one frame, checked, and what several protocols can share of them.

    Parameters
    ----------
    given : Inputs
    with_density : bool
        Whether any metric holds the prediction against the density.
    """

    def __init__(self, given: Inputs, *, with_density: bool) -> None:
        self._given, self._with_density = given, with_density
        self._maps: dict[Maps, tuple[tuple[Statistics, tuple[int, ...]], tuple[Statistics, tuple[int, ...]]]] = {}
        self._gaze: dict[tuple[int, Maps, bool, bool], PreparedGaze] = {}
        self._found: dict[tuple[Any, ...], Pixels] = {}  # which those share
        self._empty: bool | None = None  # not yet known whether the density is zero throughout
        array = given.prediction
        self._low = 0.0 if array.dtype.kind == "u" else float(array.min())
        self._finite = array.dtype.kind != "f" or (math.isfinite(self._low) and math.isfinite(array.max()))

    def case(
        self,
        protocol: Protocol,
        names: tuple[str, ...],
        looked_at: Inputs,
        baseline: Baseline | None,
        seed: int | None,
        bugs: frozenset[str],
    ) -> Case | None:
        """Return it under a protocol, for some metrics; None where the prediction is no map for it.

        Parameters
        ----------
        protocol, names, seed, bugs
            The protocol, its metrics, and what `score_frame` is told besides.
        looked_at : Inputs
            The same maps with the fixations that this protocol takes; protocols may share one.
        baseline : Baseline or None
            That of IG.
        """
        if not self._finite and not (protocol.maps.log_density and is_log_density(self._given.prediction)):
            return None
        given, rules, key = self._given, protocol.maps, self._geometry(protocol.maps)
        if rules.resize == "none" and given.prediction.shape != given.size:
            raise InputError(
                f"prediction has shape {given.prediction.shape} and the ground truth {given.size}, and protocol "
                f"{protocol.name!r} resizes nothing: give maps of that size"
            )
        if key not in self._maps and not self._measure(key, rules):
            return None
        (pair, pair_shape), (points, points_shape) = self._maps[key]
        spread = points.prediction.spread
        if rules.uninformative == "zero-undefined" and spread.low == spread.high == 0:
            return None
        is_scaled = scales_first(rules, given.size, given.prediction.shape)
        scale = scale_of(given.prediction, rules, points.prediction, is_scaled=is_scaled)
        shown = held = Shown(points, points_shape, scale)
        if pair is not points:
            held = Shown(pair, pair_shape, scale_of(given.prediction, rules, pair.prediction, is_scaled=is_scaled))
        gaze = self._pixels(protocol, looked_at, key)
        fixated = _NONE if gaze.fixated is None else gaze.fixated
        thresholds = _thresholds(protocol.gaze, spread, scale) if not _STEPPED.isdisjoint(names) else _NO_STEPS
        points.expect(fixated if not _RANKED.isdisjoint(names) else _NONE, thresholds)
        density_scale = None
        if self._with_density and given.density is not None:
            density_scale = scale_of(given.density, rules, pair.density)
        return Case(
            protocol=protocol,
            pair=held,
            points=shown,
            density_scale=density_scale,
            baseline=None if baseline is None or _NO_BASELINE.issuperset(names) else baseline.at(given.size, rules),
            fixations=_NONE if gaze.fixations is None else gaze.fixations,
            fixated=fixated,
            others=_NONE if gaze.others is None else gaze.others,
            negative=self._low < 0 and rules.scale != "minmax" and not rules.log_density,
            thresholds=thresholds,
            seed=seed,
            bugs=bugs,
        )

    def _geometry(self, rules: Maps) -> Maps:
        if rules.empty_density != "zero" and self._empty is None:
            density = self._given.density
            self._empty = density is not None and not density.any()
        return geometry(rules, self._given.size, self._given.prediction.shape, empty=bool(self._empty))

    def _measure(self, key: Maps, rules: Maps) -> bool:
        """Prepare and measure the maps; return whether their values are finite then."""
        maps = prepare_maps(self._given, rules, with_density=self._with_density)
        pair = _statistics(maps.paired, maps.density)
        points = pair if maps.paired is maps.prediction else _statistics(maps.prediction, None)
        if pair is None or points is None:
            return False
        self._maps[key] = (pair, maps.paired.shape), (points, maps.prediction.shape)
        return True

    def _pixels(self, protocol: Protocol, looked_at: Inputs, geometry: Maps) -> PreparedGaze:
        gaze = protocol.gaze
        key = id(looked_at), geometry, gaze.repeats, gaze.sauc_drops_own
        found = self._gaze.get(key)
        if found is None:
            found = self._gaze[key] = prepare_gaze(looked_at, protocol.maps, gaze, self._found)
        return found


def _statistics(prediction: Array, density: Array | None) -> Statistics | None:
    """Choose what suits the dtypes; None where the prediction is not finite."""
    if prediction.dtype == np.uint8 and (density is None or density.dtype == np.uint8):
        return ByteStatistics(prediction, density)
    from videosal.metrics.statistics.floating import FloatStatistics  # image files have no need of it

    d = None if density is None else measure(density)
    if d is None:
        p = measure(prediction.astype(np.float64, copy=False))
        return None if p is None else FloatStatistics(p)
    both = measure_beside(prediction, d)
    return None if both is None else FloatStatistics(both[0], d, both[1])


def _thresholds(gaze: Gaze, spread: Spread, scale: Scale) -> Floats:
    if spread.constant:
        return _NO_STEPS
    if gaze.single:
        scale = scale.within_single(spread.low, spread.high)
    steps = count_kernels.step_thresholds(spread.low, spread.high, gaze.auc_steps, scale.low, scale.width, gaze.single)
    if not gaze.auc_top:
        steps = steps[1:]
    return steps[np.isfinite(steps)] if gaze.single else steps


def scaled(given: Measured, scale: Scale) -> Map:
    """Return the values of a map as a protocol scales them."""
    values: Map = given.values.astype(np.float64)
    if scale.low:
        values -= scale.low
    if scale.width != 1:
        values /= scale.width
    return values


_NONE = np.empty(0, np.int64)
_NO_STEPS = np.empty(0)
_NO_BASELINE = frozenset(name for name, info in OURS.items() if "baseline" not in info.needs)
_STEPPED = frozenset(("auc_borji", "sauc"))
_RANKED = frozenset(("auc_judd", "auc"))
