from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from videosal.datasets import load_dataset
from videosal.datasets.files.images import read_map
from videosal.datasets.files.matlab import read_mat_map
from videosal.datasets.sources.recipes import DHF1K, HOLLYWOOD2_UCF, FilteredReplicate, Recipe, SumOfGaussians

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def plain_sum(points: NDArray[np.int64], size: tuple[int, int], sigma: float, shift: int) -> NDArray[np.float64]:
    rows, cols = np.mgrid[: size[0], : size[1]]
    total = np.zeros(size)
    for row, col in points:
        total += np.exp(-((rows - row - shift) ** 2 + (cols - col - shift) ** 2) / (2 * sigma**2))
    return total


def plain_filter(mask: NDArray[np.float64], side: int, sigma: float) -> NDArray[np.float64]:
    taps = np.arange(side) - (side - 1) / 2
    kernel = np.exp(-(taps[:, None] ** 2 + taps[None] ** 2) / (2 * sigma**2))
    padded = np.pad(mask, (side // 2 - 1, side // 2), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side))
    return np.asarray((windows * kernel).sum(axis=(2, 3)))


POINTS = st.lists(st.tuples(st.integers(0, 13), st.integers(0, 18)), min_size=1, max_size=8, unique=True)


@given(POINTS, st.floats(0.8, 6), st.integers(0, 2))
@settings(max_examples=60, deadline=None)
def test_a_sum_of_gaussians_is_the_plain_sum(points: list[tuple[int, int]], sigma: float, shift: int) -> None:
    array = np.array(points)
    plain = plain_sum(array, (14, 19), sigma, shift)
    made = SumOfGaussians(sigma, shift).make(array, (14, 19))
    assert np.abs(made - plain / plain.max() * 255).max() <= 0.5 + 1e-9


@given(POINTS, st.sampled_from([2, 4, 8, 30]), st.floats(0.8, 6))
@settings(max_examples=60, deadline=None)
def test_a_filter_is_the_plain_correlation(points: list[tuple[int, int]], side: int, sigma: float) -> None:
    mask = np.zeros((14, 19))
    mask[tuple(np.array(points).T)] = 1
    plain = plain_filter(mask, side, sigma)
    made = FilteredReplicate(side, sigma).make(np.array(points), (14, 19))
    assert np.abs(made - plain / plain.max() * 255).max() <= 0.5 + 1e-9


def test_repeats_count_where_the_recipe_says_so() -> None:
    points = np.array([(5, 5), (5, 5), (5, 25)])
    assert SumOfGaussians(2.0).make(points, (11, 31))[5, 25] == 255
    assert SumOfGaussians(2.0, repeats=True).make(points, (11, 31))[5, 25] == 128


def test_no_point_no_density() -> None:
    assert not DHF1K.make(np.empty((0, 2), np.int64), (9, 16)).any()
    assert DHF1K.make(np.empty((0, 2), np.int64), (9, 16)).shape == (9, 16)


def test_the_texts_say_what_they_do() -> None:
    assert DHF1K.text == "sum of Gaussians sigma 12.7398 px centred at +2,+2"
    assert HOLLYWOOD2_UCF.text == "Gaussian filter 150x150 sigma 20 px, replicate"
    assert SumOfGaussians(50.0, repeats=True).text == "sum of Gaussians sigma 50 px, repeats counted"


def test_dhf1k_densities_come_out_bit_for_bit(shared: Path) -> None:
    (video,) = load_dataset("dhf1k:val", shared / "samples/dhf1k-0601-aclnet")
    assert len(video.frame_names) == 20
    for frame in video.frame_names:
        points = video.fixation_points(frame)
        assert points is not None
        np.testing.assert_array_equal(DHF1K.make(points, video.size), video.density(frame))


@pytest.mark.parametrize(("folder", "recipe"), [("0601", DHF1K), ("Diving-Side_001", HOLLYWOOD2_UCF)])
def test_released_maps_come_out_bit_for_bit(shared: Path, folder: str, recipe: Recipe) -> None:
    root = shared / "goldens/metrics/dhf1k_eval/gt" / folder
    for file in sorted((root / "fixation/maps").glob("*.mat")):
        mask = read_mat_map(file)
        stored = read_map(root / "maps" / f"{file.stem}.png")
        np.testing.assert_array_equal(recipe.make(np.argwhere(mask), stored.shape), stored)
