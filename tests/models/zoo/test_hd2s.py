from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from videosal.models import build_network, create_model, iterate_predictions
from videosal.models.video.acceleration import accelerate
from videosal.models.zoo.hd2s.entry import hd2s

Make = Callable[..., Any]
Video = Callable[..., Any]


def test_the_golden_maps(golden: Any, filled: Any, make_clip: Any) -> None:
    with torch.device("meta"):
        network: Any = build_network("hd2s")
    expected, clip = golden("hd2s"), make_clip(16, 64, 96)
    with torch.inference_mode():
        conspicuity = filled(network).conspicuity_maps(clip).numpy()
        saliency = network(clip).numpy()
        fast = accelerate(network)(clip).numpy()
    for place, number in enumerate((5, 4, 3, 2)):
        np.testing.assert_allclose(conspicuity[:, place], expected[f"sal{number}"], rtol=0, atol=2e-5)
    np.testing.assert_allclose(saliency, expected["map"], rtol=0, atol=2e-5)
    np.testing.assert_allclose(fast, expected["map"], rtol=0, atol=2e-5)


@pytest.fixture(scope="module")
def network() -> Any:
    torch.manual_seed(0)
    return build_network("hd2s").eval()


def test_features_are_those_behind_the_pools(network: Any) -> None:
    with torch.no_grad():
        features = network.backbone(torch.randn(2, 3, 16, 64, 32))
    assert [tuple(feature.shape) for feature in features] == [
        (2, 192, 8, 8, 4),
        (2, 480, 4, 4, 2),
        (2, 832, 2, 2, 1),
        (2, 1024, 2, 2, 1),
    ]


def test_every_decoder_has_a_map_and_its_place_in_the_sum(network: Any) -> None:
    """With decoders whose last layers give a constant, by which they can be told apart."""
    torch.manual_seed(1)
    network = copy.deepcopy(network)
    for number, decoder in network.decoders.items():
        nn.init.zeros_(decoder.last.weight)
        nn.init.constant_(decoder.last.bias, float(number))
    constants = torch.sigmoid(torch.tensor([5.0, 4.0, 3.0, 2.0]))
    clip = torch.randn(1, 3, 16, 32, 64)
    with torch.no_grad():
        conspicuity = network.conspicuity_maps(clip)
        assert torch.equal(conspicuity, constants[None, :, None, None].expand(1, 4, 32, 64))
        weighted = (network.fusion.weight.flatten() * constants).sum() + network.fusion.bias
        np.testing.assert_allclose(network(clip).numpy(), np.full((1, 32, 64), weighted.sigmoid()), rtol=1e-6)


def test_norms_have_the_published_epsilons(network: Any) -> None:
    rough = {name for name, module in network.named_modules() if getattr(module, "eps", None) == 1e-5}
    exact = {name for name, module in network.named_modules() if getattr(module, "eps", None) == 1e-3}
    norms = {name for name, module in network.named_modules() if isinstance(module, nn.BatchNorm2d | nn.BatchNorm3d)}
    assert rough | exact == norms
    assert rough == {name for name in norms if "depthwise" in name or "pointwise" in name}


def script_clips(total: int) -> dict[int, tuple[list[int], bool]]:
    """What the script does to the list of frames, step by step: the clip for each frame, and whether it is flipped."""
    frames = list(range(total))
    for k in range(max(31 - total, 0)):
        frames.append(frames[total - k - 1])  # from there on negative: the list has grown, and its end is meant
    found = {}
    for last in range(15, len(frames)):
        clip = frames[last - 15 : last + 1]
        if last < total:
            found[last] = (clip, False)
        if last < 30 and last - 15 < total:
            found[last - 15] = (clip, True)
    return found


@pytest.mark.parametrize("total", [1, 2, 9, 14, 15, 16, 17, 30, 31, 32, 50])
@pytest.mark.parametrize(("mode", "axis"), [("published", 0), ("fixed", 1)])
def test_the_map_is_that_of_the_clip_of_the_script(
    total: int, mode: str, axis: int, echo_model: Make, video: Video
) -> None:
    model = echo_model(hd2s, mode=mode)
    prepared = [model.prepare_frame(video(total)[n]) for n in range(total)]
    clips = script_clips(total)
    assert sorted(clips) == list(range(total))
    for n, saliency in enumerate(iterate_predictions(model, video(total))):
        indices, flipped = clips[n]
        clip = torch.stack([prepared[i] for i in indices], dim=1)
        clip = clip.flip(axis) if flipped else clip
        np.testing.assert_array_equal(saliency, model.finish(model.network(clip[None])[0].numpy(), (36, 64)))


def test_the_modes_differ_in_the_first_15_frames_only(echo_model: Make, video: Video) -> None:
    published, fixed = (
        np.array(list(echo_model(hd2s, mode=mode).predict(video(40)))) for mode in ("published", "fixed")
    )
    assert [n for n in range(40) if not np.array_equal(published[n], fixed[n])] == list(range(15))


def test_fixed_predicts_the_frame_itself(echo_model: Make, video: Video) -> None:
    """With a network that looks at the last frame of the clip only."""
    model = echo_model(hd2s, mode="fixed")
    model.network = lambda clips: clips[:, 0, -1].sigmoid()
    for n, saliency in enumerate(model.predict(video(40))):
        own = model.prepare_frame(video(40)[n])[0].sigmoid().numpy()
        np.testing.assert_array_equal(saliency, model.finish(own, (36, 64)))


def test_frames_are_resized_by_cubic_interpolation(echo_model: Make) -> None:
    frame = np.random.default_rng(0).integers(0, 256, (40, 72, 3), np.uint8)
    found = echo_model(hd2s).prepare_frame(frame).numpy()
    small = np.einsum("yi,xj,ijc->cyx", cubic(40, 16), cubic(72, 24), frame.astype(float)).clip(0, 255)
    # OpenCV rounds its weights to 1/2048, and the result to 8 bits.
    assert np.abs(found - (2 * small - 255) / 255).max() < 2 * 1.0 / 255


def cubic(source: int, target: int) -> np.ndarray[Any, Any]:
    """Weights of the cubic convolution with a = -0.75, as OpenCV has it; pixels of the border are repeated."""
    weights = np.zeros((target, source))
    for row in range(target):
        place = (row + 0.5) * source / target - 0.5
        for i in range(int(np.floor(place)) - 1, int(np.floor(place)) + 3):
            x = abs(place - i)
            near, far = 1.25 * x**3 - 2.25 * x**2 + 1, -0.75 * (x**3 - 5 * x**2 + 8 * x - 4)
            weights[row, min(max(i, 0), source - 1)] += near if x <= 1 else far
    return weights


@pytest.mark.slow
def test_the_whole_of_it(video: Video) -> None:
    model: Any = create_model("hd2s", device="cpu", mode="fixed")
    maps = list(iterate_predictions(model, video(3, 90, 160)))
    assert np.array(maps).shape == (3, 128, 192)
    assert [saliency.max() for saliency in maps] == [255] * 3
