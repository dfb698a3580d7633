from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from videosal.metrics.frame.flat import flat
from videosal.metrics.kernels import float_kernels as kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZES = [1, 2, 2047, 2048, 2049, 9001]


def ranks(x: NDArray[Any], marks: NDArray[Any]) -> tuple[list[int], list[int]]:
    low, last = x.min(), int(np.float64(np.ptp(x)).view(np.int64))
    first, most = kernels.first_marks((marks - low).view(np.int64), last)
    scratch = np.empty(64)
    below, equal = kernels.ranks(flat(x), low, last, marks, first, most, scratch, scratch.view(np.int64))
    return below.tolist(), equal.tolist()


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
        assert kernels.codeviation(x, other, 3.0, 0.5) == pytest.approx(expected, rel=1e-12, abs=1e-10)
        smaller = math.fsum(np.minimum((x - low) * 0.1, (other - 0.25) * 0.2))
        assert kernels.overlap(x, other, low, 0.25, 0.1, 0.2) == pytest.approx(smaller, rel=1e-12)


@pytest.mark.parametrize("odd", [math.nan, -math.nan, math.inf, -math.inf])
def test_values_that_are_not_finite_show_in_the_extent(odd: float) -> None:
    x = np.random.default_rng(0).normal(size=5000)
    for place in (0, 2047, 4999):
        spoilt = x.copy()
        spoilt[place] = odd
        ends = kernels.extent_and_total(flat(spoilt), flat(spoilt).view(np.int64))[:2]
        assert not np.isfinite(ends).all()


def test_places_and_tallies() -> None:
    marks = np.array([-2.0, 0.0, 0.5, 7.0])
    wanted = np.array([7.0, -2.0, 0.25, 9.0, 0.5])
    assert kernels.places(marks, wanted).tolist() == [3, 0, 4, 4, 2]
    assert kernels.places(np.empty(0), wanted).tolist() == [0] * 5
    x = flat(np.array([0.5, 3.0, 7.0, -2.0, 0.5]))
    assert kernels.tally(x, np.array([0, 4, 2, 2]), marks).tolist() == [0, 0, 2, 2]


@settings(deadline=None, max_examples=80)
@given(
    seed=st.integers(0, 9999),
    size=st.integers(2, 300),
    shape=st.sampled_from(["flat", "ties", "tail", "shifted", "negative", "steps"]),
    n=st.integers(1, 40),
)
def test_ranks_are_those_of_a_sorted_map(seed: int, size: int, shape: str, n: int) -> None:
    generator = np.random.default_rng(seed)
    x = {
        "flat": generator.random(size),
        "ties": generator.integers(0, 5, size) / 5,
        "tail": np.exp(generator.normal(0, 40, size)),
        "shifted": 1e6 + generator.random(size) * 1e-3,
        "negative": generator.normal(-1, 1, size),
        "steps": np.nextafter(generator.integers(0, 3, size).astype(np.float64), generator.integers(-1, 2, size)),
    }[shape]
    if x.min() == x.max():
        return
    marks = np.unique(np.concatenate((generator.choice(x, n), generator.uniform(x.min(), x.max(), 5), [x.max()])))
    ordered = np.sort(x)
    below, up_to = np.searchsorted(ordered, marks, "left"), np.searchsorted(ordered, marks, "right")
    assert ranks(x, marks) == (below.tolist(), (up_to - below).tolist())


def test_the_fullest_bucket_is_counted() -> None:
    close = 0.5 + np.arange(40) * 1e-9
    last = int(np.float64(1.0).view(np.int64))
    first, most = kernels.first_marks(close.view(np.int64), last)
    assert most == 40
    assert first[0] == 0
    assert first[-1] == 40
    assert kernels.first_marks(np.linspace(0, 1, 9).view(np.int64), last)[1] == 1
