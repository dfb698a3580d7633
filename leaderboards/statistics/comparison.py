"""Paired comparisons of runs over the videos that they share."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from videosal.errors import TableError
from videosal.leaderboards.board.runs import load_runs, refuse_incomplete, split_of
from videosal.leaderboards.statistics.paired import PairedResult, Test, compare_scores, holm
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
    """

    first: str
    second: str
    metric: str
    result: PairedResult
    p_holm: float

    def as_dict(self) -> dict[str, Any]:
        """All figures by name; NaN becomes None."""
        values = {**asdict(self), **asdict(self.result)}
        del values["result"]
        return {name: None if value != value else value for name, value in values.items()}


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
    where it takes the mean over frames, each video weighs as many as it has frames.

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
        Fewer than two runs, two of one name, another split, signature or copy of the data set, no metric in common,
        or an incomplete run.
    RunError
        A path holds no readable run.
    """
    loaded = load_runs(runs)
    if len(loaded) < 2:
        raise TableError("one run is not enough to compare: give two or more")
    if not allow_incomplete:
        refuse_incomplete(loaded)
    _check_comparable(loaded)
    names = _metrics(loaded, metrics)
    pairs = [(a, b, metric) for a, b in combinations(loaded, 2) for metric in names]
    results = [compare_metric(a, b, metric, test=test, seed=seed) for a, b, metric in pairs]
    corrected = holm([result.p for result in results])
    return [
        Comparison(a.name, b.name, metric, result, p)
        for (a, b, metric), result, p in zip(pairs, results, corrected, strict=True)
    ]


def compare_metric(
    first: RunLike, second: RunLike, metric: str, *, test: Test = "permutation", seed: int = 0
) -> PairedResult:
    """Compare two runs in one metric over the frames where both have a value."""
    keys = ["video", "frame"]
    both = first.frames[[*keys, metric]].merge(second.frames[[*keys, metric]], on=keys, suffixes=("_a", "_b"))
    groups = both.dropna().groupby("video")[[f"{metric}_a", f"{metric}_b"]]
    means = groups.mean()
    return compare_scores(
        means[f"{metric}_a"].to_numpy(),
        means[f"{metric}_b"].to_numpy(),
        groups.size().to_numpy() if first.aggregation == "frame" else None,
        higher_is_better=metric_info(metric).higher_is_better,
        test=test,
        seed=seed,
    )


def _check_comparable(runs: Sequence[RunLike]) -> None:
    first = runs[0]
    for at, run in enumerate(runs):
        if run.name in {other.name for other in runs[:at]}:
            raise TableError(f"two runs are called {run.name!r}: score one under another name (--name)")
        if split_of(run) != split_of(first):
            raise TableError(
                f"{first.name!r} is on {split_of(first)} and {run.name!r} on {split_of(run)}: compare runs of one split"
            )
        if run.signature != first.signature:
            raise TableError(
                f"{first.name!r} and {run.name!r} were scored under different protocols: "
                "videosal explain says where they differ; score one of them again"
            )
        copies = [getattr(other, "info", {}).get("fingerprint") for other in (first, run)]
        if copies[0] != copies[1]:
            raise TableError(
                f"{first.name!r} and {run.name!r} were scored on different copies of {split_of(run)}: "
                "videosal explain says where they differ; score both on one copy"
            )


def _metrics(runs: Sequence[RunLike], asked: Sequence[str] | None) -> list[str]:
    for metric in asked or ():
        metric_info(metric)
        for run in runs:
            if metric not in run.metrics:
                raise TableError(f"the run {run.name!r} has no {metric}: score it again with this metric")
    common = [metric for metric in runs[0].metrics if all(metric in run.metrics for run in runs)]
    if not common:
        raise TableError("the runs have no metric in common: score them with the same metrics")
    return list(dict.fromkeys(asked)) if asked else common
