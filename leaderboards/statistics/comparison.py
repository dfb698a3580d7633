"""Paired comparisons of runs over the videos that they share."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

from videosal.errors import TableError
from videosal.leaderboards.board.ranking import column_identity, describe_difference
from videosal.leaderboards.board.runs import load_runs, refuse_incomplete
from videosal.leaderboards.statistics.paired import Pair, PairedResult, Test, compare_pairs, holm
from videosal.leaderboards.statistics.resampling import count_flips
from videosal.metrics import metric_info

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from videosal.leaderboards.board.run_like import RunLike


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs in one metric.

    Attributes
    ----------
    first, second : str
        Names of the runs.
    metric : str
        Name of the metric.
    result : PairedResult
        Means, difference, interval, p value and so on.
    p_holm : float
        The p value, corrected for all metrics and pairs that were compared together (Holm).
    n_tests, n_flips : int
        How many those are, and the sign flips of each test.
    lost : tuple of int
        Frames of the first and of the second run where the ground truth allows a value and the map does not. Where
        there are any, the result has means and difference of the other frames, and no verdict.
    """

    first: str
    second: str
    metric: str
    result: PairedResult
    p_holm: float
    n_tests: int
    n_flips: int
    lost: tuple[int, int] = (0, 0)

    def as_dict(self) -> dict[str, Any]:
        """All figures by name, the runs' means as ``first_mean`` and ``second_mean``; NaN becomes None."""
        values, result = asdict(self), asdict(self.result)
        del values["result"]
        means = {f"{side}_mean": result.pop(side) for side in ("first", "second")}
        return {name: None if value != value else value for name, value in {**values, **means, **result}.items()}


def compare_runs(
    runs: Iterable[RunLike | str | Path],
    *,
    metrics: Sequence[str] | None = None,
    test: Test = "permutation",
    seed: int = 0,
    allow_incomplete: bool = False,
) -> list[Comparison]:
    """Compare each run with each other run in each metric.

    The unit is the video. A frame counts where both runs have a value for it. Means are those of the protocol:
    where it takes the mean over frames, each video weighs as many as it has frames. Where a map takes the value from a
    frame that could have one, there is no verdict on that metric: no interval, no p value, no video won or lost.

    Parameters
    ----------
    runs : iterable of Run, str or Path
        Two or more, on one split and under one protocol signature.
    metrics : sequence of str, optional
        Default: those that all runs have.
    test, seed
        See :func:`videosal.leaderboards.compare_scores`.
    allow_incomplete : bool, default False
        Take runs with missing or unusable predictions, and compare what both have.

    Returns
    -------
    list of Comparison
        By pair, then by metric.

    Raises
    ------
    TableError
        Fewer than two runs, two of one name, runs on other videos, under another signature or on another copy of the
        data set (see :func:`videosal.leaderboards.board.ranking.column_identity`), no metric in common, or an
        incomplete run.
    RunError
        A path holds no readable run.
    """
    loaded = load_runs(runs)
    if len(loaded) < 2:
        raise TableError("one run is not enough to compare: give two or more")
    if not allow_incomplete:
        refuse_incomplete(loaded)
    check_alike(loaded)
    names = common_metrics(loaded, metrics)
    pairs = [(a, b, metric) for a, b in combinations(loaded, 2) for metric in names]
    results = compare_metrics(pairs, test=test, seed=seed)
    corrected = holm([result.p for result, _ in results])
    n_tests = sum(p == p for p in corrected)
    return [
        Comparison(a.name, b.name, metric, result, p, n_tests, count_flips(len(pairs)), lost)
        for (a, b, metric), (result, lost), p in zip(pairs, results, corrected, strict=True)
    ]


def compare_metrics(
    pairs: Sequence[tuple[RunLike, RunLike, str]],
    *,
    test: Test = "permutation",
    seed: int = 0,
    intervals: bool = True,
) -> list[tuple[PairedResult, tuple[int, int]]]:
    """Compare pairs of runs in a metric each over the frames where both have a value, with or without `intervals`.

    They are one family: there are as many sign flips as a correction for their number needs. With each result stand
    the frames that each run lost, see `compare_runs` on the verdict then.
    """
    runs = {id(run): run for a, b, _ in pairs for run in (a, b)}
    lost = {key: run.summary()["n_by_map"] for key, run in runs.items()}
    results = compare_pairs(
        pair_figures(pairs), test=test, n_flips=count_flips(len(pairs)), seed=seed, intervals=intervals
    )
    counts = [(int(lost[id(a)][metric]), int(lost[id(b)][metric])) for a, b, metric in pairs]
    return [(_unless_lost(result, count), count) for result, count in zip(results, counts, strict=True)]


def pair_figures(pairs: Sequence[tuple[RunLike, RunLike, str]]) -> list[Pair]:
    """Return the means of the videos of two runs in a metric each, over the frames where both have a value."""
    tables = {id(run): run.frame_table for a, b, _ in pairs for run in (a, b)}
    found = []
    for a, b, metric in pairs:
        videos = tables[id(a)].pair(tables[id(b)], metric)
        weights = videos["n"].to_numpy() if a.aggregation == "frame" else None
        better = metric_info(metric).higher_is_better
        found.append(Pair(videos["first"].to_numpy(), videos["second"].to_numpy(), weights, better))
    return found


def _unless_lost(result: PairedResult, lost: tuple[int, int]) -> PairedResult:
    nan = math.nan
    return replace(result, low=nan, high=nan, p=nan, wins=0, ties=0, losses=0, effect=nan) if any(lost) else result


def check_alike(runs: Sequence[RunLike]) -> None:
    """Raise `TableError` where two runs have one name, or were not scored alike."""
    first = runs[0]
    for at, run in enumerate(runs):
        if run.name in {other.name for other in runs[:at]}:
            raise TableError(f"two runs are called {run.name!r}: score one under another name (--name)")
        if column_identity(run) != column_identity(first):
            raise TableError(
                f"{first.name!r} and {run.name!r} were scored {describe_difference(first, run)}: "
                "videosal explain says where they differ; compare runs that were scored alike"
            )


def common_metrics(runs: Sequence[RunLike], asked: Sequence[str] | None) -> list[str]:
    """Return the metrics that all runs have, or those asked for; raise `TableError` where a run lacks one."""
    for metric in asked or ():
        metric_info(metric)
        for run in runs:
            if metric not in run.metrics:
                raise TableError(f"the run {run.name!r} has no {metric}: score it again with this metric")
    common = [metric for metric in runs[0].metrics if all(metric in run.metrics for run in runs)]
    if not common:
        raise TableError("the runs have no metric in common: score them with the same metrics")
    return list(dict.fromkeys(asked)) if asked else common
