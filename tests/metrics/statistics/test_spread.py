from __future__ import annotations

import numpy as np
import pytest

from tests.metrics.oracle import is_constant
from videosal.metrics.statistics.spread import Spread, measure


@pytest.mark.parametrize(
    "values", [[0.3] * 7, [0.0] * 3, [1e15, 1e15 + 1], [1e13, 1e13 + 1], [1.0, 1 + 1e-11], [-1, 1]]
)
def test_constant_as_the_oracle_says(values: list[float]) -> None:
    x = np.array([values])
    squares = float(((x - x.mean()) ** 2).sum())
    spread = Spread.of(x.size, x.min(), x.max(), x.mean(), float((x - x.min()).sum()), squares)
    assert spread.constant == is_constant(x)
    assert spread.above(0.0) == pytest.approx(x.sum())


def test_measure_scales_only_what_is_extreme() -> None:
    x = np.array([1.0, 2.0, 5.0])
    measured = measure(x)
    assert measured is not None
    assert np.shares_memory(measured.values, x)
    spread = measured.spread
    assert (spread.low, spread.high, spread.mean, spread.excess) == (1, 5, pytest.approx(8 / 3), 5)
    for factor in (2.0**-1030, 2.0**-900, 2.0**900, 2.0**1021):
        other = measure(x * factor)
        assert other is not None
        assert np.array_equal(np.ldexp(other.values, other.exponent), x * factor)
        assert other.spread.squares / other.values[0] ** 2 == pytest.approx(spread.squares, rel=1e-12)
    assert measure(np.array([1.0, np.nan])) is None
    assert measure(np.array([1.0, np.inf])) is None
    nothing = measure(np.zeros(5))
    assert nothing is not None
    assert nothing.spread.constant
