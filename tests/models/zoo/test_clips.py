"""What the clip systems share: windows, reading, batches, the blur, weights."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from videosal.errors import FileError, InputError, ModelError
from videosal.models import (
    build_network,
    create_model,
    iterate_predictions,
    load_official,
    official_state_dict,
    profile_model,
)
from videosal.models.networks import find_network
from videosal.models.zoo import clips
from videosal.models.zoo.vinet import entry as vinet

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

Video = Callable[..., Any]
Make = Callable[..., Any]

# Parameters, float32 MB, GMACs of a clip: measured on the authors' code.
COUNTS = {
    "vinet": (31_099_585, 124.5, 114.7),
    "vinet-s": (9_500_737, 38.1, 69.4),
    "tased-net": (21_260_693, 85.1, 78.5),
    "hd2s": (29_795_597, 119.4, 11.0),
}


def script_windows(total: int, length: int) -> dict[int, list[int]]:
    """What ViNet's script does to the list of frames, step by step: the clip for each frame."""
    frames = list(range(total))
    if total < 2 * length - 1:
        frames = [0] * (2 * length - 1 - total) + frames
        frames = frames[max(length - total, 0) :]
    lead = len(frames) - total
    found = {}
    for last in range(length - 1, len(frames)):
        clip = frames[last - length + 1 : last + 1]
        found[last - lead] = clip
        first = last - length + 1
        if total >= length and last < 2 * length - 2 and first >= lead:
            found[first - lead] = clip[::-1]
    return found


@given(total=st.integers(1, 40), length=st.integers(2, 9))
def test_windows_are_those_of_the_script(total: int, length: int) -> None:
    windows = script_windows(total, length)
    assert {n: clips.window_with_reversed_start(n, total, length) for n in range(total)} == windows


@pytest.mark.parametrize("total", [31, 32, 40, 62, 63, 64, 100])
def test_windows_of_32_frames(total: int) -> None:
    windows = script_windows(total, 32)
    assert {n: clips.window_with_reversed_start(n, total, 32) for n in range(total)} == windows


def test_a_causal_window_repeats_the_first_frame() -> None:
    assert clips.causal_window(2, 4) == [0, 0, 1, 2]
    assert clips.causal_window(5, 4) == [2, 3, 4, 5]


def predict(model: Any, frames: Any) -> NDArray[Any]:
    return np.array(list(iterate_predictions(model, frames)))


@pytest.mark.parametrize("total", [1, 31, 40, 70])
def test_the_map_is_that_of_the_window_of_the_frame(total: int, echo_model: Make, video: Video) -> None:
    model = echo_model(vinet.vinet)
    prepared = [model.prepare_frame(video(total)[n]) for n in range(total)]
    maps = predict(model, video(total))
    for n, window in script_windows(total, 32).items():
        clip = torch.stack([prepared[i] for i in window], dim=1)[None]
        np.testing.assert_array_equal(maps[n], model.finish(model.network(clip)[0].numpy(), (36, 64)))


@pytest.mark.parametrize("name", ["vinet", "vinet-s", "tased-net", "hd2s"])
@pytest.mark.parametrize("batch", [3, 200])
def test_maps_are_the_same_bits_for_any_batch(name: str, batch: int, echo_model: Make, video: Video) -> None:
    model: Any = echo_model(find_network(name))
    one = predict(model, video(67))
    assert len(np.unique(one.reshape(67, -1), axis=0)) > 60  # the network does look at the frames
    model.batch = batch
    np.testing.assert_array_equal(predict(model, video(67)), one)


@pytest.mark.parametrize("name", ["vinet", "vinet-s", "tased-net", "hd2s"])
@pytest.mark.parametrize("total", [0, 1, 14, 15, 33, 150])
def test_frames_are_read_once_and_few_are_held(name: str, total: int, echo_model: Make, video: Video) -> None:
    entry: Any = find_network(name)
    model: Any = echo_model(entry)
    prepare, alive, most = model.prepare_frame, set[int](), 0

    def watch(frame: NDArray[np.uint8]) -> torch.Tensor:
        nonlocal most
        prepared: torch.Tensor = prepare(frame)
        number = watch.calls = watch.calls + 1  # type: ignore[attr-defined]
        alive.add(number)
        weakref.finalize(prepared, alive.discard, number)
        most = max(most, len(alive))
        return prepared

    watch.calls = 0  # type: ignore[attr-defined]
    model.prepare_frame = watch
    frames = video(total)
    assert len(list(iterate_predictions(model, frames))) == total
    assert frames.reads == list(range(total))
    assert most <= 2 * entry.frames + 8


def test_a_video_that_is_left_in_the_middle(echo_model: Make, video: Video) -> None:
    frames = video(100)
    maps = iter(echo_model(vinet.vinet).predict(frames))
    next(maps)
    maps.close()
    assert max(frames.reads) < 40


def test_frames_are_of_any_size(echo_model: Make) -> None:
    maps = predict(echo_model(vinet.vinet), [np.zeros((9, 13, 3), np.uint8)] * 2)
    assert maps.shape == (2, 9, 13)
    np.testing.assert_array_equal(maps[0], maps[1])  # any window of equal frames is the same


def test_options_that_cannot_be(echo_model: Make) -> None:
    with pytest.raises(InputError, match="'vinet': batch is 0"):
        echo_model(vinet.vinet, batch=0)
    with pytest.raises(ModelError, match="'vinet' has no mode 'fixed'"):
        echo_model(vinet.vinet, mode="fixed")


def blur_plainly(saliency: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quantise and blur as the text says, with a kernel of 4 sigma and borders that are mirrored."""
    offsets = np.arange(-28, 29)
    kernel = np.exp(-0.5 * (offsets / 7) ** 2)
    kernel /= kernel.sum()
    padded = np.pad(np.floor(saliency * 255) / 255, 28, mode="symmetric")
    height, width = saliency.shape
    rows = sum(weight * padded[28 + o : 28 + o + height] for o, weight in zip(offsets, kernel, strict=True))
    blurred = sum(weight * rows[:, 28 + o : 28 + o + width] for o, weight in zip(offsets, kernel, strict=True))
    return np.asarray(blurred / blurred.max() * 255)


def test_the_blur_against_its_definition() -> None:
    saliency = np.random.default_rng(0).random((40, 60), np.float32) ** 8
    found = clips.blur_like_tased(saliency)
    expected = blur_plainly(saliency.astype(np.float64))
    assert found.dtype == np.uint8
    assert found.max() == 255
    near = np.abs(expected - np.rint(expected)) < 1e-6  # rounding may go either way there
    np.testing.assert_array_equal(found[~near], np.floor(expected)[~near])
    assert near.mean() < 0.01


def test_what_is_less_than_a_level_is_lost() -> None:
    np.testing.assert_array_equal(clips.blur_like_tased(np.full((5, 6), 0.003, np.float32)), 0)
    assert clips.blur_like_tased(np.full((5, 6), 0.004, np.float32)).min() >= 254


def test_pixels_are_scaled_to_one_on_both_sides() -> None:
    frame = np.array([[[0, 51, 255], [255, 0, 204]]], np.uint8)
    expected = np.array([[[-1.0, 1.0]], [[-0.6, -1.0]], [[1.0, 0.6]]], np.float32)
    found = clips.scale_like_tased(frame)
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.numpy(), expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("name", COUNTS)
def test_counts(name: str) -> None:
    found = profile_model(name, repeats=0)
    parameters, megabytes, gmacs = COUNTS[name]
    entry: Any = find_network(name)
    assert found.parameters == entry.card.parameters == parameters
    assert found.float32_mb == pytest.approx(megabytes, abs=0.05)
    assert found.gmacs == pytest.approx(gmacs, abs=0.05)
    height, width = entry.input_size
    assert (found.frames_in, found.maps_out, found.input_size) == (entry.frames, 1, f"{width}x{height}")


@pytest.mark.parametrize("name", COUNTS)
def test_keys_and_shapes_are_the_authors(name: str, facts: Any) -> None:
    with torch.device("meta"):
        network = build_network(name)
    found = {key: tuple(tensor.shape) for key, tensor in official_state_dict(network).items()}
    assert found == facts(name.replace("-", "_"))


@pytest.mark.parametrize("name", COUNTS)
def test_weights_of_data_parallel_and_what_does_not_fit(name: str) -> None:
    with torch.device("meta"):
        network = build_network(name)
        official = official_state_dict(network)
        load_official(network, {f"module.{key}": tensor for key, tensor in official.items()})
        first, last = next(iter(official)), list(official)[-1]
        official["extra"] = torch.empty(1)
        official[last] = torch.empty(9)
        del official[first]
        with pytest.raises(
            ModelError, match=rf"1 missing \({first}\); 1 unknown \(extra\); 1 of another shape \({last}"
        ):
            load_official(network, official)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("vinet", (1, 3, 16, 32, 32)),
        ("vinet-s", (1, 3, 32, 30, 32)),
        ("tased-net", (3, 32, 32, 32)),
        ("tased-net", (1, 1, 32, 32, 32)),
        ("hd2s", (1, 3, 16, 32, 80)),
        ("hd2s", (1, 3, 32, 32, 32)),
    ],
)
def test_clips_of_another_shape(name: str, shape: tuple[int, ...]) -> None:
    with torch.device("meta"):
        network = build_network(name)
        with pytest.raises(InputError, match=r"clips of shape .*expected \(B, 3, (16|32), H, W\)"):
            network(torch.empty(shape))


@pytest.fixture(scope="module")
def vinet_s_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights as a training script leaves them: in a dict, under the prefix of DataParallel."""
    file = tmp_path_factory.mktemp("weights") / "vinet_s.pt"
    torch.manual_seed(5)
    official = official_state_dict(build_network("vinet-s"))
    torch.save({"epoch": 3, "state_dict": {f"module.{key}": value for key, value in official.items()}}, file)
    return file


def test_a_checkpoint_is_read_and_used(vinet_s_file: Path) -> None:
    model: Any = create_model("vinet-s", vinet_s_file, "cpu")
    assert not model.untrained
    torch.manual_seed(5)
    plain = build_network("vinet-s").eval()
    clip = torch.randn(1, 3, 32, 32, 32)
    with torch.no_grad():
        expected = plain(clip)
    np.testing.assert_allclose(model.call(clip).numpy(), expected.numpy(), rtol=0, atol=1e-6)
    untrained: Any = create_model("vinet-s", device="cpu")
    assert untrained.untrained
    assert np.abs(untrained.call(clip).numpy() - expected.numpy()).max() > 1e-4


def test_a_checkpoint_of_another_system(vinet_s_file: Path) -> None:
    with pytest.raises(FileError, match=r"vinet_s\.pt: the weights do not fit ViNet: 5 of another shape \(decoder\."):
        create_model("vinet", vinet_s_file, "cpu")
    with pytest.raises(FileError, match=r"do not fit TASEDNet: 428 missing .*; 470 unknown"):
        create_model("tased-net", vinet_s_file, "cpu")
