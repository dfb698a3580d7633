"""Statistics over videos: intervals, paired tests, effect sizes.

The frames of a video are not independent of each other, so the unit is the video: every function here takes one
mean per video, and a weight per video where the figure of interest is the mean over frames.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from videosal.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

#: Resamples of the bootstrap, and random sign flips of the permutation test.
RESAMPLES = 9999
LEVEL = 0.95

Test = Literal["permutation", "wilcoxon"]

# Values that one batch of resamples may hold: some tens of megabytes.
_BATCH = 2_000_000


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
    found, given = _defined(values, weights)
    if len(found) < 2:
        return math.nan, math.nan
    if np.ptp(found) == 0:
        return float(found[0]), float(found[0])
    from scipy import stats

    exponent = int(np.frexp(np.abs(found).max())[1])
    result = stats.bootstrap(
        (np.ldexp(found, -exponent), given),  # third powers of figures near zero would be zero; no bit is lost
        _weighted_mean,
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=max(1, _BATCH // len(found)),
        confidence_level=LEVEL,
        method="BCa",
        rng=np.random.default_rng(seed),
    )
    low, high = np.ldexp(result.confidence_interval, exponent)
    return float(low), float(high)


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
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if a.shape != b.shape or a.ndim != 1:
        raise InputError(f"paired figures have shapes {a.shape} and {b.shape}: give one per video, the same videos")
    if test not in ("permutation", "wilcoxon"):
        raise InputError(f"unknown test {test!r}: choose permutation or wilcoxon")
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both], b[both]
    w = np.ones(len(a)) if weights is None else np.asarray(weights, np.float64)[both]
    if not len(a):
        nan = math.nan
        return PairedResult(0, nan, nan, nan, nan, nan, nan, 0, 0, 0, nan)
    d = a - b
    low, high = mean_interval(d, w, seed=seed)
    gain = d if higher_is_better else -d
    spread = float(d.std(ddof=1)) if len(d) > 1 else 0.0
    return PairedResult(
        n_videos=len(d),
        first=float(_weighted_mean(a, w)),
        second=float(_weighted_mean(b, w)),
        difference=float(_weighted_mean(d, w)),
        low=low,
        high=high,
        p=_p_value(d, w, test, seed),
        wins=int((gain > 0).sum()),
        ties=int((gain == 0).sum()),
        losses=int((gain < 0).sum()),
        effect=float(d.mean()) / spread if spread > 0 else math.nan,
    )


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


def _weighted_mean(values: NDArray[np.float64], weights: NDArray[np.float64], axis: int = -1) -> Any:
    return (values * weights).sum(axis=axis) / weights.sum(axis=axis)


def _p_value(d: NDArray[np.float64], weights: NDArray[np.float64], test: Test, seed: int) -> float:
    if len(d) < 2 or not d.any():
        return 1.0
    from scipy import stats

    if test == "wilcoxon":
        return float(stats.wilcoxon(d, zero_method="zsplit").pvalue)
    shares = d * weights / weights.sum()
    result = stats.permutation_test(
        (shares,),
        np.sum,
        permutation_type="samples",
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=max(1, _BATCH // len(d)),
        rng=np.random.default_rng(seed),
    )
    return float(result.pvalue)
