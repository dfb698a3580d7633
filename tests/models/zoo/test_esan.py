from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from videosal.errors import FileError, InputError, ModelError
from videosal.models import (
    build_network,
    create_model,
    iterate_predictions,
    official_state_dict,
    profile_model,
    register_model,
)
from videosal.models.zoo.esan.entry import esan, finish_map, prepare_frame
from videosal.models.zoo.esan.network import ESAN

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("one_thread")

Make = Callable[..., Any]
Array = np.ndarray[Any, Any]


@pytest.fixture
def narrow() -> Any:
    """The entry with a network of few channels, registered as ``narrow``, for frames of 32 x 64."""
    entry = replace(esan, name="narrow", build=lambda _: ESAN(width=2), input_size=(32, 64))
    register_model("narrow")(entry)
    return entry


def test_the_golden_maps(golden: Any, filled: Any, make_clip: Any) -> None:
    with torch.device("meta"):
        network = build_network("esan")
    with torch.inference_mode():
        maps = filled(network)(make_clip(10, 64, 96))[0].numpy()
    assert maps.shape == (2, 32, 48)
    for index, saliency in enumerate(maps):
        np.testing.assert_allclose(saliency, golden("esan")[f"map{index}"], rtol=0, atol=2e-5)


def test_keys_and_shapes_are_the_authors(facts: Any) -> None:
    with torch.device("meta"):
        state = official_state_dict(build_network("esan"))
    assert {key: tuple(tensor.shape) for key, tensor in state.items()} == facts("esan")


def test_counts() -> None:
    found = profile_model("esan", repeats=0)
    assert found.parameters == esan.card.parameters == 114_528_417
    assert found.convolution_gmacs == pytest.approx(371.1, abs=0.05)
    assert found.gmacs == pytest.approx(406.0, abs=0.05)
    assert found.float32_mb == pytest.approx(458.1, abs=0.05)
    assert (found.frames_in, found.maps_out, found.input_size) == (5, 1, "320x256")


@pytest.mark.parametrize("shape", [(1, 3, 6, 64, 64), (3, 5, 64, 64), (1, 1, 5, 64, 64), (1, 3, 5, 64, 48)])
def test_clips_of_another_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"ESAN: clips of shape .*expected \(B, 3, T, H, W\)"):
        ESAN(width=1)(torch.empty(shape))


def test_the_state_goes_from_group_to_group() -> None:
    torch.manual_seed(0)
    network = ESAN(width=2).eval()
    clips = torch.randn(2, 3, 10, 32, 64)
    with torch.inference_mode():
        whole = network(clips)
        alone = network(clips[:, :, 5:])
        state, maps = None, []
        for group in clips.split(5, dim=2):  # type: ignore[no-untyped-call]
            levels = [
                level.view(2, 5, *level.shape[1:]) for level in network.encode(group.transpose(1, 2).flatten(0, 1))
            ]
            saliency, state = network.predict_group(*levels, state=state)
            maps.append(saliency)
    assert whole.shape == (2, 2, 16, 32)
    torch.testing.assert_close(whole, torch.stack(maps, dim=1), rtol=0, atol=0)
    assert (whole[:, 1] - alone[:, 0]).abs().max() > 1e-6


def test_the_backward_weights_are_never_used() -> None:
    torch.manual_seed(0)
    network = ESAN(width=2).eval()
    clips = torch.randn(1, 3, 5, 32, 32)
    with torch.inference_mode():
        before = network(clips)
        network.backward_cell.conv.weight.zero_()
        backward_is_used = not torch.equal(network(clips), before)
        network.forward_cell.conv.weight.zero_()
        forward_is_used = not torch.equal(network(clips), before)
    assert forward_is_used
    assert not backward_is_used


def script_maps(network: ESAN, frames: list[Array]) -> dict[int, Array]:
    """The authors' way: five cuts of the padded video into groups, one cut after the other."""
    padded = [frames[0]] * 2 + frames + [frames[-1]] * 2
    prepared = [prepare_frame(frame, (32, 64)) for frame in padded]
    found = {}
    for first in range(5):
        end = (len(padded) - first) // 5 * 5 + first
        if end > first:
            with torch.inference_mode():
                maps = network(torch.stack(prepared[first:end], dim=1)[None])[0].numpy()
            found.update({first + 5 * group: saliency for group, saliency in enumerate(maps)})
    return found


@pytest.mark.parametrize(("total", "batch"), [(13, 1), (13, 2), (13, 5), (7, 9), (1, 1), (2, 5)])
def test_the_maps_are_those_of_the_five_cuts(narrow: Any, video: Make, total: int, batch: int) -> None:
    model = narrow(device="cpu")
    model.batch = batch
    frames = video(total)
    maps = list(iterate_predictions(model, frames))
    assert frames.reads == list(range(total))
    expected = script_maps(model.network, [video(total)[index] for index in range(total)])
    assert sorted(expected) == list(range(total))
    assert len(maps) == total
    for index, saliency in enumerate(maps):
        assert saliency.shape == (36, 64)
        np.testing.assert_allclose(saliency, finish_map(expected[index], (36, 64)), rtol=0, atol=2e-3)  # of 255


def test_five_encoded_frames_are_held(narrow: Any, video: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    model = narrow(device="cpu")
    encode, made = model._encode, []

    def watched(frame: Any) -> Any:
        encoded = encode(frame)
        made.append(weakref.ref(encoded.levels[0]))
        return encoded

    monkeypatch.setattr(model, "_encode", watched)
    for _ in model.predict(video(12)):
        assert sum(reference() is not None for reference in made) <= 6
    assert len(made) == 12


@pytest.mark.parametrize(
    ("size", "inner"), [((360, 640), (180, 320)), ((90, 50), (256, 142)), ((256, 320), (256, 320))]
)
def test_frames_keep_their_proportions_between_bands_of_zeros(size: tuple[int, int], inner: tuple[int, int]) -> None:
    frame = np.full((*size, 3), (255, 0, 128), np.uint8)
    found = prepare_frame(frame, (256, 320)).numpy()
    top, left = (256 - inner[0]) // 2, (320 - inner[1]) // 2
    inside = found[:, top : top + inner[0], left : left + inner[1]]
    expected = (np.array([1, 0, 128 / 255]) - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    np.testing.assert_allclose(inside, np.broadcast_to(expected[:, None, None], inside.shape), rtol=0, atol=1e-6)
    assert np.count_nonzero(found) == inside.size


def test_frames_are_resized_with_anti_aliasing() -> None:
    """Against the definition: PIL scales with a triangle as wide as the scale, and rounds each pass to 8 bits."""
    frame = np.random.default_rng(0).integers(0, 256, (500, 625, 3), np.uint8)
    found = prepare_frame(frame, (256, 320)).numpy()
    rows, columns = triangle(500, 256), triangle(625, 320)
    across = np.rint(np.einsum("xj,ijc->ixc", columns, frame.astype(float)))
    small = np.rint(np.einsum("yi,ixc->yxc", rows, across))
    expected = ((small / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)).transpose(2, 0, 1)
    assert np.abs(found - expected).max() <= 1.01 / 255 / 0.224
    assert np.mean(np.abs(found - expected) < 1e-5) > 0.98


def triangle(source: int, target: int) -> Array:
    scale = source / target
    distance = np.abs((np.arange(source) + 0.5) - (np.arange(target)[:, None] + 0.5) * scale) / scale
    weights = np.clip(1 - distance, 0, None)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def between(source: int, target: int) -> Array:
    place = np.clip((np.arange(target) + 0.5) * source / target - 0.5, 0, source - 1)
    return np.asarray(np.clip(1 - np.abs(place[:, None] - np.arange(source)), 0, None))


@pytest.mark.parametrize(("size", "large", "corner"), [((54, 96), (76, 96), (11, 0)), ((60, 40), (60, 75), (0, 17))])
def test_maps_are_finished_as_the_text_says(
    size: tuple[int, int], large: tuple[int, int], corner: tuple[int, int]
) -> None:
    saliency = np.random.default_rng(1).random((16, 20), np.float32)
    scaled = saliency / saliency.max() * 255
    whole = between(16, large[0]) @ scaled @ between(20, large[1]).T
    (top, left), (height, width) = corner, size
    kernel = np.exp(-0.5 * (np.arange(-28, 29) / 7) ** 2)
    kernel /= kernel.sum()
    padded = np.pad(whole[top : top + height, left : left + width], 28, mode="symmetric")
    high = sum(weight * padded[i : i + height] for i, weight in enumerate(kernel))
    smooth = np.asarray(sum(weight * high[:, i : i + width] for i, weight in enumerate(kernel)))
    found = finish_map(saliency, size)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, smooth / smooth.max() * 255, rtol=0, atol=1e-3)


def test_the_authors_format_of_weights(narrow: Any, tmp_path: Path) -> None:
    torch.manual_seed(1)
    state = official_state_dict(ESAN(width=2))
    path = tmp_path / "ESAN-epoch_18.pth"
    torch.save(state, path)
    model: Any = create_model("narrow", path, "cpu")
    assert not model.untrained
    torch.testing.assert_close(official_state_dict(model.network), state, rtol=0, atol=0)

    del state["lstm_back.cell_list.0.conv.bias"]
    state["pcd_align.L4_offset_conv1.bias"] = torch.zeros(1)
    state["sc_fusion.bias"] = torch.zeros(3)
    torch.save(state, path)
    with pytest.raises(FileError, match=r"1 missing \(lstm_back.*1 unknown \(pcd_align\.L4.*sc_fusion\.bias 3 instead"):
        create_model("narrow", path, "cpu")


def test_there_is_no_fixed_mode() -> None:
    with pytest.raises(ModelError, match="'esan' has no mode 'fixed'"):
        create_model("esan", mode="fixed")
