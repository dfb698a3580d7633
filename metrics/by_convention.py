"""Scores for which the compiled kernels do not know all conventions of a protocol: maps are prepared as it says first.

Kernels still compute what they know; the rest is left to :mod:`videosal.metrics.protocol_formulas`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from videosal.metrics.compiled.formulas import METRICS
from videosal.metrics.frame.preparation import prepare_maps
from videosal.metrics.protocol_formulas import CONVENTIONS, Rules
from videosal.metrics.scoring import compare, custom_score, needs_density

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from videosal.metrics.frame.inputs import Frame
    from videosal.metrics.frame.preparation import Maps
    from videosal.metrics.protocols.record import Bug, Protocol


def score_by_convention(
    given: tuple[ArrayLike | None, ...],
    names: tuple[str, ...],
    protocol: Protocol,
    seed: int | None,
    bugs: tuple[Bug, ...],
) -> dict[str, float]:
    """Do what `score_frame` does with the arguments `given`, which are its first five."""
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


def _quick_scores(maps: Maps, frame: Frame, names: list[str], protocol: Protocol) -> dict[str, float]:
    """Score by kernels what they know, unless pixels may repeat or maps are compared at another size."""
    known = tuple(name for name in names if name in protocol.kernel_metrics)
    if maps.paired is not maps.prediction:
        known = tuple(name for name in known if not needs_density((name,)))
    if not known or protocol.repeats:
        return {}
    comparison = compare(frame, protocol, with_density=needs_density(known))
    return {name: METRICS[name](comparison) for name in known}
