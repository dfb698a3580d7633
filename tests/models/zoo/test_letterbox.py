from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from videosal.models.zoo.letterbox import finish_map, fit, prepare_frame

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDES = st.integers(1, 60)


def enlarge(image: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    """Nearest neighbour: values stay what they are."""
    rows, columns = (np.arange(n) * m // n for n, m in zip(size, image.shape[:2], strict=True))
    return np.asarray(image[rows][:, columns])


@given(height=SIDES, width=SIDES, rows=st.integers(8, 40), columns=st.integers(8, 40))
def test_the_shape_is_kept_and_centred(height: int, width: int, rows: int, columns: int) -> None:
    fitted = fit(np.ones((height, width, 1), np.float32), (rows, columns), enlarge)[..., 0]
    assert fitted.shape == (rows, columns)
    (used_rows,), (used_columns,) = np.nonzero(fitted.any(axis=1)), np.nonzero(fitted.any(axis=0))
    found = (len(used_rows), len(used_columns))
    assert fitted.sum() == found[0] * found[1]
    if height / rows > width / columns:
        assert found == (rows, max(width * rows // height, 1))
    else:
        assert found == (max(height * columns // width, 1), columns)
    assert used_rows[0] == (rows - found[0]) // 2
    assert used_columns[0] == (columns - found[1]) // 2


def test_the_means_of_red_and_blue_are_exchanged_unless_fixed() -> None:
    frame = np.empty((16, 32, 3), np.uint8)
    frame[:] = (10, 20, 30)
    published = prepare_frame(frame, (64, 64), "published")
    fixed = prepare_frame(frame, (64, 64), "fixed")
    assert published.dtype == np.float32
    assert published[:, 32, 32] == pytest.approx([30 - 123.68, 20 - 116.779, 10 - 103.939], abs=1e-4)
    assert fixed[:, 32, 32] == pytest.approx([30 - 103.939, 20 - 116.779, 10 - 123.68], abs=1e-4)
    assert published[:, 0, 0] == pytest.approx([-123.68, -116.779, -103.939], abs=1e-4)  # the bands are zeros before
    assert (published[0] > -100).sum() == 32 * 64


def test_a_frame_is_scaled_by_triangles_as_wide_as_the_scale() -> None:
    """Against the definition of PIL's bilinear filter: rows and columns, each rounded to 8 bits."""
    frame = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    found = prepare_frame(frame, (32, 64), "fixed")
    rows, columns = triangle(90, 32), triangle(120, 42)
    across = np.rint(np.einsum("xj,ijc->ixc", columns, frame.astype(float)))
    small = np.rint(np.einsum("yi,ixc->yxc", rows, across))
    expected = np.zeros((32, 64, 3))
    expected[:, 11:53] = small
    expected = (expected - (123.68, 116.779, 103.939))[..., ::-1].transpose(2, 0, 1)
    assert np.abs(found - expected).max() < 1.01
    assert np.mean(np.abs(found - expected) < 1e-3) > 0.98


def triangle(source: int, target: int) -> NDArray[Any]:
    scale = max(source / target, 1)
    distance = np.abs(np.arange(source) + 0.5 - (np.arange(target)[:, None] + 0.5) * source / target) / scale
    weights = np.clip(1 - distance, 0, None)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("size", [(32, 40), (90, 160), (160, 90), (64, 80), (300, 20)])
def test_a_map_against_a_plain_computation(size: tuple[int, int]) -> None:
    saliency = np.random.default_rng(1).random((32, 40)).astype(np.float32)
    found = finish_map(saliency, size)
    assert found.shape == size
    assert found.dtype == np.float32
    assert found.max() == 255
    stretched = np.rint((saliency - saliency.min()) / np.ptp(saliency) * 255).astype(float)
    rows, columns = (size[0], 40 * size[0] // 32) if size[0] / 32 > size[1] / 40 else (32 * size[1] // 40, size[1])
    large = np.rint(triangle(32, rows) @ np.rint(stretched @ triangle(40, columns).T))
    top, left = (rows - size[0]) // 2, (columns - size[1]) // 2
    blurred = blur(large[top : top + size[0], left : left + size[1]])
    levels = np.rint(found / 255 * blurred.max())
    # PIL's weights are integers: a level more or less where a value lies between two. Nothing is resized in the first.
    assert np.abs(levels - blurred).max() <= (size != (32, 40))


def blur(image: NDArray[Any]) -> NDArray[Any]:
    """Blur by a Gaussian as scipy does in 8 bits: down, then across, and each drops what is less than a level."""
    offsets = np.arange(-28, 29)
    kernel = np.exp(-(offsets**2) / (2 * 7**2))
    kernel /= kernel.sum()
    for axis in (0, 1):
        widths = [(28, 28) if other == axis else (0, 0) for other in (0, 1)]
        padded = np.pad(image, widths, mode="symmetric")
        image = np.floor(np.apply_along_axis(np.convolve, axis, padded, kernel, "valid"))
    return image


def test_what_lies_in_the_bands_is_cut_off() -> None:
    saliency = np.zeros((32, 40), np.float32)
    saliency[0] = 1  # in the upper band of a frame of 16:9
    saliency[16, 20] = 0.5
    found = finish_map(saliency, (90, 160))
    assert np.unravel_index(found.argmax(), found.shape)[0] == pytest.approx(46, abs=3)


def test_a_constant_map_is_zero() -> None:
    assert not finish_map(np.full((8, 8), 0.3, np.float32), (9, 9)).any()
