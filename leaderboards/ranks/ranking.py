"""Ranks of methods over metrics and data sets: mean rank, Borda count, wins over videos, Friedman's test."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.errors import TableError
from videosal.leaderboards.board.ranking import split_of
from videosal.leaderboards.board.runs import load_runs, refuse_incomplete
from videosal.leaderboards.ranks.split_figures import SplitFigures, rank_methods
from videosal.leaderboards.statistics.comparison import check_alike, common_metrics
from videosal.leaderboards.statistics.resampling import LEVEL
from videosal.leaderboards.statistics.seeds import join_seeds
from videosal.metrics import metric_info

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from videosal.leaderboards.board.run_like import RunLike

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a method stands.

    Attributes
    ----------
    name : str
        Name of its runs.
    mean_rank : float
        Mean of its ranks over all metrics of all splits; 1 is the best, ties share the mean of their places.
    low, high : float
        95 % bootstrap interval of the mean rank (percentiles; videos resampled within each split); NaN where a split
        has one video.
    borda : float
        Sum over all metrics of all splits of the number of methods that it is better than; a tie counts half.
    by_split : tuple of float
        Its mean rank over the metrics of each split.
    block_rank : float
        Its mean rank over the videos, which Friedman's test and the critical difference are about.
    """

    name: str
    mean_rank: float
    low: float
    high: float
    borda: float
    by_split: tuple[float, ...]
    block_rank: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """Methods from the best mean rank to the worst.

    Attributes
    ----------
    places : tuple of Place
        One per method.
    splits, metrics : tuple of str
        What was ranked.
    n_videos : int
        Videos of all splits together.
    wins : tuple of tuple of float
        Row by column: the share of videos and metrics where the method of the row is better; a tie counts half.
    statistic, p : float
        Friedman's chi-squared statistic and its p value; NaN for fewer than three methods.
    critical_difference : float
        Block ranks that differ by less are not distinguishable at 0.05 (Nemenyi); NaN for fewer than three methods.
    """

    places: tuple[Place, ...]
    splits: tuple[str, ...]
    metrics: tuple[str, ...]
    n_videos: int
    wins: tuple[tuple[float, ...], ...]
    statistic: float
    p: float
    critical_difference: float

    def groups(self) -> list[tuple[str, ...]]:
        """The largest sets of methods, neighbours in block rank, that the critical difference does not tell apart."""
        ordered = sorted(self.places, key=lambda place: place.block_rank)
        found: list[tuple[int, int]] = []
        for start, first in enumerate(ordered):
            end = max(
                at
                for at, place in enumerate(ordered)
                if place.block_rank - first.block_rank < self.critical_difference or at == start
            )
            if end > start and not (found and found[-1][1] >= end):
                found.append((start, end))
        return [tuple(place.name for place in ordered[start : end + 1]) for start, end in found]


def rank_runs(
    runs: Iterable[RunLike | str | Path], *, metrics: Sequence[str] | None = None, seeds: bool = False, seed: int = 0
) -> Ranking:
    """Rank methods over metrics and data sets.

    Every metric of every split counts alike. A method is known by the name of its runs, and has one on each split.

    Parameters
    ----------
    runs : iterable of Run, str or Path
        Two methods or more, complete.
    metrics : sequence of str, optional
        Default: those that all runs have.
    seeds : bool, default False
        Take runs of one name that were scored alike as one.
    seed : int
        Of the bootstrap.

    Raises
    ------
    TableError
        Fewer than two methods; a method lacks a split, or has two runs on it; runs of a split were scored on other
        videos or under other protocols; a run is incomplete, has maps that leave frames without a value for which the
        ground truth allows one, or lacks a metric.
    RunError
        A path holds no readable run.

    References
    ----------
    Demsar, "Statistical Comparisons of Classifiers over Multiple Data Sets", JMLR 7 (2006) 1-30, Section 3.2.2:
    Friedman's test and Nemenyi's critical difference. The blocks are videos here, each with the methods ranked by their
    mean rank over the metrics, because figures of one video are not independent.
    """
    loaded = load_runs(runs)
    refuse_incomplete(loaded)
    by_split = _by_split(join_seeds(loaded) if seeds else loaded)
    names = [run.name for run in next(iter(by_split.values()))]
    if len(names) < 2:
        raise TableError("one method is not enough to rank: give the runs of two or more")
    chosen = common_metrics([run for members in by_split.values() for run in members], metrics)
    _refuse_lost(by_split, chosen)
    figures = [SplitFigures(members, chosen) for members in by_split.values()]
    per_split = [rank_methods(part.means()) for part in figures]  # (metrics, methods) each
    everything = np.concatenate(per_split)
    low, high = _interval(figures, seed)
    blocks = np.concatenate([part.block_ranks() for part in figures])
    wins = _wins(figures)
    statistic, p, difference = _friedman(blocks)
    places = [
        Place(
            name,
            float(everything[:, at].mean()),
            float(low[at]),
            float(high[at]),
            float((len(names) - everything[:, at]).sum()),
            tuple(float(ranks[:, at].mean()) for ranks in per_split),
            float(blocks[:, at].mean()),
        )
        for at, name in enumerate(names)
    ]
    order = sorted(range(len(names)), key=lambda at: places[at].mean_rank)
    return Ranking(
        tuple(places[at] for at in order),
        tuple(by_split),
        tuple(chosen),
        len(blocks),
        tuple(tuple(float(wins[row, column]) for column in order) for row in order),
        statistic,
        p,
        difference,
    )


def _interval(figures: Sequence[SplitFigures], seed: int) -> tuple[Floats, Floats]:
    n_methods = figures[0].values.shape[2]
    if min(len(part.values) for part in figures) < 2:
        return np.full(n_methods, np.nan), np.full(n_methods, np.nan)
    drawn = np.concatenate([rank_methods(part.drawn_means((seed, at))) for at, part in enumerate(figures)], axis=1)
    bounds = np.nanquantile(np.nanmean(drawn, axis=1), [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return bounds[0], bounds[1]


def _wins(figures: Sequence[SplitFigures]) -> Floats:
    """Share of videos and metrics where the row is better than the column, NaN left out."""
    rows = np.concatenate([part.values.reshape(-1, part.values.shape[2]) for part in figures])
    rows = rows[~np.isnan(rows).any(axis=1)]
    better = (rows[:, :, None] > rows[:, None, :]) + 0.5 * (rows[:, :, None] == rows[:, None, :])
    found: Floats = better.mean(axis=0)
    return found


def _friedman(blocks: Floats) -> tuple[float, float, float]:
    n_blocks, n_methods = blocks.shape
    if n_methods < 3:
        return math.nan, math.nan, math.nan
    from scipy import stats

    test: Any = stats.friedmanchisquare(*blocks.T) if (np.ptp(blocks, axis=1) > 0).any() else None
    quantile = float(stats.studentized_range.ppf(0.95, n_methods, np.inf)) / math.sqrt(2)
    difference = quantile * math.sqrt(n_methods * (n_methods + 1) / (6 * n_blocks))
    return (0.0, 1.0, difference) if test is None else (float(test.statistic), float(test.pvalue), difference)


def _by_split(runs: Sequence[RunLike]) -> dict[str, list[RunLike]]:
    """The runs of each split, in one order of the methods."""
    names = list(dict.fromkeys(run.name for run in runs))
    found: dict[str, list[RunLike]] = {}
    for split in dict.fromkeys(map(split_of, runs)):
        members = [run for run in runs if split_of(run) == split]
        check_alike(members)
        lacking = [name for name in names if name not in {run.name for run in members}]
        if lacking:
            raise TableError(f"{lacking[0]!r} has no run on {split}: rank methods on the same splits")
        found[split] = sorted(members, key=lambda run: names.index(run.name))
    if not found:
        raise TableError("nothing to rank: give the runs of two methods or more")
    return found


def _refuse_lost(by_split: dict[str, list[RunLike]], metrics: Sequence[str]) -> None:
    for split, runs in by_split.items():
        for run in runs:
            lost = run.summary()["n_by_map"]
            for metric in metrics:
                if lost[metric]:
                    raise TableError(
                        f"{run.name!r} on {split} takes no rank: its maps leave {int(lost[metric])} frames without "
                        f"{metric_info(metric).label} for which the ground truth allows a value"
                    )
