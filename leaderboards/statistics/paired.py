"""Statistics over videos: intervals, paired tests, effect sizes.

The frames of a video are not independent of each other, so the unit is the video: every function here takes one
mean per video, and a weight per video where the figure of interest is the mean over frames.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from videosal.errors import InputError
from videosal.leaderboards.statistics.resampling import RESAMPLES, bootstrap_means, flip_signs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

Test = Literal["permutation", "wilcoxon"]


@dataclass(frozen=True, slots=True)
class PairedResult:
    """How two methods differ in one metric over the same videos.

    Attributes
    ----------
    n_videos : int
        Videos where both have a value.
    first, second : float
        Their means.
    difference : float
        ``first - second``.
    low, high : float
        95 % bootstrap interval of the difference (BCa, videos resampled); NaN for fewer than two videos.
    p : float
        Two-sided p value of the paired test; NaN for no video.
    wins, ties, losses : int
        Videos where the first is better, equal, worse; better is as the metric says.
    effect : float
        Mean over videos of the difference, divided by its standard deviation (Cohen's d of paired samples);
        positive where the first has the higher figures; NaN where the differences do not vary.
    """

    n_videos: int
    first: float
    second: float
    difference: float
    low: float
    high: float
    p: float
    wins: int
    ties: int
    losses: int
    effect: float


@dataclass(frozen=True, slots=True)
class Pair:
    """The figures of two methods in one metric.

    Attributes
    ----------
    first, second : array_like, shape (n,)
        One figure per video, in the same order; videos where either is NaN are left out.
    weights : array_like, shape (n,), optional
        Frames behind each figure, where the means are over frames.
    higher_is_better : bool
        Which way a video is won.
    """

    first: ArrayLike
    second: ArrayLike
    weights: ArrayLike | None = None
    higher_is_better: bool = True


def mean_interval(values: ArrayLike, weights: ArrayLike | None = None, *, seed: int = 0) -> tuple[float, float]:
    """Bias-corrected and accelerated bootstrap interval (95 %) of a mean over videos.

    Parameters
    ----------
    values : array_like, shape (n,)
        One figure per video; NaN is left out.
    weights : array_like, shape (n,), optional
        Frames behind each figure, where the mean is over frames; resampled together with the figures.
    seed : int
        Of the resampling.

    Returns
    -------
    tuple of float
        Lower and upper bound; NaN for fewer than two videos, the value itself where all are equal.

    References
    ----------
    Efron, "Better Bootstrap Confidence Intervals", JASA 82 (1987) 171-185.
    """
    return mean_intervals([(values, weights)], seed=seed)[0]


def mean_intervals(
    columns: Sequence[tuple[ArrayLike, ArrayLike | None]], *, seed: int = 0
) -> list[tuple[float, float]]:
    """Return `mean_interval` of many columns of figures with their weights, from draws that they share."""
    found = [(math.nan, math.nan)] * len(columns)
    for places, values, weights in _alike([_defined(*column) for column in columns]):
        if len(values) > 1:
            low, high = bootstrap_means(values, weights, seed)
            for place, *bounds in zip(places, low, high, strict=True):
                found[place] = float(bounds[0]), float(bounds[1])
    return found


def compare_scores(
    first: ArrayLike,
    second: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    higher_is_better: bool = True,
    test: Test = "permutation",
    seed: int = 0,
) -> PairedResult:
    """Compare two methods on the same videos.

    Parameters
    ----------
    first, second : array_like, shape (n,)
        One figure per video, in the same order; videos where either is NaN are left out.
    weights : array_like, shape (n,), optional
        Frames behind each figure, where the means are over frames.
    higher_is_better : bool
        Which way a video is won.
    test : {"permutation", "wilcoxon"}
        Sign flips of the differences (exact for up to 13 videos, else 9999 random ones), or Wilcoxon's
        signed-rank test, which knows no weights.
    seed : int
        Of the bootstrap and of the sign flips.

    Raises
    ------
    InputError
        The arrays differ in length, or there is no such test.
    """
    return compare_pairs([Pair(first, second, weights, higher_is_better)], test=test, seed=seed)[0]


def compare_pairs(
    pairs: Sequence[Pair],
    *,
    test: Test = "permutation",
    n_flips: int = RESAMPLES,
    seed: int = 0,
    intervals: bool = True,
) -> list[PairedResult]:
    """Return `compare_scores` of many pairs, from draws that they share; raise `InputError` as it does.

    Without `intervals`, which take a bootstrap, they are NaN.
    """
    if test not in ("permutation", "wilcoxon"):
        raise InputError(f"unknown test {test!r}: choose permutation or wilcoxon")
    sides = [_both(pair) for pair in pairs]
    differences = [(a - b, weights) for a, b, weights in sides]
    bounds = mean_intervals(differences, seed=seed) if intervals else [(math.nan, math.nan)] * len(pairs)
    p_values = _p_values(differences, test, n_flips, seed)
    return [_result(*parts) for parts in zip(pairs, sides, bounds, p_values, strict=True)]


def _both(pair: Pair) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The figures of the videos where both have one, and their weights."""
    a, b = np.asarray(pair.first, np.float64), np.asarray(pair.second, np.float64)
    if a.shape != b.shape or a.ndim != 1:
        raise InputError(f"paired figures have shapes {a.shape} and {b.shape}: give one per video, the same videos")
    both = np.isfinite(a) & np.isfinite(b)
    weights = np.ones(len(a)) if pair.weights is None else np.asarray(pair.weights, np.float64)
    return a[both], b[both], weights[both]


def _result(
    pair: Pair,
    sides: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    interval: tuple[float, float],
    p: float,
) -> PairedResult:
    a, b, weights = sides
    if not len(a):
        nan = math.nan
        return PairedResult(0, nan, nan, nan, nan, nan, nan, 0, 0, 0, nan)
    d = a - b
    gain = d if pair.higher_is_better else -d
    return PairedResult(
        n_videos=len(d),
        first=_weighted_mean(a, weights),
        second=_weighted_mean(b, weights),
        difference=_weighted_mean(d, weights),
        low=interval[0],
        high=interval[1],
        p=p,
        wins=int((gain > 0).sum()),
        ties=int((gain == 0).sum()),
        losses=int((gain < 0).sum()),
        effect=_effect(a, b),
    )


def _effect(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Mean difference by its standard deviation; NaN where the differences vary by no more than rounding does."""
    d = a - b
    spread = float(d.std(ddof=1)) if len(d) > 1 else 0.0
    noise = 4 * np.finfo(np.float64).eps * float(np.maximum(np.abs(a), np.abs(b)).max())
    return float(d.mean()) / spread if spread > noise else math.nan


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p values for their number (Holm, 1979); NaN stays NaN and does not count."""
    order = sorted((p, at) for at, p in enumerate(p_values) if not math.isnan(p))
    corrected = [math.nan] * len(p_values)
    highest = 0.0
    for rank, (p, at) in enumerate(order):
        highest = max(highest, min(1.0, p * (len(order) - rank)))
        corrected[at] = highest
    return corrected


def _defined(values: ArrayLike, weights: ArrayLike | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    found = np.asarray(values, np.float64)
    given = np.ones(len(found)) if weights is None else np.asarray(weights, np.float64)
    kept = np.isfinite(found) & (given > 0)
    # Of mean 1, so that equal weights leave every bit of an unweighted mean.
    return found[kept], given[kept] / (given[kept].mean() if kept.any() else 1)


def _alike(
    columns: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]],
) -> list[tuple[list[int], NDArray[np.float64], NDArray[np.float64]]]:
    """Put columns of one length side by side: their places, figures and weights, each of shape (n, k)."""
    lengths: dict[int, list[int]] = {}
    for place, (values, _) in enumerate(columns):
        lengths.setdefault(len(values), []).append(place)
    groups = [(places, [columns[place] for place in places]) for places in lengths.values()]
    return [
        (places, np.column_stack([values for values, _ in group]), np.column_stack([weights for _, weights in group]))
        for places, group in groups
    ]


def _weighted_mean(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    return float((values * weights).sum() / weights.sum())


def _p_values(
    differences: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]], test: Test, n_flips: int, seed: int
) -> list[float]:
    found = [math.nan if not len(d) else 1.0 for d, _ in differences]
    told = [place for place, (d, _) in enumerate(differences) if len(d) > 1 and d.any()]
    if test == "wilcoxon":
        from scipy import stats

        for place in told:
            found[place] = float(stats.wilcoxon(differences[place][0], zero_method="zsplit").pvalue)
        return found
    for places, values, weights in _alike([differences[place] for place in told]):
        for place, p in zip(places, flip_signs(values * weights / weights.sum(axis=0), n_flips, seed), strict=True):
            found[told[place]] = float(p)
    return found
