"""Which frames are worth a look: the best, the median, the worst, and those where models disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from videosal.errors import InputError, TableError
from videosal.metrics import metric_info

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from videosal.leaderboards.board.run_like import RunLike

Pick = Literal["best", "median", "worst", "disagreement"]


def pick_frames(runs: Sequence[RunLike], pick: Pick, count: int, *, metric: str | None = None) -> list[tuple[str, str]]:
    """Choose frames by the scores of the runs, from as many videos as possible.

    Parameters
    ----------
    runs : sequence of RunLike
        Frames count where all of them have a value.
    pick : {"best", "median", "worst", "disagreement"}
        By the mean over the runs; or the largest standard deviation over two or more runs.
    count : int
        How many, fewer where there are fewer.
    metric : str, optional
        Default: see `main_metric`.

    Returns
    -------
    list of (video, frame)
        Most typical of `pick` first.

    Raises
    ------
    InputError
        Disagreement of one run.
    TableError
        The runs have no frame in common where the metric is defined.
    """
    if pick == "disagreement" and len(runs) < 2:
        raise InputError("one run cannot disagree: give two or more, or pick best, median or worst")
    chosen = main_metric(runs, metric)
    scores = _common_scores(runs, chosen)
    if scores.empty:
        raise TableError(f"the runs have no frame in common with a value of {chosen}")
    mean = scores.mean(axis=1)
    if pick == "disagreement":
        order = (-scores.std(axis=1)).sort_values(kind="stable")
    elif pick == "median":
        order = (mean - mean.median()).abs().sort_values(kind="stable")
    else:
        falling = metric_info(chosen).higher_is_better == (pick == "best")
        order = (-mean if falling else mean).sort_values(kind="stable")
    return _spread_out([(str(video), str(frame)) for video, frame in order.index], count)


def main_metric(runs: Sequence[RunLike], asked: str | None = None) -> str:
    """The metric that frames and videos are ordered by: the one asked for, else NSS, else the first of all runs.

    Raises
    ------
    UnknownNameError
        There is no such metric.
    TableError
        A run does not have it, or the runs have none in common.
    """
    if asked is not None:
        metric_info(asked)
        for run in runs:
            if asked not in run.metrics:
                raise TableError(f"the run {run.name!r} has no {asked}: score it again with this metric")
        return asked
    common = [metric for metric in runs[0].metrics if all(metric in run.metrics for run in runs)]
    if not common:
        raise TableError("the runs have no metric in common: score them with the same metrics")
    return "nss" if "nss" in common else common[0]


def _common_scores(runs: Sequence[RunLike], metric: str) -> pd.DataFrame:
    """Scores by (video, frame), a column per run."""
    import pandas as pd

    columns = [run.frames.set_index(["video", "frame"])[metric] for run in runs]
    return pd.concat(columns, axis=1, join="inner", keys=range(len(runs))).dropna()


def _spread_out(order: list[tuple[str, str]], count: int) -> list[tuple[str, str]]:
    """Take the first frame of each video, then the second of each, and so on."""
    turns: dict[str, int] = {}
    ranked = []
    for place, (video, frame) in enumerate(order):
        turns[video] = turns.get(video, 0) + 1
        ranked.append((turns[video], place, (video, frame)))
    return [key for _, _, key in sorted(ranked)[:count]]
