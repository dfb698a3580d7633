from __future__ import annotations

import math

import numpy as np
import pytest

from videosal.leaderboards import mean_interval
from videosal.leaderboards.statistics.precision import format_interval, format_p, warn_of_few_videos


def test_few_videos_cannot_be_significant() -> None:
    assert "p is 0.0625 at best, never below 0.05" in warn_of_few_videos(5, 1)[0]
    assert "0.0312 at best, 0.25 when corrected for 8 comparisons" in warn_of_few_videos(6, 8)[0]
    assert all("at best" not in line for line in warn_of_few_videos(6, 1))
    assert warn_of_few_videos(21, 8) == []
    assert warn_of_few_videos(1) == []


@pytest.mark.parametrize(("n_videos", "share"), [(5, 86), (10, 91), (20, 93)])
def test_intervals_of_few_videos_are_said_to_be_narrow(n_videos: int, share: int) -> None:
    assert f"in {share} % of cases" in warn_of_few_videos(n_videos)[0]


def test_the_coverage_of_five_videos_is_what_is_said() -> None:
    generator = np.random.default_rng(0)
    bounds = [mean_interval(generator.normal(size=5)) for _ in range(300)]
    assert 100 * np.mean([low < 0 < high for low, high in bounds]) == pytest.approx(86, abs=6)


def test_decimals_are_those_that_another_seed_gives_too() -> None:
    values = np.random.default_rng(0).normal(0.5, 0.1, 50)
    texts = {format_interval(*mean_interval(values, seed=seed)) for seed in range(5)}
    assert all(len(text) == len("[0.000, 0.000]") for text in texts)
    ends = np.array([[float(end) for end in text.strip("[]").split(",")] for text in texts])
    assert np.ptp(ends, axis=0).max() <= 0.003
    assert format_interval(0.71, 0.7105) == "[0.7100, 0.7105]"
    assert format_interval(-0.25, 0.45, "+") == "[-0.25, +0.45]"
    assert format_interval(math.nan, math.nan) == "-"


def test_p_values_have_the_decimals_that_their_flips_allow() -> None:
    assert format_p(0.0625, 5, 9999) == "0.0625"  # all flips
    assert format_p(0.4712, 100, 9999) == "0.47"
    assert format_p(0.0213, 100, 9999) == "0.02"
    assert format_p(0.0001, 100, 9999) == "<0.001"
    assert format_p(0.02134, 100, 999_999) == "0.021"
    assert format_p(math.nan, 100, 9999) == "-"
