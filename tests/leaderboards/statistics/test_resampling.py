from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from videosal.leaderboards.statistics.paired import (
    Pair,
    compare_pairs,
    compare_scores,
    holm,
    mean_interval,
    mean_intervals,
)
from videosal.leaderboards.statistics.resampling import bootstrap_means, count_flips, flip_signs


def weighted_mean(values: np.ndarray, weights: np.ndarray, axis: int = -1) -> np.ndarray:
    return np.asarray((values * weights).sum(axis=axis) / weights.sum(axis=axis))


@pytest.mark.parametrize("n_videos", [2, 5, 12, 60])
def test_intervals_are_those_of_scipy(n_videos: int) -> None:
    """Both draw at random: the bounds differ by less than a few per cent of the interval."""
    generator = np.random.default_rng(n_videos)
    values = generator.normal(size=(n_videos, 3)) ** 2
    weights = np.column_stack([np.ones(n_videos), *generator.integers(1, 9, (2, n_videos))]).astype(float)
    low, high = bootstrap_means(values, weights, seed=0)
    for at in range(3):
        wanted = stats.bootstrap(
            (values[:, at], weights[:, at]), weighted_mean, paired=True, n_resamples=9999, method="BCa", rng=1
        ).confidence_interval
        near = 0.08 * (wanted.high - wanted.low)
        assert (low[at], high[at]) == (pytest.approx(wanted.low, abs=near), pytest.approx(wanted.high, abs=near))


def test_flips_are_those_of_scipy() -> None:
    generator = np.random.default_rng(0)
    for n_videos, near in ((9, 1e-12), (40, 0.02)):
        shares = generator.normal(0.15, 1, (n_videos, 4))
        wanted = [
            stats.permutation_test((column,), np.sum, permutation_type="samples", vectorized=True, rng=2).pvalue
            for column in shares.T
        ]
        assert flip_signs(shares, 9999, seed=0) == pytest.approx(wanted, abs=near)


def test_rounding_makes_no_flip_less_extreme() -> None:
    """Three flips of 0.1, 0.2 and 0.3 in turn sum to 0.6 in any order, though not to the last bit."""
    shares = np.array([[0.1], [0.2], [0.3]])
    assert flip_signs(shares, 9999, 0) == flip_signs(shares[::-1], 9999, 0) == [2 / 8]


def test_many_pairs_give_what_each_gives_alone() -> None:
    generator = np.random.default_rng(7)
    pairs = []
    for n_videos in (3, 20, 20, 30):
        first, second = generator.normal(0.5, 0.1, (2, n_videos))
        first[generator.random(n_videos) < 0.1] = np.nan
        pairs.append(Pair(first, second, generator.integers(1, 50, n_videos)))
    assert compare_pairs(pairs) == [compare_scores(pair.first, pair.second, pair.weights) for pair in pairs]
    columns = [(pair.first, pair.weights) for pair in pairs]
    assert mean_intervals(columns) == [mean_interval(*column) for column in columns]


def test_a_family_of_nine_runs_can_be_significant() -> None:
    """Though 288 times the least p value of 9,999 flips is 0.029: from nine runs on it was too little for any."""
    generator = np.random.default_rng(0)
    runs = [generator.normal(0.1 * at, 0.01, 100) for at in range(9)]
    pairs = [Pair(runs[b], runs[a]) for a in range(9) for b in range(a)] * 8
    assert len(pairs) == 288
    results = compare_pairs(pairs, n_flips=count_flips(len(pairs)))
    assert max(holm([result.p for result in results])) < 0.05


def test_flips_grow_with_the_family() -> None:
    assert [count_flips(n) for n in (1, 200, 201, 2000, 10**6)] == [9999, 9999, 99_999, 99_999, 999_999]


def test_an_effect_of_rounding_noise_is_none() -> None:
    first = np.array([0.1, 0.7, 0.4])
    assert np.isnan(compare_scores(first + 0.2, first + 0.1 + 0.1).effect)
