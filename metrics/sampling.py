"""One run of an original that draws at random, and its known bugs that need more than a number changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.metrics import roc
from videosal.metrics.statistics.shares import Scale

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from videosal.metrics.case import Case
    from videosal.metrics.statistics.base import Levels

    Map = NDArray[np.float64]
    Counts = NDArray[np.int64]
    Pixels = NDArray[np.int64]


def judd(case: Case, draws: np.random.Generator) -> float:
    """AUC-Judd with jitter of 1e-7; what still ties is in random order."""
    P, rule = case.points.scaled(), case.protocol.gaze
    jitter = draws.random(P.shape) if rule.judd_jitter == "uniform" else draws.normal(size=P.shape)
    return roc.judd(levels_of(P + jitter * 1e-7, case.fixations, case.fixated), P.size)


def judd_in_single_precision(case: Case, draws: np.random.Generator | None) -> float:
    """One run of SalEMA's code; without draws the mean of twenty, for its expectation has no closed form."""
    P, F = case.points.scaled(), case.fixations
    width = max(1.0, Scale().within_single(P.min(), P.max()).width)
    single = (P / width).astype(np.float32)

    def run(stream: np.random.Generator) -> float:
        jittered = single + (stream.random(single.shape) * (1e-7 / width)).astype(np.float32)
        return roc.walk(levels_of(jittered.astype(np.float64), F, F), single.size, single.size - F.size)

    if draws is not None:
        return run(draws)
    stream = np.random.default_rng(0)
    return float(np.mean([run(stream) for _ in range(20)]))


def borji(case: Case, hits: Counts, thresholds: Map, draws: np.random.Generator) -> float:
    """AUC-Borji with random pixels as negatives, the mean of all splits."""
    rule, size, n = case.protocol.gaze, case.points.statistics.prediction.spread.size, case.fixations.size
    picks = (draws.integers(size, size=rule.borji_draws or n) for _ in range(rule.splits))
    return _mean_of_splits(case, hits, thresholds, picks, 1.0)


def sauc(case: Case, hits: Counts, thresholds: Map, draws: np.random.Generator) -> float:
    """Shuffled AUC with as many of the others as there are fixations, the mean of all splits."""
    taken = min(case.fixations.size, case.others.size)
    picks = (draws.permutation(case.others)[:taken] for _ in range(case.protocol.gaze.splits))
    return _mean_of_splits(case, hits, thresholds, picks, share_of_alarms(case))


def share_of_alarms(case: Case) -> float:
    """What SalEMA's bug makes of the false positive rate where there are fewer others than fixations; else 1."""
    n, m = case.fixations.size, case.others.size
    return min(n, m) / n if "sauc-divisor" in case.bugs else 1.0


def with_broken_index(case: Case) -> float:
    """Shuffled AUC of STSANet's code: the pixels it looks up are not those of the other fixations.

    It numbers them by rows with the height as stride, and reads the number by columns. NaN where that leaves the map.
    The points of the curve are in the order of hits, and where those are equal in the order of rising thresholds.
    """
    P, F = _levels(case.points.scaled(), single=case.protocol.gaze.single), case.fixations
    height, width = P.shape
    rows, columns = np.divmod(case.others, width)
    number = rows * height + columns
    if (number // height >= width).any():
        return np.nan
    seen = P[number % height - 1, number // height]
    steps = np.arange(1, 10) / 10
    reaching = np.array([np.count_nonzero(P.flat[F] >= step) for step in steps])
    hits = np.concatenate(([0.0], roc.to_four_digits(reaching / F.size)))
    alarms = np.array([0, *((seen > step).sum() for step in steps)]) / F.size
    order = np.argsort(hits, kind="stable")
    return roc.area(roc.to_four_digits(alarms)[order], hits[order])


def negatives_by_columns(F: Pixels, shape: tuple[int, ...]) -> int:
    """How many pixels AIM 2024's code takes to be not fixated: it counts the columns of its list of points."""
    rows, columns = np.divmod(F, shape[1])
    return shape[0] * shape[1] - (1 if np.array_equal(rows, columns) else 2)


def levels_of(P: Map, F: Pixels, fixated: Pixels) -> Levels:
    """Rank the values of a map at fixations."""
    from videosal.metrics.statistics.floating import FloatStatistics
    from videosal.metrics.statistics.spread import measure

    measured = measure(P)
    assert measured is not None
    return FloatStatistics(measured).levels(F, fixated)


def _mean_of_splits(case: Case, hits: Counts, thresholds: Map, picks: Iterable[Pixels], share: float) -> float:
    statistics, n = case.points.statistics, case.fixations.size
    areas = [roc.stepped(hits, n, statistics.reaching_at(pick, thresholds), pick.size, share=share) for pick in picks]
    return float(np.mean(areas))


def _levels(P: Map, *, single: bool) -> Map:
    """Return a map scaled to 0..1, computed in single precision if asked; it must not be constant."""
    if single:
        P = P / Scale().within_single(P.min(), P.max()).width
    values: NDArray[Any] = P.astype(np.float32 if single else np.float64)
    low, high = values.min(), values.max()
    if low == high:  # as single precision sees it
        return np.zeros(P.shape)
    values -= low
    values /= high - low
    return values.astype(np.float64, copy=False)
