from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.metrics import oracle as reference
from videosal.errors import InputError
from videosal.metrics import imresize

SIDES = st.integers(1, 40)


@settings(deadline=None, max_examples=80)
@given(size=st.tuples(SIDES, SIDES), target=st.tuples(SIDES, SIDES), seed=st.integers(0, 99))
def test_twin_agrees(size: tuple[int, int], target: tuple[int, int], seed: int) -> None:
    image = np.random.default_rng(seed).random(size)
    assert imresize(image, target) == pytest.approx(reference.imresize(image, target), abs=1e-13)


@settings(deadline=None, max_examples=60)
@given(size=st.tuples(SIDES, SIDES), target=st.tuples(SIDES, SIDES), level=st.floats(-1e9, 1e9))
def test_a_flat_map_stays_exactly_flat(size: tuple[int, int], target: tuple[int, int], level: float) -> None:
    assert np.all(imresize(np.full(size, level), target) == level)


def test_flat_areas_inside_a_map_stay_exactly_flat() -> None:
    image = np.full((20, 30), 0.1)
    image[:, 20:] = 0.7
    enlarged = imresize(image, (33, 77))
    assert np.all(enlarged[:, :45] == 0.1)
    assert np.all(enlarged[:, 57:] == 0.7)


def test_values_by_hand() -> None:
    # Keys' cubic at 1/4 and 3/4 of the way between two samples, and at the mirrored border.
    near, far, before, after = 0.8671875, 0.2265625, -0.0703125, -0.0234375
    row = np.array([[0.0, 0.0, 1.0, 0.0, 0.0]])
    assert imresize(row, (1, 10))[0] == pytest.approx(
        [0, after, before, far, near, near, far, before, after, 0], abs=1e-15
    )
    assert imresize(row[:, 2:], (1, 6))[0, :2] == pytest.approx([near + far, near + before], abs=1e-15)
    # Halving stretches the kernel to eight taps: the antialiasing of MATLAB.
    near_half, far_half, after_half, last_half = near / 2, far / 2, before / 2, after / 2
    halved = imresize(np.eye(1, 16, 7), (1, 8))[0]
    assert halved == pytest.approx([0, 0, after_half, near_half, far_half, last_half, 0, 0], abs=1e-15)


@pytest.mark.parametrize("target", [(45, 80), (17, 29), (12, 61), (50, 20)])
def test_the_interior_is_that_of_pillow(target: tuple[int, int]) -> None:
    image = np.random.default_rng(0).random((30, 40)).astype(np.float32)
    other = np.asarray(Image.fromarray(image).resize(target[::-1], Image.Resampling.BICUBIC))
    inside = tuple(slice(-(-3 * t // s) + 3, -(-(-3 * t // s) + 3)) for s, t in zip(image.shape, target, strict=True))
    assert imresize(image, target)[inside] == pytest.approx(other[inside], abs=1e-5)
    assert other[inside].size > 20


def test_axes_are_treated_alike_and_samples_kept() -> None:
    image = np.random.default_rng(0).random((11, 17))
    assert imresize(image, (23, 9)) == pytest.approx(imresize(image.T, (9, 23)).T, abs=1e-14)
    assert imresize(image[::-1], (23, 9)) == pytest.approx(imresize(image, (23, 9))[::-1], abs=1e-14)
    assert imresize(image, (33, 51))[1::3, 1::3] == pytest.approx(image, abs=1e-14)
    assert imresize(image, (11, 34))[:, ::2].shape == image.shape


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", ">i2", "float16", "float32", ">f8"])
def test_any_real_dtype_and_memory_order(dtype: str) -> None:
    image = (np.random.default_rng(0).random((9, 7)) * 200).astype(dtype)
    expected = imresize(image.astype(np.float64), (13, 5))
    for view in (image, np.asfortranarray(image), np.repeat(image, 2, axis=1)[:, ::2]):
        assert np.array_equal(imresize(view, (13, 5)), expected)
        assert expected.dtype == np.float64


def test_the_same_size_gives_a_copy() -> None:
    image = np.random.default_rng(0).random((9, 7))
    same = imresize(image, (9, 7))
    assert np.array_equal(same, image)
    assert not np.shares_memory(same, image)
    assert imresize(np.ones((2, 3), np.uint8), (2, 3)).dtype == np.float64


def test_the_result_owns_its_data() -> None:
    # What makes it a baseline that score_frame measures once, when it is then set read-only.
    for size in ((9, 7), (3, 20), (20, 3)):
        assert imresize(np.ones((9, 7)), size).flags.owndata


@pytest.mark.parametrize("image", [np.ones(3), np.ones((3, 0)), np.ones((2, 2), complex), np.ones((2, 2, 2)), "x"])
def test_an_image_that_is_none_is_refused(image: Any) -> None:
    with pytest.raises(InputError, match=r"^image is"):
        imresize(image, (2, 2))


@pytest.mark.parametrize("size", [(0, 3), (3, -1), (2.5, 2), (1, 2, 3)])
def test_a_size_that_is_none_is_refused(size: Any) -> None:
    with pytest.raises(InputError, match=r"^size is"):
        imresize(np.ones((2, 2)), size)
