"""From checked input to numbers. Importing this module imports the compiled kernels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from videosal.errors import PluginError
from videosal.metrics.comparison import METRICS
from videosal.metrics.conventions import CONVENTIONS, Rules
from videosal.metrics.definitions import OURS, custom_metric
from videosal.metrics.eight_bit import EightBitComparison
from videosal.metrics.floating import FloatComparison
from videosal.metrics.inputs import read_frame
from videosal.metrics.preparation import prepare_maps

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from videosal.metrics.comparison import Comparison
    from videosal.metrics.inputs import Frame
    from videosal.metrics.preparation import Maps
    from videosal.metrics.protocols import Bug, Protocol


def score(
    prediction: ArrayLike,
    density: ArrayLike | None,
    fixations: ArrayLike | None,
    other_fixations: ArrayLike | None,
    baseline: ArrayLike | None,
    *,
    names: tuple[str, ...],
    protocol: Protocol,
    seed: int | None = None,
    bug_compatible: bool = False,
) -> dict[str, float]:
    """Do what `score_frame` does, for metrics whose inputs are all given."""
    bugs = tuple(bug for bug in protocol.bugs if bug_compatible and not bug.in_negatives)
    if seed is not None or bugs or not protocol.compiled:
        given = (prediction, density, fixations, other_fixations, baseline)
        return _score_by_conventions(given, names, protocol, seed, bugs)
    frame = read_frame(prediction, density, fixations, other_fixations, baseline, protocol)
    comparison = compare(frame, protocol, with_density=not _OF_DENSITY.isdisjoint(names))
    if not comparison.finite:
        return dict.fromkeys(names, math.nan)
    return {name: METRICS[name](comparison) if name in METRICS else _custom_score(name, frame) for name in names}


def _score_by_conventions(
    given: tuple[ArrayLike | None, ...],
    names: tuple[str, ...],
    protocol: Protocol,
    seed: int | None,
    bugs: tuple[Bug, ...],
) -> dict[str, float]:
    maps = prepare_maps(*given, protocol=protocol)
    if not np.isfinite(maps.prediction).all():
        return dict.fromkeys(names, math.nan)
    frame = maps.frame(with_fixations=given[2] is not None, with_others=given[3] is not None)
    rules = Rules(protocol, seed, frozenset(bug.key for bug in bugs))
    odd = {bug.metric for bug in bugs}.union(() if seed is None else protocol.sampled)
    scores = _quick_scores(maps, frame, [name for name in names if name not in odd], protocol)
    for name in names:
        if name not in scores:
            convention = CONVENTIONS.get(name)
            scores[name] = _custom_score(name, frame) if convention is None else convention(maps, rules)
    return {name: scores[name] for name in names}


def _quick_scores(maps: Maps, frame: Frame, names: list[str], protocol: Protocol) -> dict[str, float]:
    """Score by kernels what they know, unless pixels may repeat or the two maps are compared at a size of their own."""
    known = [name for name in names if name in protocol.kernel_metrics]
    if not known or protocol.repeats or maps.paired is not maps.prediction:
        return {}
    comparison = compare(frame, protocol, with_density=not _OF_DENSITY.isdisjoint(known))
    return {name: METRICS[name](comparison) for name in known}


def compare(frame: Frame, protocol: Protocol, *, with_density: bool) -> Comparison:
    """Choose the way that suits the dtypes."""
    of_bytes = frame.prediction.dtype == np.uint8 and (
        not with_density or (frame.density is not None and frame.density.dtype == np.uint8)
    )
    kind = EightBitComparison if of_bytes else FloatComparison
    return kind(frame, protocol, with_density=with_density)


_OF_DENSITY = frozenset(name for name, info in OURS.items() if "density" in info.needs)


def _custom_score(name: str, frame: Frame) -> float:
    shape = frame.prediction.shape
    baseline = frame.baseline
    metric = custom_metric(name)
    try:
        return float(
            metric.compute(
                frame.prediction.astype(np.float64, copy=False),
                None if frame.density is None else frame.density.astype(np.float64, copy=False),
                _mask(frame.fixations, shape),
                _mask(frame.other_fixations, shape),
                None if baseline is None else baseline.values.reshape(shape).astype(np.float64, copy=False),
            )
        )
    except Exception as error:
        raise PluginError(f"the metric {name!r} fails on a frame: {error!r}") from error


def _mask(pixels: NDArray[np.int64] | None, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    if pixels is None:
        return None
    mask = np.zeros(shape, np.bool_)
    mask.reshape(-1)[pixels] = True
    return mask
