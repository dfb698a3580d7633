from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import zoom

from videosal.metrics.frame.spline import zoom_cubic

SIDES = st.integers(1, 70)


@settings(deadline=None, max_examples=120)
@given(size=st.tuples(SIDES, SIDES), target=st.tuples(SIDES, SIDES), seed=st.integers(0, 99))
def test_it_is_the_zoom_of_scipy(size: tuple[int, int], target: tuple[int, int], seed: int) -> None:
    image = np.random.default_rng(seed).normal(size=size)
    expected = zoom(image, (target[0] / size[0], target[1] / size[1]), order=3)
    assert zoom_cubic(image, target) == pytest.approx(expected, abs=1e-13)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.int64])
def test_a_map_of_network_size(dtype: type) -> None:
    image = (np.random.default_rng(0).random((224, 384)) * 255).astype(dtype)
    before = image.copy()
    expected = zoom(image.astype(np.float64), (360 / 224, 640 / 384), order=3)
    assert zoom_cubic(image, (360, 640)) == pytest.approx(expected, abs=1e-11)
    assert np.array_equal(image, before)


@pytest.mark.parametrize(("n_in", "n_out"), [(8, 26), (8, 103), (256, 360)])
def test_what_rounding_puts_behind_the_last_pixel_is_zero(n_in: int, n_out: int) -> None:
    assert (n_out - 1) * ((n_in - 1) / (n_out - 1)) > n_in - 1
    zoomed = zoom_cubic(np.ones((n_in, 10)), (n_out, 5))
    assert np.array_equal(zoom(np.ones((n_in, 10)), (n_out / n_in, 0.5), order=3) == 0, zoomed == 0)
    assert not zoomed[-1].any()
    assert zoomed[:-1] == pytest.approx(1)


def test_corners_stay() -> None:
    ramp = np.arange(48, dtype=np.float64).reshape(6, 8)
    zoomed = zoom_cubic(ramp, (11, 15))
    assert [zoomed[0, 0], zoomed[-1, -1]] == pytest.approx([0, 47])
    assert zoomed[4, 6] == pytest.approx(ramp[2, 3])
