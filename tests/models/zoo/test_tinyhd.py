from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from videosal.errors import FileError, InputError, ModelError
from videosal.models import (
    build_network,
    create_model,
    iterate_predictions,
    model_card,
    official_state_dict,
    profile_model,
)
from videosal.models.video.acceleration import accelerate
from videosal.models.zoo.tinyhd.entry import cut_clips, finish_map, tinyhd, tinyhd_m

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("one_thread")

Make = Callable[..., Any]
Array = np.ndarray[Any, Any]


@pytest.fixture(scope="module")
def real(shared: Path) -> Path:
    return shared / "samples" / "tinyhd"


def first_frames(real: Path, count: int) -> list[Array]:
    pytest.importorskip("av")
    from videosal.datasets.files.frames import VideoFileFrames

    frames = VideoFileFrames(real / "0068.AVI")
    return [frames[index] for index in range(count)]


def test_the_golden_maps(golden: Any, filled: Any, make_clip: Any) -> None:
    network = filled(build_network("tinyhd"))
    clip, expected = make_clip(16, 64, 96), golden("tinyhd_s_rc4")
    with torch.inference_mode():
        parts = network.decode(clip)
        maps = network(clip)
        fast = accelerate(network)(clip)
    for name, found in zip(("d1", "d2", "d3"), parts, strict=True):
        np.testing.assert_allclose(found[0].numpy(), expected[name], rtol=0, atol=2e-5)
    np.testing.assert_allclose(maps.numpy(), expected["map"], rtol=0, atol=2e-5)
    np.testing.assert_allclose(fast.numpy(), expected["map"], rtol=0, atol=2e-5)


def test_keys_and_shapes_are_the_authors(facts: Any) -> None:
    with torch.device("meta"):
        state = official_state_dict(build_network("tinyhd"))
    assert {key: tuple(tensor.shape) for key, tensor in state.items()} == facts("tinyhd_s_rc4")


@pytest.mark.parametrize(("name", "parameters", "maps"), [("tinyhd", 513_121, 1), ("tinyhd-m", 515_281, 16)])
def test_counts(name: str, parameters: int, maps: int) -> None:
    found = profile_model(name, repeats=0)
    assert found.parameters == model_card(name).parameters == parameters
    assert (found.frames_in, found.maps_out, found.input_size) == (16, maps, "256x192")
    if name == "tinyhd":
        assert found.gmacs == pytest.approx(2.07, abs=5e-3)


def test_the_authors_weights_give_the_authors_maps(real: Path) -> None:
    """The stored maps are means of 2 x 2 pixels, as float16: half a step of that is 6.2e-5 for values below 0.25."""
    model: Any = create_model("tinyhd", real / "d123s_rc4_rc1T.pth", "cpu", mode="raw")
    assert not model.untrained
    stored = np.load(real / "tinyhd_s_rc4_0068_real.npz")
    frames = first_frames(real, 60)
    for place, last in ((0, 15), (1, 59)):
        assert stored["frame_index"][place] == last
        clip = torch.stack([model.prepare_frame(frame) for frame in frames[last - 15 : last + 1]], dim=1)
        raw = model.call(clip[None])[0].numpy()
        found = raw.reshape(96, 2, 128, 2).mean(axis=(1, 3))
        assert stored["maps"][place].max() < 0.25
        np.testing.assert_allclose(found, stored["maps"][place].astype(np.float32), rtol=0, atol=6.2e-5)


def test_the_authors_weights_of_all_frames(real: Path) -> None:
    """There is no golden map of TinyHD-M: its weights fit, and it sees what TinyHD-S sees."""
    single: Any = create_model("tinyhd", real / "d123s_rc4_rc1T.pth", "cpu", mode="raw")
    multi: Any = create_model("tinyhd-m", real / "d123m_rc4_rc1T.pth", "cpu", mode="raw")
    frames = first_frames(real, 60)[44:]
    maps = list(iterate_predictions(multi, frames))
    clip = torch.stack([single.prepare_frame(frame) for frame in frames], dim=1)[None]
    expected, mirrored = (single.call(clips)[0].numpy() for clips in (clip, clip.flip(-1)))
    assert len(maps) == 16
    agreement = np.corrcoef(maps[-1].ravel(), expected.ravel())[0, 1]
    assert agreement > 0.95
    assert agreement > np.corrcoef(maps[-1].ravel(), mirrored.ravel())[0, 1] + 0.1


def test_the_file_of_the_other_network_is_refused(real: Path) -> None:
    with pytest.raises(FileError, match=r"d123m_rc4_rc1T\.pth: the weights do not fit TinyHD: 21 of another shape"):
        create_model("tinyhd", real / "d123m_rc4_rc1T.pth", "cpu")
    with pytest.raises(FileError, match=r"d123s_rc4_rc1T\.pth: the weights do not fit TinyHD: 21 of another shape"):
        create_model("tinyhd-m", real / "d123s_rc4_rc1T.pth", "cpu")


@pytest.mark.parametrize("name", ["tinyhd", "tinyhd-m"])
def test_the_authors_format_of_weights(name: str, tmp_path: Path) -> None:
    torch.manual_seed(1)
    state = official_state_dict(build_network(name))
    path = tmp_path / "w.pth"
    torch.save({"student_model": {f"module.{key}": tensor for key, tensor in state.items()}}, path)
    model: Any = create_model(name, path, "cpu")
    found = model.network.encoder.layers[0][0]
    weight = found.conv.weight if hasattr(found, "conv") else found.weight
    torch.testing.assert_close(weight, state["encoder.encoder.0.0.weight"], rtol=0, atol=0)

    del state["decoder.decoder.0.bias"]
    state["surplus"] = torch.zeros(1)
    torch.save({"student_model": state}, path)
    with pytest.raises(FileError, match=r"1 missing \(decoder\.decoder\.0\.bias\); 1 unknown \(surplus\)"):
        create_model(name, path, "cpu")


@pytest.mark.parametrize("shape", [(1, 3, 15, 64, 64), (3, 16, 64, 64), (1, 1, 16, 64, 64), (1, 3, 16, 64, 48)])
def test_clips_of_another_shape(shape: tuple[int, ...]) -> None:
    with torch.device("meta"), pytest.raises(InputError, match=r"clips of shape .*expected \(B, 3, 16, H, W\)"):
        build_network("tinyhd")(torch.empty(shape))


@pytest.mark.parametrize("every_frame", [False, True])
def test_each_frame_matters_and_maps_are_probabilities(every_frame: bool, filled: Any, make_clip: Any) -> None:
    network = filled(build_network("tinyhd-m" if every_frame else "tinyhd"))
    clip = make_clip(16, 32, 32)
    others = clip.repeat(16, 1, 1, 1, 1)
    for index in range(16):
        others[index, :, index] *= -1
    with torch.inference_mode():
        maps, changed = network(clip), network(others)
    assert maps.shape == ((1, 16, 32, 32) if every_frame else (1, 32, 32))
    assert 0 < maps.min() < maps.max() < 1
    assert ((changed - maps).abs().flatten(1).amax(dim=1) > 1e-5).all()


def test_the_first_decoder_gives_one_map_for_all_frames() -> None:
    network: Any = build_network("tinyhd-m").eval()
    with torch.inference_mode():
        first, second, third = network.decode(torch.randn(1, 3, 16, 32, 32))
    assert first.shape == (1, 4, 1, 32, 32)
    assert second.shape == third.shape == (1, 1, 16, 32, 32)


def test_frames_are_resized_between_the_nearest_pixels(echo_model: Make) -> None:
    frame = np.random.default_rng(0).integers(0, 256, (45, 80, 3), np.uint8)
    found = echo_model(tinyhd).prepare_frame(frame)
    small = np.einsum("yi,xj,ijc->yxc", between(45, 16), between(80, 24), frame.astype(float), optimize=True)
    expected = ((small / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)).transpose(2, 0, 1)
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.numpy(), expected, rtol=0, atol=5e-5)  # a level is 0.017


def between(source: int, target: int) -> Array:
    place = np.clip((np.arange(target) + 0.5) * source / target - 0.5, 0, source - 1)
    return np.asarray(np.clip(1 - np.abs(place[:, None] - np.arange(source)), 0, None))


def cubic(source: int, target: int) -> Array:
    """OpenCV's cubic kernel, a = -0.75, with the border pixel repeated."""
    weights = np.zeros((target, source))
    for row in range(target):
        place = (row + 0.5) * source / target - 0.5
        for tap in range(int(np.floor(place)) - 1, int(np.floor(place)) + 3):
            d = abs(place - tap)
            value = (1.25 * d - 2.25) * d * d + 1 if d < 1 else -0.75 * (((d - 5) * d + 8) * d - 4)
            weights[row, min(max(tap, 0), source - 1)] += value
    return weights


def test_maps_are_finished_as_the_text_says() -> None:
    raw = np.random.default_rng(1).random((12, 16), np.float32) * 0.3 + 0.1
    found = finish_map(raw, (30, 40))
    levels = np.floor((raw - raw.min()) / np.ptp(raw) * 255)
    large = np.rint(np.clip(cubic(12, 30) @ levels @ cubic(16, 40).T, 0, 255))
    kernel = np.array([1, 4, 6, 4, 1]) / 16  # OpenCV's for five pixels where no sigma is given
    padded = np.pad(large, 2, mode="reflect")
    high = sum(weight * padded[i : i + 30] for i, weight in enumerate(kernel))
    smooth = sum(weight * high[:, i : i + 40] for i, weight in enumerate(kernel))
    assert found.dtype == np.uint8
    assert found.shape == (30, 40)
    assert np.abs(found - np.asarray(smooth)).max() < 2  # OpenCV rounds between the two passes
    assert np.abs(found - np.asarray(smooth)).mean() < 0.5


def test_a_constant_map_is_black() -> None:
    assert finish_map(np.full((12, 16), 0.3, np.float32), (30, 40)).max() == 0


def test_the_modes(video: Make, echo_model: Make) -> None:
    raw = list(iterate_predictions(echo_model(tinyhd, mode="raw"), video(3)))
    finished = list(iterate_predictions(echo_model(tinyhd), video(3)))
    assert len(raw) == 3
    assert all(saliency.shape == (16, 24) and saliency.dtype == np.float32 for saliency in raw)
    for saliency, expected in zip(finished, raw, strict=True):
        np.testing.assert_array_equal(saliency, finish_map(expected, (36, 64)))
    with pytest.raises(ModelError, match="'tinyhd' has no mode 'raww': did you mean raw"):
        echo_model(tinyhd, mode="raww")


def test_the_first_frames_come_after_copies_of_the_first(video: Make, echo_model: Make) -> None:
    model = echo_model(tinyhd, mode="raw")
    prepared = [model.prepare_frame(video(20)[index]) for index in range(20)]
    maps = list(iterate_predictions(model, video(20)))
    for n in (0, 3, 14, 15, 19):
        clip = torch.stack([prepared[max(0, index)] for index in range(n - 15, n + 1)], dim=1)
        np.testing.assert_array_equal(maps[n], model.network(clip[None])[0].numpy())


def script_clips(total: int) -> dict[int, tuple[int, int]]:
    """What the authors' sampler does: the clip and the place in it whose map is the last to be saved for a frame."""
    starts = list(range(0, total - 15, 16))
    if starts[-1] < total - 16:
        starts.append(total - 16)
    return {start + place: (start, place) for start in starts for place in range(16)}


@given(total=st.integers(16, 100))
def test_clips_of_all_frames_are_those_of_the_script(total: int) -> None:
    found: dict[int, tuple[int, int]] = {}
    for clip, kept in cut_clips(range(total)):
        assert clip == list(range(clip[0], clip[0] + 16))
        for place in range(16)[kept]:
            assert len(found) == clip[place]  # in order, each frame once
            found[clip[place]] = (clip[0], place)
    assert found == script_clips(total)


@given(total=st.integers(0, 15))
def test_a_short_video_is_led_in_by_its_first_frame(total: int) -> None:
    clips = list(cut_clips(range(total)))
    assert len(clips) == min(total, 1)
    for clip, kept in clips:
        assert clip[kept] == list(range(total))
        assert clip == [0] * (16 - total) + list(range(total))


class EchoFrames(nn.Module):
    """A network for tests: the red channel of each frame, and a little of the clip's last frame."""

    def forward(self, clips: Tensor) -> Tensor:
        return (clips[:, 0] + 0.1 * clips[:, 0, -1:]).sigmoid()


@pytest.mark.parametrize(("total", "batch"), [(40, 1), (40, 2), (40, 9), (16, 2), (5, 1)])
def test_all_frames_of_a_clip_for_any_batch(video: Make, total: int, batch: int) -> None:
    model = replace(tinyhd_m, build=lambda _: EchoFrames(), input_size=(16, 24))(device="cpu", mode="raw")
    model.batch = batch
    frames = video(total)
    maps = list(iterate_predictions(model, frames))
    assert frames.reads == list(range(total))
    red = [model.prepare_frame(frame)[0] for frame in video(total)]  # type: ignore[attr-defined]
    assert len(maps) == total
    for n, saliency in enumerate(maps):
        last = total - 1 if n >= total - 16 else n // 16 * 16 + 15
        np.testing.assert_array_equal(saliency, (red[n] + 0.1 * red[last]).sigmoid().numpy())
