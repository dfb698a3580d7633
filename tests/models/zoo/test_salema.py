from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from videosal.errors import FileError, InputError, ModelError
from videosal.models import build_network, create_model, iterate_predictions, load_official, profile_model
from videosal.models.weights.checkpoint_files import fit_weights
from videosal.models.zoo.salema.entry import salema

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

Video = Callable[..., Any]


@pytest.fixture(scope="module")
def network(filled: Any) -> Any:
    """SalEMA filled by the rule. Leave it as it is."""
    with torch.device("meta"):
        empty = build_network("salema")
    return filled(empty)


def test_keys_and_shapes_are_the_authors(network: nn.Module, facts: Any) -> None:
    assert {key: tuple(tensor.shape) for key, tensor in network.state_dict().items()} == facts("salema")


def test_the_golden_maps(network: Any, make_clip: Any, golden: Any) -> None:
    expected = golden("salema")
    with torch.no_grad():
        maps, state = network.predict_sequence(make_clip(5, 64, 96), None)
    np.testing.assert_allclose(maps[0].numpy(), expected["map"], rtol=0, atol=2e-5)
    np.testing.assert_allclose(state[0, :8].numpy(), expected["state_last"], rtol=0, atol=2e-5)


def test_a_video_may_be_cut_anywhere(network: Any, make_clip: Any) -> None:
    clip = make_clip(4, 32, 32)
    with torch.no_grad():
        whole = network(clip)
        first, state = network.predict_sequence(clip[:, :, :1], None)
        rest, _ = network.predict_sequence(clip[:, :, 1:], state)
    torch.testing.assert_close(torch.cat([first, rest], dim=1), whole, rtol=0, atol=1e-5)
    assert not torch.allclose(rest, network(clip[:, :, 1:]), atol=1e-4)


def test_the_average_is_that_of_the_features_before_the_relu(network: Any, make_clip: Any) -> None:
    """With a frame twice, the state is that of the frame alone; with two, it lies between theirs."""
    clip = make_clip(2, 32, 32)
    with torch.no_grad():
        one, other = (network.predict_sequence(clip[:, :, [frame]], None)[1] for frame in (0, 1))
        _, twice = network.predict_sequence(clip[:, :, [0, 0]], None)
        _, both = network.predict_sequence(clip, None)
    weight = torch.sigmoid(network.alpha).item()
    assert one.min() < 0
    torch.testing.assert_close(twice, one, rtol=0, atol=1e-5)
    torch.testing.assert_close(both, weight * other + (1 - weight) * one, rtol=0, atol=1e-5)


def test_clips_of_another_shape() -> None:
    with torch.device("meta"):
        network = build_network("salema")
        assert network(torch.empty(2, 3, 4, 48, 64)).shape == (2, 4, 48, 64)
        for shape in ((1, 3, 4, 48, 60), (1, 4, 3, 48, 64), (3, 48, 64)):
            with pytest.raises(InputError, match="multiples of 16"):
                network(torch.empty(shape))


def test_the_cost_of_a_frame() -> None:
    found = profile_model("salema", repeats=0)
    assert found.gmacs is not None
    assert found.maps_out is not None
    assert found.gmacs / found.maps_out == pytest.approx(39.95, abs=0.01)  # published: 40.0
    assert found.parameters == 31_787_010
    assert found.float32_mb == pytest.approx(127.2, abs=0.1)  # published: 364, with two moments of Adam


# How it meets a video.


class Averaging(nn.Module):
    """Stands in for the network: its maps hold the averaged first pixel, between 0 and a fixed maximum."""

    def __init__(self) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.tensor([0.7]))
        self.lengths: list[int] = []

    def predict_sequence(self, clips: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        weight = torch.sigmoid(self.alpha)
        self.lengths.append(clips.shape[2])
        maps = torch.zeros(1, clips.shape[2], 2, 2)
        maps[..., 1, 1] = 1000
        for frame in range(clips.shape[2]):
            present = clips[:, 0, frame, 0, 0]
            state = present if state is None else weight * present + (1 - weight) * state
            maps[:, frame, 0, 0] = state
        assert state is not None
        return maps, state


def make(**options: Any) -> Any:
    return replace(salema, build=lambda _: Averaging(), readers={})(device="cpu", **options)


def predict(model: Any, frames: Any) -> NDArray[Any]:
    return np.array(list(iterate_predictions(model, frames)))


@pytest.mark.parametrize(
    ("options", "weight"),
    [
        ({}, 1 / (1 + math.exp(-0.1))),  # 0.525: the published command means 0.1
        ({"mode": "fixed"}, 0.1),
        ({"alpha": 0.9, "mode": "fixed"}, 0.9),
        ({"alpha": None}, 1 / (1 + math.exp(-0.7))),
        ({"alpha": None, "mode": "fixed"}, 1 / (1 + math.exp(-0.7))),
    ],
)
@pytest.mark.parametrize("total", [0, 1, 10, 23])
def test_frames_are_averaged_over_the_whole_video(
    video: Video, options: dict[str, Any], weight: float, total: int
) -> None:
    model, frames = make(**options), video(total, 36, 64)
    maps = predict(model, frames)
    assert frames.reads == list(range(total))
    assert sum(model.network.lengths) == total
    state = None
    for index in range(total):
        present = float(model.prepare_frame(video(total, 36, 64)[index])[0, 0, 0])
        state = present if state is None else weight * present + (1 - weight) * state
        low = min(state, 0)  # the map is stretched from its minimum to 1000
        np.testing.assert_allclose(maps[index, 0, 0], (state - low) / (1000 - low), rtol=0, atol=1e-5)
        assert maps[index].max() == 1
        assert maps[index].min() == 0


def test_memory_is_bounded(video: Video) -> None:
    frames = video(100, 4, 6)
    maps = make().predict(frames)
    for index in range(50):
        next(maps)
        assert len(frames.reads) <= index + 1 + 2 * 10 + 1
    maps.close()


def test_frames_are_scaled_by_areas_and_kept_in_bgr() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (384, 512, 3), np.uint8)
    means = frame.reshape(192, 2, 256, 2, 3).mean(axis=(1, 3))
    found = make().prepare_frame(frame).numpy()
    assert found.dtype == np.float32
    expected = means[..., ::-1] - (103.939, 116.779, 123.68)
    assert np.abs(found.transpose(1, 2, 0) - expected).max() <= 0.5001  # OpenCV rounds to 8 bits


def test_a_constant_map_is_no_division_by_zero() -> None:
    from videosal.models.zoo.salema.entry import _stretch

    assert not _stretch(np.full((3, 4), 0.25, np.float32)).any()


def test_options_that_cannot_be() -> None:
    with pytest.raises(ModelError, match=r"alpha is 1\.5, expected more than 0 and less than 1"):
        make(alpha=1.5, mode="fixed")
    with pytest.raises(ModelError, match="'salema' has no mode 'fix': did you mean fixed"):
        make(mode="fix")
    with pytest.raises(ModelError, match="option alpha=much is not of type float or None"):
        create_model("salema", alpha="much")


@pytest.mark.parametrize("learned", [True, False])
def test_the_authors_file(network: Any, tmp_path: Path, learned: bool) -> None:
    """As their training wrote it; the parameter alpha is in it only where it was learned."""
    state = {f"module.{key}": tensor for key, tensor in network.state_dict().items() if learned or key != "alpha"}
    optimiser = {"state": {0: {"step": 3, "exp_avg": torch.ones(2)}}, "param_groups": [{"lr": 1e-7, "params": [0]}]}
    torch.save({"epoch": 30, "state_dict": state, "optimizer": optimiser}, tmp_path / "SalEMA30.pt")
    fitted = fit_weights(salema, network, tmp_path / "SalEMA30.pt")
    assert fitted.complete
    assert fitted.tensors["alpha"].item() == pytest.approx(network.alpha.item() if learned else 0.1)
    assert torch.equal(fitted.tensors["salgan.60.weight"], network.state_dict()["salgan.60.weight"])


def test_weights_that_do_not_fit(network: nn.Module, tmp_path: Path) -> None:
    state = dict(network.state_dict())
    del state["salgan.30.bias"]
    state["salgan.60.weight"], state["clstm.weight"] = torch.zeros(2, 64, 1, 1), torch.zeros(1)
    text = (
        r"1 missing \(salgan.30.bias\); 1 unknown \(clstm.weight\); "
        r"1 of another shape \(salgan.60.weight 2x64x1x1 instead of 1x64x1x1\)"
    )
    with pytest.raises(ModelError, match=text):
        load_official(network, state)
    torch.save(state, tmp_path / "w.pt")
    with pytest.raises(FileError, match=rf"w\.pt: the weights do not fit SalEMA: {text}"):
        fit_weights(salema, network, tmp_path / "w.pt")
