"""From the arguments of `score_frame` to numbers. Importing this module imports the compiled kernels.

Where the kernels know all conventions of a protocol, they take the maps as they come. Otherwise maps are prepared as
the protocol says first; kernels still compute what they know, and the rest is left to
:mod:`videosal.metrics.protocol_formulas`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from videosal.metrics.compiled.choice import compare, needs_density
from videosal.metrics.compiled.formulas import METRICS
from videosal.metrics.custom import custom_score
from videosal.metrics.frame.inputs import read_frame

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from videosal.metrics.frame.inputs import Frame
    from videosal.metrics.frame.preparation import PreparedMaps
    from videosal.metrics.protocols.conventions import Bug
    from videosal.metrics.protocols.record import Protocol


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
    bugs = tuple(bug for bug in protocol.bugs if not bug.in_negatives) if bug_compatible else ()
    if seed is not None or bugs or not protocol.compiled:
        given = (prediction, density, fixations, other_fixations, baseline)
        return _score_by_convention(given, names, protocol, seed, bugs)
    frame = read_frame(prediction, density, fixations, other_fixations, baseline, protocol)
    comparison = compare(frame, protocol, with_density=needs_density(names))
    if not comparison.finite:
        return dict.fromkeys(names, math.nan)
    return {name: METRICS[name](comparison) if name in METRICS else custom_score(name, frame) for name in names}


def _score_by_convention(
    given: tuple[ArrayLike | None, ...],
    names: tuple[str, ...],
    protocol: Protocol,
    seed: int | None,
    bugs: tuple[Bug, ...],
) -> dict[str, float]:
    """Do what `score_frame` does with the arguments `given`, which are its first five."""
    from videosal.metrics.frame.preparation import prepare_maps
    from videosal.metrics.protocol_formulas import CONVENTIONS, Rules

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
            scores[name] = custom_score(name, frame) if convention is None else convention(maps, rules)
    return {name: scores[name] for name in names}


def _quick_scores(maps: PreparedMaps, frame: Frame, names: list[str], protocol: Protocol) -> dict[str, float]:
    """Score by kernels what they know, unless pixels may repeat or maps are compared at another size."""
    known = tuple(name for name in names if name in protocol.kernel_metrics)
    if maps.paired is not maps.prediction:
        known = tuple(name for name in known if not needs_density((name,)))
    if not known or protocol.repeats:
        return {}
    comparison = compare(frame, protocol, with_density=needs_density(known))
    return {name: METRICS[name](comparison) for name in known}
