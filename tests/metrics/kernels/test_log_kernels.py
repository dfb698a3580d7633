from __future__ import annotations

import math

import numpy as np
import pytest

from videosal.metrics.frame.flat import flat, words
from videosal.metrics.kernels import log_kernels as kernels
from videosal.metrics.kernels.log_kernels import sum_of_logs

SIZES = [1, 2, 2047, 2048, 2049, 9001]


def logs(
    x: np.ndarray[tuple[int], np.dtype[np.float64]], weights: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> float:
    scratch = x.copy()
    return sum_of_logs(weights, scratch, scratch.view(np.int64), np.empty(x.size), x.size)


@pytest.mark.parametrize("size", SIZES)
def test_divergence(size: int) -> None:
    generator = np.random.default_rng(size)
    p = flat(generator.normal(1, 1, size))
    d = flat(np.maximum(generator.normal(0, 50, size), 0).astype(np.uint8))
    doubles = flat(d.astype(np.float64))
    for low, extra in ((0.0, 0.0), (-1.0, 0.0), (0.0, 0.5)):
        P, D = np.maximum(p - 0.2, 0) * 0.01 + 1e-9, (d - low + extra) * 0.02
        there = D > 0
        expected = math.fsum(D[there] * np.log(1e-9 + D[there] / P[there]))
        found = kernels.divergence(p, doubles, 0.2, 0.01, 1e-9, low, 0.02, extra * 0.02, 1e-9)
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-15)
        cross = kernels.cross(p, d, words(d), 0.2, 0.01, 1e-9, low, extra) * 0.02
        assert cross == pytest.approx(math.fsum(D * np.log(P)), rel=1e-12)
    where_not = flat(np.where(p > 0.2, d, 0).astype(np.uint8))  # no density where the prediction has no share
    for density, infinite in ((d, bool((d[p <= 0.2] > 0).any())), (where_not, False)):
        found = kernels.divergence(p, flat(density.astype(np.float64)), 0.2, 0.01, 0.0, 0.0, 0.02, 0.0, 0.0)
        cross = kernels.cross(p, density, words(density), 0.2, 0.01, 0.0, 0.0, 0.0)
        assert (found == math.inf, cross == -math.inf) == (infinite, infinite)


@pytest.mark.parametrize("exponent", [-1021, -300, -1, 0, 1, 900, 1023])
def test_each_logarithm_is_right_to_the_last_places(exponent: int) -> None:
    generator = np.random.default_rng(0)
    near_one = 1 + np.ldexp(generator.normal(size=50), generator.integers(-52, -2, 50))
    numbers = np.concatenate((generator.uniform(0.5, 1, 200), near_one, [0.5, np.sqrt(0.5), np.nextafter(1, 0)]))
    for number in np.ldexp(numbers, exponent):
        found = logs(np.array([number]), np.ones(1))
        assert found == pytest.approx(math.log(number), rel=3e-16, abs=0)


def test_weights_and_the_first_n_numbers_alone() -> None:
    x, weights = np.random.default_rng(0).uniform(1e-9, 5, (2, 999))
    expected = math.fsum(weights[:900] * np.log(x[:900]))
    scratch = x.copy()
    found = sum_of_logs(weights, scratch, scratch.view(np.int64), np.empty(999), 900)
    assert found == pytest.approx(expected, rel=1e-14)
    assert np.array_equal(scratch[900:], x[900:])
    assert logs(np.ones(7), np.ones(7)) == 0


@pytest.mark.parametrize("odd", [0.0, 5e-324, 1e-310, math.inf])
def test_numbers_that_registers_do_not_take(odd: float) -> None:
    x = np.array([0.3, odd, 7.0])
    with np.errstate(divide="ignore"):
        assert logs(x, np.ones(3)) == pytest.approx(float(np.log(x).sum()), rel=1e-15)
