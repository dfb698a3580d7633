from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from videosal.datasets.files.images import read_rgb
from videosal.models import create_model, iterate_predictions

if TYPE_CHECKING:
    from pathlib import Path

Video = Callable[..., Any]


def predict(name: str, frames: Any, **options: Any) -> list[Any]:
    return list(iterate_predictions(create_model(name, **options), frames))


@pytest.mark.parametrize("name", ["motion", "spectral-residual"])
@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_each_frame_is_read_once_in_order(video: Video, name: str, count: int) -> None:
    frames = video(count)
    assert len(predict(name, frames)) == count
    assert frames.reads == list(range(count))


@pytest.mark.parametrize("name", ["motion", "spectral-residual"])
@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (7, 640), (37, 65), (180, 320)])
def test_maps_of_any_frame_size_are_finite_and_not_negative(video: Video, name: str, size: tuple[int, int]) -> None:
    for saliency in predict(name, video(3, *size)):
        assert saliency.dtype == np.float32
        assert np.isfinite(saliency).all()
        assert saliency.min() >= 0
        assert saliency.max() > 0 or size == (1, 1)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Let OpenCV use one thread."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(before)


@pytest.mark.parametrize("name", ["motion", "spectral-residual"])
def test_the_bits_do_not_depend_on_threads(video: Video, name: str, request: pytest.FixtureRequest) -> None:
    several = predict(name, video(4, 360, 640))
    request.getfixturevalue("one_thread")
    np.testing.assert_array_equal(predict(name, video(4, 360, 640)), several)


def moving_square(count: int = 6, height: int = 90, width: int = 160) -> list[Any]:
    frames = []
    for index in range(count):
        frame = np.full((height, width, 3), 40, np.uint8)
        frame[30:50, 20 + 10 * index : 40 + 10 * index] = 220
        frames.append(frame)
    return frames


def test_motion_is_where_something_moves() -> None:
    maps = predict("motion", moving_square(), sigma=0.02)
    for index in range(1, 6):
        # The square moves by 10 pixels: what it leaves and what it enters differ, its middle does not.
        row, column = np.unravel_index(maps[index].argmax(), maps[index].shape)
        assert 30 <= row < 50
        assert 10 * index + 10 <= column < 10 * index + 40
        assert maps[index][80, 150] < 1e-3 * maps[index].max()


def test_motion_of_the_first_frame_is_that_of_the_second() -> None:
    maps = predict("motion", moving_square())
    np.testing.assert_array_equal(maps[0], maps[1])
    assert maps[0] is not maps[1]
    assert not np.array_equal(maps[1], maps[2])


def test_motion_without_motion_is_zero(video: Video) -> None:
    still = [video(1)[0]] * 4
    assert not np.any(predict("motion", still))
    assert not np.any(predict("motion", video(1)))
    repeated = [*moving_square()[:2], *moving_square()[1:3]]
    assert [bool(np.any(saliency)) for saliency in predict("motion", repeated)] == [True, True, False, True]


def test_motion_has_the_same_sum_for_any_blur() -> None:
    narrow, wide = (predict("motion", moving_square(), sigma=sigma)[3] for sigma in (0.01, 0.05))
    assert narrow.sum() == pytest.approx(wide.sum(), rel=1e-3)
    assert narrow.max() > 1.5 * wide.max()


def test_motion_follows_its_definition(video: Video) -> None:
    frames = [video(2, 24, 32)[index] for index in range(2)]
    grey = [plain_blur(plain_grey(frame), 1.0) for frame in frames]
    expected = plain_blur(np.abs(grey[1] - grey[0]), 0.04 * 32)
    np.testing.assert_allclose(predict("motion", frames)[1], expected, rtol=1e-4, atol=1e-4)


def test_wide_frames_are_scaled_down(video: Video) -> None:
    assert predict("motion", video(2, 360, 640))[0].shape == (90, 160)
    assert predict("motion", video(2, 90, 120))[0].shape == (90, 120)
    assert predict("spectral-residual", video(2, 360, 640))[0].shape == (36, 64)
    assert predict("spectral-residual", video(2, 24, 32))[0].shape == (48, 64)


@pytest.mark.parametrize("height", [36, 47, 64])
def test_spectral_residual_equals_its_plain_twin(video: Video, height: int) -> None:
    # Frames of the working width, so that the twin needs no resizing.
    frames = video(2, height, 64)
    for index, found in enumerate(predict("spectral-residual", video(2, height, 64))):
        expected = plain_spectral_residual(plain_grey(frames[index]), 2.5)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * expected.max())


def test_spectral_residual_on_a_real_frame(shared: Path) -> None:
    path = shared / "samples/dhf1k-0601-aclnet/train/0601/images/0001.jpg"
    frame = read_rgb(path)
    small = cv2.resize(frame, (64, 51), interpolation=cv2.INTER_AREA)
    found = predict("spectral-residual", [small])[0]
    expected = plain_spectral_residual(plain_grey(small), 2.5)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * expected.max())


def test_spectral_residual_takes_its_blur(video: Video) -> None:
    frames = video(1, 48, 64)
    found = predict("spectral-residual", video(1, 48, 64), sigma="4")[0]
    expected = plain_spectral_residual(plain_grey(frames[0]), 4.0)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * expected.max())


def test_spectral_residual_finds_the_odd_one_out() -> None:
    # Upright bars in a regular grid, one of which lies: the pattern of the paper's figures, with some noise.
    frame = np.full((64, 64, 3), 100, np.uint8)
    frame += np.random.default_rng(0).integers(0, 6, (64, 64, 1), dtype=np.uint8)
    for row in range(8, 64, 16):
        for column in range(8, 64, 16):
            frame[row - 3 : row + 3, column - 1 : column + 1] = 200
    frame[37:43, 37:43] = 100
    frame[39:41, 37:43] = 200
    saliency = predict("spectral-residual", [frame])[0]
    row, column = np.unravel_index(saliency.argmax(), saliency.shape)
    assert 37 <= row < 43
    assert 37 <= column < 43


@pytest.mark.parametrize("value", [0, 17, 255])
def test_spectral_residual_of_one_colour_is_zero(value: int) -> None:
    assert not np.any(predict("spectral-residual", [np.full((90, 160, 3), value, np.uint8)])[0])


def test_spectral_residual_is_not_made_of_rounding_noise() -> None:
    # Rows plus columns: the spectrum is zero off its axes, where the transform leaves noise of order 1e-12.
    rng = np.random.default_rng(0)
    grey = rng.integers(0, 128, (47, 1), dtype=np.uint8) + rng.integers(0, 128, 64, dtype=np.uint8)
    spectrum = np.fft.fft2(grey.astype(np.float64))
    assert 0 < np.abs(spectrum[1:, 1:]).max() < 1e-9
    spectrum[1:, 1:] = 0
    log_amplitude = np.log(np.maximum(np.abs(spectrum), 1e-6))
    residual = np.exp(log_amplitude - plain_mean(log_amplitude)) * np.exp(1j * np.angle(spectrum))
    residual[1:, 1:] = 0
    expected = plain_blur(np.abs(np.fft.ifft2(residual)) ** 2, 2.5)
    found = predict("spectral-residual", [np.repeat(grey[..., None], 3, axis=2)])[0]
    np.testing.assert_allclose(found, expected, rtol=1e-3)


def plain_grey(frame: Any) -> Any:
    """ITU-R BT.601 luma (0.299, 0.587, 0.114), with the weights in units of 2**-15, rounded."""
    return ((frame.astype(np.int64) @ np.array([9798, 19235, 3735]) + 2**14) // 2**15).astype(np.float64)


def plain_blur(image: Any, sigma: float) -> Any:
    """Gaussian blur by its sum, with mirrored borders."""
    radius = int(np.ceil(4 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    height, width = image.shape
    padded = np.pad(image, radius, mode="symmetric")
    rows = sum(weight * padded[shift : shift + height] for shift, weight in enumerate(kernel))
    return sum(weight * rows[:, shift : shift + width] for shift, weight in enumerate(kernel))


def plain_spectral_residual(grey: Any, sigma: float) -> Any:
    """Hou and Zhang (2007), written as in the paper: log amplitude, phase, local mean, residual."""
    spectrum = np.fft.fft2(grey)
    log_amplitude, phase = np.log(np.abs(spectrum)), np.angle(spectrum)
    residual = log_amplitude - plain_mean(log_amplitude)
    return plain_blur(np.abs(np.fft.ifft2(np.exp(residual + 1j * phase))) ** 2, sigma)


def plain_mean(image: Any) -> Any:
    """Mean over 3x3 pixels, with the border repeated."""
    height, width = image.shape
    padded = np.pad(image, 1, mode="edge")
    return sum(padded[y : y + height, x : x + width] for y in range(3) for x in range(3)) / 9
