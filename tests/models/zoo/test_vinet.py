from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from videosal.models import build_network
from videosal.models.video.acceleration import accelerate
from videosal.models.zoo.vinet import entry as vinet

if TYPE_CHECKING:
    from numpy.typing import NDArray

Make = Callable[..., Any]
Array = np.ndarray[Any, Any]


def test_the_golden_map(golden: Any, filled: Any, make_clip: Any) -> None:
    with torch.device("meta"):
        network = build_network("vinet")
    clip = make_clip(32, 64, 96)
    with torch.inference_mode():
        plain = filled(network)(clip).numpy()
        fast = accelerate(network)(clip).numpy()
    np.testing.assert_allclose(plain, golden("vinet")["map"], rtol=0, atol=2e-5)
    np.testing.assert_allclose(fast, golden("vinet")["map"], rtol=0, atol=2e-5)


@pytest.mark.slow
def test_the_golden_map_of_vinet_s(golden: Any, filled: Any, make_clip: Any) -> None:
    with torch.device("meta"):
        network = build_network("vinet-s")
    with torch.inference_mode():
        found = filled(network)(make_clip(32, 224, 384)).numpy()
    np.testing.assert_allclose(found, golden("vinet_s")["map"], rtol=0, atol=2e-5)


def test_vinet_s_is_vinet_with_weights_in_blocks() -> None:
    """A grouped convolution is a dense one whose weights are zero outside of the blocks on its diagonal."""
    torch.manual_seed(0)
    dense, grouped = build_network("vinet").eval(), build_network("vinet-s").eval()
    state = grouped.state_dict()
    for key, tensor in dense.state_dict().items():
        if tensor.shape != state[key].shape:
            blocks = torch.zeros_like(tensor)
            groups = tensor.shape[1] // state[key].shape[1]
            for rows, columns, block in zip(blocks.chunk(groups), range(groups), state[key].chunk(groups), strict=True):
                rows.chunk(groups, dim=1)[columns].copy_(block)
            state[key] = blocks
    dense.load_state_dict(state)
    clip = torch.randn(1, 3, 32, 32, 32)
    with torch.inference_mode():
        np.testing.assert_allclose(grouped(clip).numpy(), dense(clip).numpy(), rtol=0, atol=1e-6)


def test_frames_are_prepared_as_torchvision_does_it_with_pil(echo_model: Make) -> None:
    """Against the definition: PIL scales with a triangle as wide as the scale, and rounds each pass to 8 bits."""
    frame = np.random.default_rng(0).integers(0, 256, (33, 47, 3), np.uint8)
    found = echo_model(vinet.vinet).prepare_frame(frame)
    assert found.dtype == torch.float32
    across = np.rint(np.einsum("xj,ijc->ixc", triangle(47, 24), frame.astype(float)))
    small = np.rint(np.einsum("yi,ixc->yxc", triangle(33, 16), across))
    expected = ((small / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)).transpose(2, 0, 1)
    # PIL's weights are integers: one level more or less where a value lies between two.
    assert np.abs(found.numpy() - expected).max() <= 1.01 / 255 / 0.224
    assert np.mean(np.abs(found.numpy() - expected) < 1e-5) > 0.98


def triangle(source: int, target: int) -> Array:
    scale = source / target
    distance = np.abs((np.arange(source) + 0.5) - (np.arange(target)[:, None] + 0.5) * scale) / scale
    weights = np.clip(1 - distance, 0, None)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def smooth_plainly(saliency: Array, size: tuple[int, int]) -> Array:
    """Resize between the nearest pixels, then blur by 11 x 11 with a sigma of 2 and borders mirrored at the pixel."""
    rows, columns = (between(source, target) for source, target in zip(saliency.shape, size, strict=True))
    large = rows @ saliency @ columns.T
    kernel = np.exp(-0.5 * (np.arange(-5, 6) / 2) ** 2)
    kernel /= kernel.sum()
    padded = np.pad(large, 5, mode="reflect")
    high = sum(weight * padded[i : i + size[0]] for i, weight in enumerate(kernel))
    return np.asarray(sum(weight * high[:, i : i + size[1]] for i, weight in enumerate(kernel)))


def between(source: int, target: int) -> Array:
    place = np.clip((np.arange(target) + 0.5) * source / target - 0.5, 0, source - 1)
    return np.asarray(np.clip(1 - np.abs(place[:, None] - np.arange(source)), 0, None))


@pytest.fixture
def saliency() -> NDArray[np.float32]:
    return np.random.default_rng(1).random((16, 24), np.float32)


def test_maps_are_finished_as_the_text_says(saliency: NDArray[np.float32], echo_model: Make) -> None:
    smooth = smooth_plainly(saliency.astype(float), (40, 50))
    found = echo_model(vinet.vinet_s).finish(saliency, (40, 50))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, smooth, rtol=0, atol=1e-5)

    levels = (smooth - smooth.min()) / np.ptp(smooth) * 255
    found = echo_model(vinet.vinet).finish(saliency, (40, 50))
    assert found.dtype == np.uint8
    assert (found.min(), found.max()) == (0, 255)
    distance = found - np.rint(np.minimum(levels + 0.5, 255))
    assert np.abs(distance).max() <= 1
    assert np.mean(distance == 0) > 0.99


def test_levels_are_half_a_level_too_high_as_published(saliency: NDArray[np.float32], echo_model: Make) -> None:
    smooth = smooth_plainly(saliency.astype(float), (40, 50))
    levels = (smooth - smooth.min()) / np.ptp(smooth) * 255
    found = echo_model(vinet.vinet).finish(saliency, (40, 50))
    assert 0.4 < np.mean(found - levels) < 0.6


def test_a_constant_map_stays_dark(echo_model: Make) -> None:
    found = echo_model(vinet.vinet).finish(np.full((16, 24), 0.7, np.float32), (20, 30))
    assert found.max() <= 3  # rounding of the blur, divided by no less than 1e-5 as published


def test_only_vinet_goes_back_in_time(echo_model: Make) -> None:
    assert echo_model(vinet.vinet).window(0, 100) == list(range(31, -1, -1))
    assert echo_model(vinet.vinet_s).window(0, 100) == [0] * 32
