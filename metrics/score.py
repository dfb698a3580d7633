"""The calls that score one frame: check, prepare, statistics, formulas."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from videosal.errors import InputError
from videosal.metrics.definitions import ARGUMENTS, OURS, metric_info
from videosal.metrics.protocols.registry import get_protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from videosal.metrics.case import Case
    from videosal.metrics.frame.baseline import Baseline
    from videosal.metrics.frame.inputs import Inputs
    from videosal.metrics.protocols.record import Protocol

_NO_BUGS: frozenset[str] = frozenset()


def score_frame(
    prediction: ArrayLike,
    density: ArrayLike | None = None,
    fixations: ArrayLike | None = None,
    *,
    other_fixations: ArrayLike | None = None,
    baseline: ArrayLike | Baseline | None = None,
    metrics: Sequence[str] | None = None,
    protocol: str | Protocol = "standard",
    seed: int | None = None,
    bug_compatible: bool = False,
) -> dict[str, float]:
    """Score one saliency map against where people looked in that frame.

    Parameters
    ----------
    prediction : (h, w) array_like
        The saliency map: real numbers of any dtype and range. If its size is not that of the ground truth, it is
        resized by the rule of the protocol. If it holds NaN or infinity, every metric is NaN.
    density : (H, W) array_like, optional
        Continuous ground truth: values of 0 and above on any scale.
    fixations : (H, W) array_like or (n, 2) array_like of int, optional
        A mask, nonzero where someone looked, or points (row, col); a point may repeat. An array with two columns is
        points, unless it has the shape of the density or, where there is no density, is boolean. A mask that is a
        density by its values, more than 16 in more than a twentieth of its pixels, is refused; a boolean one never is.
    other_fixations : (H, W) array_like or (n, 2) array_like of int, optional
        Fixations of other frames, scaled to this one's size: the negatives of shuffled AUC.
    baseline : (h, w) array_like or Baseline, optional
        The map over which information gain is counted, resized like the prediction. As a `Baseline` it is resized and
        measured once, not in every call.
    metrics : sequence of str, optional
        Names from `list_metrics` that the protocol defines; by default its `default_metrics`, as far as the given
        arguments allow them.
    protocol : str or Protocol
        Under which conventions to score: a name from `list_protocols`, or a protocol of your own.
    seed : int, optional
        Draw what the protocol's original draws (jitter, negatives: `Protocol.sampled` names the metrics), starting
        from this seed. Without one these metrics are their expectation.
    bug_compatible : bool
        Reproduce the known bugs of the original (`Protocol.bugs`).

    Returns
    -------
    dict of str to float
        One value per metric, in the order asked for. NaN where a metric is undefined: AUC without fixations,
        correlation with a constant density. Under ``standard`` that depends on the ground truth alone: a constant
        prediction is the uniform distribution.

    Raises
    ------
    InputError
        An argument has the wrong dtype, shape or values, or a metric asked for lacks its input or is not defined by
        the protocol.
    UnknownNameError
        No metric or protocol has that name.

    See Also
    --------
    videosal.metrics.formulas : the formulas and their sources.
    score_protocols : the same under several protocols at once.

    Examples
    --------
    >>> density = np.array([[0, 1, 2], [0, 2, 4]])
    >>> score_frame(density * 2, density, [[1, 2]])["cc"]
    1.0
    """
    job = _Job(get_protocol(protocol), _names(metrics), fixations, other_fixations, baseline)
    return _score(prediction, density, (job,), seed, bug_compatible)[0]


def score_protocols(
    prediction: ArrayLike,
    density: ArrayLike | None = None,
    fixations: ArrayLike | Mapping[str, ArrayLike | None] | None = None,
    *,
    protocols: Sequence[str | Protocol],
    other_fixations: ArrayLike | Mapping[str, ArrayLike | None] | None = None,
    baseline: ArrayLike | Baseline | Mapping[str, ArrayLike | Baseline | None] | None = None,
    metrics: Sequence[str] | Mapping[str, Sequence[str] | None] | None = None,
    seed: int | None = None,
    bug_compatible: bool = False,
) -> dict[str, dict[str, float]]:
    """Score one saliency map under several protocols, which share all that they have in common.

    Parameters
    ----------
    prediction, density, seed, bug_compatible
        As in `score_frame`.
    fixations, other_fixations, baseline : array_like, or mapping of str to array_like
        As in `score_frame`; or, by the name of each protocol, what it takes, for protocols differ in the negatives that
        they draw, and in whether they want points that repeat.
    protocols : sequence of str or Protocol
        No two of one name.
    metrics : sequence of str, or mapping of str to sequence of str, optional
        As in `score_frame`, and each protocol takes those that it defines; or, by the name of each protocol, its own.

    Returns
    -------
    dict of str to dict of str to float
        By the name of the protocol, what `score_frame` returns for it, to the same bits.

    Raises
    ------
    InputError
        As `score_frame` does, or no protocol defines a metric that is asked for, or two protocols have one name.
    UnknownNameError
        No metric or protocol has that name.
    """
    rules = tuple(get_protocol(protocol) for protocol in protocols)
    if len({one.name for one in rules}) < len(rules):
        raise InputError(f"two of the protocols {', '.join(one.name for one in rules)} have one name: rename one")
    wanted = metrics if isinstance(metrics, Mapping) else _defined_by_each(rules, _names(metrics))
    jobs = tuple(
        _Job(one, _names(_own(wanted, one)), *(_own(part, one) for part in (fixations, other_fixations, baseline)))
        for one in rules
    )
    found = _score(prediction, density, jobs, seed, bug_compatible)
    return {one.name: scores for one, scores in zip(rules, found, strict=True)}


def nss_by_observer(
    prediction: ArrayLike,
    observers: Mapping[str, ArrayLike],
    *,
    density: ArrayLike | None = None,
    protocol: str | Protocol = "standard",
) -> dict[str, float]:
    """Score one saliency map against where each observer looked, which shows how much observers differ.

    Parameters
    ----------
    prediction, density, protocol
        As in `score_frame`; the density only gives the size of the ground truth.
    observers : mapping of str to (H, W) or (n, 2) array_like
        The fixations of each, as in `score_frame`; `videosal.datasets.Video.observer_points` gives them where a data
        set knows its observers.

    Returns
    -------
    dict of str to float
        NSS per observer; NaN where one did not look.

    Raises
    ------
    InputError
        As `score_frame` does.
    """
    return {
        name: score_frame(prediction, density, fixations, metrics=("nss",), protocol=protocol)["nss"]
        for name, fixations in observers.items()
    }


def warm_up() -> None:
    """Compile all kernels, or load them from numba's cache, so that no later call has to.

    A program that starts workers calls it once before: they then find everything on disk.
    """
    import numpy as np

    from videosal.metrics.kernels.float_kernels import scale_to_bytes
    from videosal.metrics.protocols.records import PROTOCOLS

    for kind in (np.float32, np.float64):
        scale_to_bytes(np.zeros(1, kind), 0.0, 1.0, np.empty(1, np.uint8))
    low = np.arange(30, dtype=np.uint8).reshape(5, 6)
    points = np.array([[1, 2], [3, 4]])
    for prediction in (low, low / 7, low[::2]):
        protocols = [p for p in PROTOCOLS if p.maps.resize != "none" or prediction.shape == low.shape]
        for density in (low, low / 7):
            for baseline in (low, low / 7):
                score_protocols(
                    prediction, density, points, protocols=protocols, other_fixations=low > 20, baseline=baseline
                )
    score_frame(low, fixations=points)


class _Job(NamedTuple):
    """What is scored under one protocol, and what it takes beside the maps."""

    protocol: Protocol
    metrics: tuple[str, ...] | None
    fixations: ArrayLike | None
    other_fixations: ArrayLike | None
    baseline: ArrayLike | Baseline | None


def _names(metrics: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if metrics is None else (metrics,) if isinstance(metrics, str) else tuple(metrics)


def _own(argument: Any, protocol: Protocol) -> Any:
    """Return what an argument is for one protocol."""
    return argument.get(protocol.name) if isinstance(argument, Mapping) else argument


def _defined_by_each(rules: tuple[Protocol, ...], asked: tuple[str, ...] | None) -> dict[str, tuple[str, ...] | None]:
    """Give each protocol those of the metrics that it defines."""
    for name in asked or ():
        if name in OURS and not any(name in one.metrics for one in rules):
            raise InputError(f"no protocol of {', '.join(one.name for one in rules)} defines metric {name!r}")
    return {
        one.name: None if asked is None else tuple(name for name in asked if name not in OURS or name in one.metrics)
        for one in rules
    }


def _score(
    prediction: Any, density: Any, jobs: tuple[_Job, ...], seed: int | None, bug_compatible: bool
) -> list[dict[str, float]]:
    """Score a prediction under the protocols of the jobs."""
    present = [(density is not None, *(part is not None for part in job[2:])) for job in jobs]
    names, with_density = _plan(tuple((*job[:2], there) for job, there in zip(jobs, present, strict=True)))

    from videosal.metrics.case import SharedFrame  # imports numba
    from videosal.metrics.frame.baseline import Baseline
    from videosal.metrics.frame.inputs import read_inputs

    read: dict[tuple[int, int], Inputs] = {}  # by the fixations that a job takes
    measured: dict[int, Baseline] = {}  # by the array that it was given as
    frames: dict[tuple[int, int], SharedFrame] = {}  # by size, which masks decide where there is no density
    results = []
    for job, wanted, there in zip(jobs, names, present, strict=True):
        key = id(job.fixations), id(job.other_fixations)
        if key not in read:
            first, gaze = next(iter(read.values()), None), (job.fixations, job.other_fixations)
            read[key] = read_inputs(prediction, density, *gaze) if first is None else first.with_gaze(*gaze)
        looked_at = read[key]
        if looked_at.size not in frames:
            frames[looked_at.size] = SharedFrame(looked_at, with_density=with_density)
        baseline = job.baseline
        if baseline is not None and not isinstance(baseline, Baseline):
            if id(baseline) not in measured:
                measured[id(baseline)] = Baseline(baseline)
            baseline = measured[id(baseline)]
        bugs = frozenset(bug.key for bug in job.protocol.bugs if not bug.in_negatives) if bug_compatible else _NO_BUGS
        case = frames[looked_at.size].case(job.protocol, wanted, looked_at, baseline, seed, bugs)
        results.append(dict.fromkeys(wanted, math.nan) if case is None else _values(case, wanted, there))
    return results


def _values(case: Case, names: tuple[str, ...], present: tuple[bool, ...]) -> dict[str, float]:
    from videosal.metrics.custom import custom_score
    from videosal.metrics.formulas import FORMULAS

    scores = {}
    for name in names:
        formula = FORMULAS.get(name)
        scores[name] = custom_score(name, case, _given(present)) if formula is None else formula(case)
    return scores


@lru_cache
def _given(present: tuple[bool, ...]) -> frozenset[str]:
    return frozenset(name for name, there in zip(ARGUMENTS, present, strict=True) if there)


@lru_cache
def _plan(
    jobs: tuple[tuple[Protocol, tuple[str, ...] | None, tuple[bool, ...]], ...],
) -> tuple[list[tuple[str, ...]], bool]:
    """Return the metrics of each job, and whether one of them may hold the prediction against the density."""
    names = [_allowed(rules, there) if asked is None else _asked(rules, asked, there) for rules, asked, there in jobs]
    return names, any(name not in OURS or "density" in OURS[name].needs for group in names for name in group)


def _allowed(protocol: Protocol, present: tuple[bool, ...]) -> tuple[str, ...]:
    given = _given(present)
    names = tuple(name for name in protocol.default_metrics if given.issuperset(OURS[name].needs))
    if not names:
        raise InputError("density and fixations are both missing: give at least one to score against")
    return names


def _asked(protocol: Protocol, names: tuple[str, ...], present: tuple[bool, ...]) -> tuple[str, ...]:
    given = _given(present)
    defined = protocol.metrics
    for name in names:
        if name in OURS and name not in defined:
            raise InputError(
                f"protocol {protocol.name!r} does not define metric {name!r}: choose from {', '.join(defined)}"
            )
        for argument in metric_info(name).needs:
            if argument not in given:
                raise InputError(
                    f"{argument} is missing, which metric {name!r} needs: give it, or leave the metric out"
                )
    return names
