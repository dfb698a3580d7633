"""Whether a new run is worse than the one before, as a yes or no for continuous integration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from videosal.errors import InputError, TableError
from videosal.leaderboards.board.runs import load_runs, refuse_incomplete
from videosal.leaderboards.statistics.comparison import check_alike, common_metrics, pair_figures
from videosal.leaderboards.statistics.paired import Pair, holm
from videosal.leaderboards.statistics.precision import ALPHA
from videosal.leaderboards.statistics.resampling import count_flips, flip_signs
from videosal.metrics import metric_info

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from videosal.leaderboards.board.run_like import RunLike

METRICS = ("nss",)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a run is worse than another in one metric.

    Attributes
    ----------
    metric : str
        Name of the metric.
    base, new : float
        Means over the frames where both have a value.
    loss : float
        By how much the new run is worse, in the unit of the metric; below 0 where it is better.
    n_videos : int
        Videos that both have.
    p : float
        One-sided p value of a loss beyond the margin, corrected for the metrics that were asked for (Holm).
    worse : bool
        Whether the loss is beyond the margin by more than chance, at 0.05.
    """

    metric: str
    base: float
    new: float
    loss: float
    n_videos: int
    p: float
    worse: bool


def judge_run(
    base: RunLike | str | Path,
    new: RunLike | str | Path,
    *,
    metrics: Sequence[str] = METRICS,
    margin: float = 0.0,
    seed: int = 0,
) -> list[Verdict]:
    """Test whether a new run is worse than the one before by more than a margin.

    The test is paired and one-sided: the signs of the videos' losses beyond the margin are flipped, all patterns where
    these are few. Where the protocol takes the mean over frames, a video weighs as many as it has frames.

    Parameters
    ----------
    base, new : Run, str or Path
        Complete runs on one split and under one protocol signature; several seeds of one model may stand as one run.
    metrics : sequence of str, default ("nss",)
        What to test; the p values of several are corrected (Holm).
    margin : float, default 0
        Loss that is tolerated, in the unit of the metric, 0 or more.
    seed : int
        Of the flips.

    Returns
    -------
    list of Verdict
        One per metric.

    Raises
    ------
    TableError
        The runs cannot be compared (see `compare_runs`), a map leaves a frame without a value that the ground truth
        allows, or the videos are so few that the test could never find a loss.
    InputError
        The margin is negative or no number.
    RunError
        A path holds no readable run.
    """
    if not 0 <= margin < float("inf"):
        raise InputError(f"margin is {margin}, expected a loss to tolerate, 0 or more")
    runs = load_runs([base, new])
    refuse_incomplete(runs)
    check_alike(runs)
    names = common_metrics(runs, metrics)
    for run in runs:
        lost = run.summary()["n_by_map"]
        for metric in names:
            if lost[metric]:
                raise TableError(
                    f"{run.name!r} has maps that leave {int(lost[metric])} frames without {metric_info(metric).label}, "
                    "so it cannot be judged: score maps that are not constant"
                )
    pairs = pair_figures([(runs[0], runs[1], metric) for metric in names])
    fewest = min(len(np.asarray(pair.first)) for pair in pairs)
    if len(names) / 2**fewest >= ALPHA:
        raise TableError(
            f"{fewest} videos are too few to find a loss: p is {len(names) / 2**fewest:.3g} at best, not below {ALPHA}"
        )
    p_values = holm([_p_value(pair, margin, count_flips(len(names)), seed) for pair in pairs])
    return [_verdict(*parts) for parts in zip(names, pairs, p_values, strict=True)]


def _p_value(pair: Pair, margin: float, n_flips: int, seed: int) -> float:
    losses, weights = _losses(pair)
    shares = (losses - margin) * weights / weights.sum()
    return float(flip_signs(shares[:, None], n_flips, seed, one_sided=True)[0])


def _losses(pair: Pair) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """By how much each video of the second is worse, and its weight."""
    first, second = np.asarray(pair.first, np.float64), np.asarray(pair.second, np.float64)
    weights = np.ones(len(first)) if pair.weights is None else np.asarray(pair.weights, np.float64)
    return (first - second if pair.higher_is_better else second - first), weights


def _verdict(metric: str, pair: Pair, p: float) -> Verdict:
    losses, weights = _losses(pair)
    columns = (np.asarray(pair.first), np.asarray(pair.second), losses)
    base, new, loss = (float(np.average(column, weights=weights)) for column in columns)
    return Verdict(metric, base, new, loss, len(losses), p, p < ALPHA)
