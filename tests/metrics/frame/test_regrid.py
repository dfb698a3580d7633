from __future__ import annotations

import numpy as np
import pytest

from videosal.metrics.frame.regrid import bilinear, halve_pixels, letterbox, letterbox_pixels, smooth
from videosal.metrics.protocols.choices import Smoothing

RAMP = np.arange(48, dtype=np.float64).reshape(6, 8)


def test_halving_takes_means_of_four() -> None:
    assert bilinear(RAMP, (3, 4)) == pytest.approx(RAMP.reshape(3, 2, 4, 2).mean(axis=(1, 3)))
    assert bilinear(RAMP, (6, 8)) is RAMP


def test_bilinear_interpolates_between_pixel_centres() -> None:
    assert bilinear(np.array([[0.0, 4.0]]), (1, 4)) == pytest.approx(np.array([[0, 1, 3, 4]]))


@pytest.mark.parametrize("border", ["symmetric", "reflect"])
def test_smoothing_is_a_gaussian_with_the_border_named(border: str) -> None:
    size, sigma = 5, 2.0
    weights = np.exp(-((np.arange(5) - 2) ** 2) / (2 * sigma**2))
    weights /= weights.sum()
    padded = np.pad(RAMP, 2, mode="symmetric" if border == "symmetric" else "reflect")
    wide = sum(w * padded[:, k : k + 8] for k, w in enumerate(weights))
    expected = sum(w * wide[k : k + 6] for k, w in enumerate(weights))
    found = smooth(RAMP, Smoothing(size=size, sigma=sigma, border=border, first=True))
    assert found == pytest.approx(expected, abs=1e-9)


def test_a_half_size_pixel_is_fixated_if_one_of_its_four_was() -> None:
    assert halve_pixels(np.array([0, 9, 7, 47]), (6, 8), (3, 4)).tolist() == [0, 3, 11]


@pytest.mark.parametrize(
    ("size", "rows", "columns"),
    [
        ((360, 640), (0, 360), (0, 640)),
        ((100, 100), (0, 360), (140, 500)),
        ((100, 400), (100, 260), (0, 640)),
        ((720, 1280), (0, 360), (0, 640)),
    ],
)
def test_a_map_fills_the_letterbox_as_far_as_its_aspect_allows(
    size: tuple[int, int], rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    boxed = letterbox(np.ones(size))
    inside = np.zeros((360, 640))
    inside[slice(*rows), slice(*columns)] = 1
    assert np.abs(boxed - inside).max() < 1e-12
    last = size[0] * size[1] - 1
    corners = letterbox_pixels(np.array([0, last]), size)
    assert corners[0] == rows[0] * 640 + columns[0]
    row, column = divmod(int(corners[1]), 640)
    scale = (rows[1] - rows[0]) / size[0]
    assert rows[1] - scale - 1 <= row < rows[1]
    assert columns[1] - scale - 1 <= column < columns[1]


def test_points_that_fall_together_in_the_letterbox_count_once() -> None:
    assert letterbox_pixels(np.array([0, 1, 1280, 1281]), (720, 1280)).size < 4
