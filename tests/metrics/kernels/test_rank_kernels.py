from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from videosal.metrics.frame.flat import flat
from videosal.metrics.kernels import rank_kernels as kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray


def ranks(x: NDArray[Any], marks: NDArray[Any]) -> tuple[list[int], list[int]]:
    low, last = x.min(), int(np.float64(np.ptp(x)).view(np.int64))
    first, most = kernels.first_marks((marks - low).view(np.int64), last)
    scratch = np.empty(64)
    below, equal = kernels.ranks(flat(x), low, last, marks, first, most, scratch, scratch.view(np.int64))
    return below.tolist(), equal.tolist()


@settings(deadline=None, max_examples=80)
@given(
    seed=st.integers(0, 9999),
    size=st.integers(2, 300),
    shape=st.sampled_from(["flat", "ties", "tail", "shifted", "negative", "steps", "runs"]),
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
        "runs": np.repeat(generator.random(size // 11 + 1), 11)[:size],
        "steps": np.nextafter(generator.integers(0, 3, size).astype(np.float64), generator.integers(-1, 2, size)),
    }[shape]
    if x.min() == x.max():
        return
    marks = np.unique(np.concatenate((generator.choice(x, n), generator.uniform(x.min(), x.max(), 5), [x.max()])))
    ordered = np.sort(x)
    below, up_to = np.searchsorted(ordered, marks, "left"), np.searchsorted(ordered, marks, "right")
    assert ranks(x, marks) == (below.tolist(), (up_to - below).tolist())


def test_places_and_tallies() -> None:
    marks = np.array([-2.0, 0.0, 0.5, 7.0])
    wanted = np.array([7.0, -2.0, 0.25, 9.0, 0.5])
    assert kernels.places(marks, wanted).tolist() == [3, 0, 4, 4, 2]
    assert kernels.places(np.empty(0), wanted).tolist() == [0] * 5
    x = flat(np.array([0.5, 3.0, 7.0, -2.0, 0.5]))
    assert kernels.tally(x, np.array([0, 4, 2, 2]), marks).tolist() == [0, 0, 2, 2]


def test_the_fullest_bucket_is_counted() -> None:
    close = 0.5 + np.arange(40) * 1e-9
    last = int(np.float64(1.0).view(np.int64))
    first, most = kernels.first_marks(close.view(np.int64), last)
    assert most == 40
    assert first[0] == 0
    assert first[-1] == 40
    assert kernels.first_marks(np.linspace(0, 1, 9).view(np.int64), last)[1] == 1
