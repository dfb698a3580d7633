from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from videosal.metrics.frame.flat import flat, words
from videosal.metrics.kernels import float_kernels as kernels

SIZES = [1, 2, 2047, 2048, 2049, 9001]


@pytest.mark.parametrize("size", SIZES)
def test_moments(size: int) -> None:
    generator = np.random.default_rng(size)
    x, y = flat(generator.normal(3, 2, size)), flat(generator.random(size))
    low = x.min()
    for values in (x, y, flat(-np.asarray(y))):
        smallest, largest, total = kernels.extent_and_total(values, values.view(np.int64))
        assert (smallest, largest) == (values.min(), values.max())
        assert total == pytest.approx(math.fsum(values), rel=1e-14)
    excess, squares = kernels.deviations(x, low, 3.0)
    assert excess == pytest.approx(math.fsum(x - low), rel=1e-13)
    assert squares == pytest.approx(math.fsum((x - 3) ** 2), rel=1e-13)
    for other in (y, flat((y * 255).astype(np.uint8))):
        expected = math.fsum((x - 3) * (other - 0.5))
        *sums, codeviation = kernels.deviations_of_two(x, low, 3.0, other, 0.5)
        assert (*sums,) == (excess, squares)
        assert codeviation == pytest.approx(expected, rel=1e-12, abs=1e-10)
        smaller = math.fsum(np.minimum((x - low) * 0.1, (other - 0.25) * 0.2))
        assert kernels.overlap(x, other, low, 0.25, 0.1, 0.2) == pytest.approx(smaller, rel=1e-12)
    sparse = flat((np.asarray(y > 0.95) * (np.arange(size) % 200 < 30) * 255).astype(np.uint8))
    for low in (x.min(), x.min() - 2):
        smaller = math.fsum(np.minimum((x - low) * 0.1, sparse * 0.2))
        found = kernels.overlap_with_bytes(x, sparse, words(sparse), low, 0.1, 0.2)
        assert found == pytest.approx(smaller, rel=1e-12)


@pytest.mark.parametrize("odd", [math.nan, -math.nan, math.inf, -math.inf])
def test_values_that_are_not_finite_show_in_the_extent(odd: float) -> None:
    x = np.random.default_rng(0).normal(size=5000)
    for place in (0, 2047, 4999):
        spoilt = x.copy()
        spoilt[place] = odd
        ends = kernels.extent_and_total(flat(spoilt), flat(spoilt).view(np.int64))[:2]
        assert not np.isfinite(ends).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", SIZES)
def test_bytes_are_those_of_numpy(size: int, dtype: type[np.floating[Any]]) -> None:
    x = np.random.default_rng(size).normal(3, 2, size).astype(dtype)
    x[: size // 2] = np.round(x[: size // 2])
    low, high = float(x.min()), float(x.max())
    scale = 255 / (high - low) if high > low else 0.0
    for factor in (scale, 0.5):  # halves are rounded to even
        out = np.empty(size, np.uint8)
        kernels.scale_to_bytes(x, low, factor, out)
        np.testing.assert_array_equal(out, np.rint((x.astype(np.float64) - low) * factor).astype(np.uint8))
