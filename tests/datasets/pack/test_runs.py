from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from videosal.datasets.pack.runs import fill_runs, find_runs

if TYPE_CHECKING:
    from numpy.typing import NDArray


def densities(size: tuple[int, int]) -> list[NDArray[np.uint8]]:
    """A few spots, half of all pixels, none, all, and the first and the last."""
    generator = np.random.default_rng(size)
    noise = generator.integers(1, 256, size).astype(np.uint8)
    ends = np.zeros(size, np.uint8)
    ends.flat[[0, -1]] = 9
    spots = noise * (generator.random(size) < 0.1)
    return [spots, noise * (generator.random(size) < 0.5), np.zeros(size, np.uint8), noise, ends]


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (3, 3), (8, 8), (5, 13), (36, 64), (2, 700)])
def test_runs_are_the_map(size: tuple[int, int]) -> None:
    for density in densities(size):
        starts, ends, values = find_runs(density)
        assert (starts[1:] > ends[:-1]).all()  # a pixel of zero lies between two runs
        assert (values > 0).all()
        filled = np.zeros(size, np.uint8)
        fill_runs(starts, ends, values, filled.reshape(-1))
        np.testing.assert_array_equal(filled, density)
