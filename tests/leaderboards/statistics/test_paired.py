from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from videosal.errors import InputError
from videosal.leaderboards import compare_scores, mean_interval
from videosal.leaderboards.statistics.paired import Test, holm

NAN = math.nan


def test_an_interval_holds_the_mean_and_is_seeded() -> None:
    values = np.random.default_rng(0).normal(0.5, 0.1, 100)
    low, high = mean_interval(values)
    assert low < values.mean() < high
    assert (low, high) == mean_interval(values)
    assert (low, high) != mean_interval(values, seed=1)
    # The normal approximation, whose error is far below a tenth of the interval here.
    half = 1.96 * values.std(ddof=1) / 10
    assert high - low == pytest.approx(2 * half, rel=0.1)


def test_an_interval_of_frame_means_weighs_the_videos() -> None:
    values, weights = [0.1, 0.9, 0.5, 0.4], [1000, 1, 1, 1]
    low, high = mean_interval(values, weights)
    assert low <= np.average(values, weights=weights) <= high
    assert low == pytest.approx(0.1, abs=0.01)
    assert mean_interval(values, [3, 3, 3, 3]) == pytest.approx(mean_interval(values))


def test_an_interval_leaves_out_undefined_videos() -> None:
    assert mean_interval([0.1, NAN, 0.2, 0.4], [1, 0, 1, 1]) == mean_interval([0.1, 0.2, 0.4])


def test_degenerate_intervals() -> None:
    assert all(math.isnan(bound) for bound in mean_interval([]))
    assert all(math.isnan(bound) for bound in mean_interval([0.3]))
    assert mean_interval([0.3, 0.3, 0.3]) == (0.3, 0.3)


def test_the_interval_scales_with_the_figures_down_to_the_smallest() -> None:
    values = np.array([0.1, 0.2, 0.4, 0.9])
    low, high = mean_interval(values)
    assert mean_interval(np.ldexp(values, -700)) == (math.ldexp(low, -700), math.ldexp(high, -700))
    low, high = mean_interval([1.0, 2.0])
    assert 1 <= low < high <= 2


def test_few_videos_are_tested_exactly() -> None:
    # All four differences have one sign: 2 of the 2^4 sign patterns are as extreme.
    result = compare_scores([2, 3, 4, 6], [1, 1, 1, 1])
    assert result.p == 2 / 16
    assert (result.wins, result.ties, result.losses) == (4, 0, 0)
    assert result.difference == 2.75
    assert (result.first, result.second) == (3.75, 1)


def test_the_effect_is_the_mean_by_the_deviation_of_the_differences() -> None:
    assert compare_scores([1, 2, 3], [0, 0, 0]).effect == 2
    assert math.isnan(compare_scores([1, 2], [0, 1]).effect)


def test_lower_is_better_turns_wins_and_not_the_difference() -> None:
    result = compare_scores([1, 1, 5], [2, 1, 3], higher_is_better=False)
    assert (result.wins, result.ties, result.losses) == (1, 1, 1)
    assert result.difference == pytest.approx(1 / 3)


def test_videos_without_both_values_are_left_out() -> None:
    result = compare_scores([1, NAN, 3, 9], [0, 5, 1, NAN], [1, 9, 3, 9])
    assert result.n_videos == 2
    assert result.difference == pytest.approx((1 * 1 + 2 * 3) / 4)
    assert compare_scores([NAN], [1]).n_videos == 0


def test_equal_methods_have_p_1_and_one_video_cannot_tell() -> None:
    assert compare_scores([1, 2, 3], [1, 2, 3]).p == 1
    assert compare_scores([1], [2]).p == 1


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=10))
def test_the_comparison_is_antisymmetric(pairs: list[tuple[float, float]]) -> None:
    a, b = (list(side) for side in zip(*pairs, strict=True))
    one, other = compare_scores(a, b), compare_scores(b, a)
    assert one.difference == pytest.approx(-other.difference, abs=1e-12)
    assert (one.wins, one.losses) == (other.losses, other.wins)
    assert one.p == pytest.approx(other.p)


def test_p_values_of_no_effect_are_uniform() -> None:
    generator = np.random.default_rng(3)
    p = [compare_scores(*generator.normal(size=(2, 8))).p for _ in range(200)]
    assert np.mean(np.array(p) <= 0.2) == pytest.approx(0.2, abs=0.08)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    corrected = holm([0.04, NAN])
    assert corrected[0] == 0.04
    assert math.isnan(corrected[1])


def test_wrong_input() -> None:
    with pytest.raises(InputError, match="one per video"):
        compare_scores([1, 2], [1])
    with pytest.raises(InputError, match="unknown test"):
        compare_scores([1, 2], [1, 2], test="t")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def salema(shared: object) -> dict[str, np.ndarray]:
    from pathlib import Path

    folder = Path(str(shared)) / "samples" / "salema-dhf1k-val-scores" / "evaluation"
    return {name: np.load(folder / f"{name}_metrics.npy") for name in ("SalEMA30", "SGmid")}


def test_two_real_models_on_dhf1k_val(salema: dict[str, np.ndarray]) -> None:
    """SalEMA30 is better in SIM beyond chance, and in nothing else after correction; both tests agree."""
    metrics = ("auc_judd", "sauc", "nss", "cc", "sim")
    pairs = [(salema["SalEMA30"][:, at], salema["SGmid"][:, at]) for at in range(5)]
    tests: tuple[Test, ...] = ("permutation", "wilcoxon")
    for test in tests:
        results = [compare_scores(a, b, test=test) for a, b in pairs]
        corrected = holm([result.p for result in results])
        assert [m for m, p in zip(metrics, corrected, strict=True) if p < 0.05] == ["sim"]
    sim = compare_scores(*pairs[4])
    assert (sim.wins, sim.ties, sim.losses) == (80, 0, 20)
    assert sim.difference == pytest.approx(0.036481, abs=1e-6)
    assert 0.025 < sim.low < sim.difference < sim.high < 0.048
    nss = compare_scores(*pairs[2])
    assert nss.p < 0.05  # before correction only
    assert nss.low > 0
