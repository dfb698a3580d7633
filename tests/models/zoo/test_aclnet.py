from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import Tensor, nn

from videosal.errors import FileError, InputError
from videosal.models import build_network, create_model, iterate_predictions, profile_model, read_checkpoint
from videosal.models.weights.checkpoint_files import fit_weights
from videosal.models.zoo.aclnet.entry import aclnet
from videosal.models.zoo.aclnet.network import ConvLSTM, State

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

Video = Callable[..., Any]


@pytest.fixture(scope="module")
def network(filled: Any) -> Any:
    """ACLNet filled by the rule. Leave it as it is."""
    with torch.device("meta"):
        empty = build_network("aclnet")
    return filled(empty)


def test_keys_and_shapes_are_those_of_the_specification(network: nn.Module, facts: Any) -> None:
    assert {key: tuple(tensor.shape) for key, tensor in network.state_dict().items()} == facts("aclnet_proposed")


def test_the_golden_maps(network: Any, make_clip: Any, golden: Any) -> None:
    """Two calls of five frames, with the state of the first in the second."""
    clip, expected = make_clip(10, 64, 96), golden("aclnet_keras")
    with torch.no_grad():
        first, state = network.predict_sequence(clip[:, :, :5], None)
        second, _ = network.predict_sequence(clip[:, :, 5:], state)
        attention = network.attend(network.vgg(clip[0].transpose(0, 1)))
    maps = torch.cat([first, second], dim=1)[0]
    np.testing.assert_allclose(maps.numpy(), expected["map"], rtol=0, atol=2e-5)
    doubled = attention[:, 0].repeat_interleave(2, dim=1).repeat_interleave(2, dim=2)
    np.testing.assert_allclose(doubled.numpy(), expected["attention"], rtol=0, atol=2e-5)


def test_the_recurrent_layer_against_a_plain_one() -> None:
    """One position: the kernels' middle is a matrix."""
    torch.manual_seed(0)
    layer, x = ConvLSTM(3, 2), torch.randn(1, 4, 3, 1, 1)
    with torch.no_grad():
        found, state = layer(x, None)
        rest, _ = layer(x[:, 2:], layer(x[:, :2], None)[1])
    w, u = layer.x.weight[..., 1, 1].detach().numpy(), layer.h.weight[..., 1, 1].detach().numpy()
    assert layer.x.bias is not None
    h, c = np.zeros(2), np.zeros(2)
    for frame in range(4):
        gates = w @ x[0, frame, :, 0, 0].numpy() + layer.x.bias.detach().numpy() + u @ h
        enter, forget, candidate, output = gates.reshape(4, 2)
        c = np.clip(0.2 * forget + 0.5, 0, 1) * c + np.clip(0.2 * enter + 0.5, 0, 1) * np.tanh(candidate)
        h = np.clip(0.2 * output + 0.5, 0, 1) * np.tanh(c)
        np.testing.assert_allclose(found[0, frame, :, 0, 0].numpy(), h, rtol=0, atol=1e-6)
    np.testing.assert_allclose(state.cell[0, :, 0, 0].numpy(), c, rtol=0, atol=1e-6)
    torch.testing.assert_close(rest, found[:, 2:], rtol=0, atol=1e-6)


def test_clips_of_another_shape() -> None:
    with torch.device("meta"):
        network = build_network("aclnet")
        assert network(torch.empty(2, 3, 4, 64, 96)).shape == (2, 4, 32, 48)
        for shape in ((1, 3, 4, 48, 64), (1, 4, 3, 64, 64), (3, 64, 64)):
            with pytest.raises(InputError, match="multiples of 32"):
                network(torch.empty(shape))


def test_the_cost_of_a_frame() -> None:
    found = profile_model("aclnet", repeats=0)
    assert found.gmacs is not None
    assert found.maps_out is not None
    assert found.gmacs / found.maps_out == pytest.approx(40.95, abs=0.01)  # published: 164.0, four times as many
    assert found.parameters == 21_982_786
    assert found.float32_mb == pytest.approx(87.9, abs=0.1)  # published: 250, with two moments of Adam


# How it meets a video.


class Counting(nn.Module):
    """Stands in for the network: a bright spot that moves right with each frame of the video so far."""

    def __init__(self) -> None:
        super().__init__()
        self.clips: list[Tensor] = []

    def predict_sequence(self, clips: Tensor, state: State | None) -> tuple[Tensor, State]:
        self.clips.append(clips)
        before = 0 if state is None else int(state.cell)
        maps = torch.zeros(1, clips.shape[2], 128, 160)
        for frame in range(clips.shape[2]):
            maps[0, frame, 56:72, 24 + 8 * (before + frame) : 40 + 8 * (before + frame)] = 1
        return maps, State(torch.zeros(1), torch.tensor(before + clips.shape[2]))


def make(**options: Any) -> Any:
    return replace(aclnet, build=lambda _: Counting())(device="cpu", **options)


def predict(model: Any, frames: Any) -> NDArray[Any]:
    return np.array(list(iterate_predictions(model, frames)))


@pytest.mark.parametrize("total", [0, 1, 5, 13])
def test_the_state_goes_through_the_video(video: Video, total: int) -> None:
    model, frames = make(), video(total, 90, 160)
    for _ in range(2):  # and begins anew with each
        model.network.clips.clear()
        maps = predict(model, frames)
        assert len(maps) == total
        columns = [np.flatnonzero(saliency.max(axis=0) > 254).mean() for saliency in maps]
        assert columns == pytest.approx([8 * index + 31.5 for index in range(total)], abs=3)
    assert frames.reads == 2 * list(range(total))
    assert sum(clip.shape[2] for clip in model.network.clips) == total
    if total:
        assert maps.shape == (total, 90, 160)


def test_memory_is_bounded(video: Video) -> None:
    frames = video(60, 9, 16)
    maps = make().predict(frames)
    for index in range(30):
        next(maps)
        assert len(frames.reads) <= index + 1 + 2 * 5 + 1
    maps.close()


@pytest.mark.parametrize("mode", ["published", "fixed"])
def test_the_network_sees_what_the_mode_says(video: Video, mode: str) -> None:
    from videosal.models.zoo.letterbox import prepare_frame

    model = make(mode=mode)
    predict(model, video(1, 90, 160))
    expected = prepare_frame(video(1, 90, 160)[0], (256, 320), mode)
    np.testing.assert_array_equal(model.network.clips[0][0, :, 0].numpy(), expected)


# Weights of Keras.


def write_authors_file(path: Path, network: nn.Module, *, first: int = 1) -> None:
    """Write weights as `save` of Keras 2 does: the layers of the graph, most of them called by numbers."""
    state = {key: tensor.numpy() for key, tensor in network.state_dict().items()}
    vgg = [key.removesuffix(".weight") for key in state if key.startswith("vgg.") and key.endswith(".weight")]
    layers: dict[str, dict[str, Any]] = {"input_1": {}, "time_distributed_1": {}}
    for number, name in enumerate(vgg, first):
        layers["time_distributed_1"] |= convolution(state, name, f"conv2d_{number}")
    for number in range(1, 6):
        layers[f"time_distributed_{2 * number}"] = convolution(state, f"att{number}", f"time_distributed_{2 * number}")
    layers["conv_lst_m2d_1"] = {
        "conv_lst_m2d_1/kernel:0": state["convlstm.x.weight"].transpose(2, 3, 1, 0),
        "conv_lst_m2d_1/recurrent_kernel:0": state["convlstm.h.weight"].transpose(2, 3, 1, 0),
        "conv_lst_m2d_1/bias:0": state["convlstm.x.bias"],
    }
    layers["time_distributed_14"] = convolution(state, "out", "time_distributed_14")
    with h5py.File(path, "w") as file:
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = [name.encode() for name in layers]
        for name, weights in layers.items():
            group = root.create_group(name)
            group.attrs["weight_names"] = [weight.encode() for weight in weights]
            for weight, array in weights.items():
                group.create_dataset(weight, data=array)


def convolution(state: dict[str, NDArray[Any]], name: str, keras_name: str) -> dict[str, NDArray[Any]]:
    return {
        f"{keras_name}/kernel:0": state[f"{name}.weight"].transpose(2, 3, 1, 0),
        f"{keras_name}/bias:0": state[f"{name}.bias"],
    }


@pytest.fixture(scope="module")
def authors_file(network: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("aclnet") / "ACL.h5"
    write_authors_file(file, network)
    return file


def test_the_authors_file_is_read(network: nn.Module, authors_file: Path) -> None:
    model: Any = create_model("aclnet", authors_file, "cpu")
    assert not model.untrained
    for name, tensor in model.network.state_dict().items():
        assert torch.equal(tensor, network.state_dict()[name]), name


def test_the_authors_file_is_converted(network: nn.Module, authors_file: Path, tmp_path: Path) -> None:
    from videosal.cli import cli

    target = tmp_path / "acl.safetensors"
    done = CliRunner().invoke(cli, ["weights", "convert", str(authors_file), str(target), "--model", "aclnet"])
    assert done.exit_code == 0, done.output
    assert "all weights of aclnet, 41 tensors" in done.output
    converted = read_checkpoint(target)
    assert set(converted) == set(network.state_dict())
    assert all(torch.equal(tensor, network.state_dict()[name]) for name, tensor in converted.items())


def test_files_of_other_networks(network: nn.Module, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.attrs["layer_names"] = [b"conv"]
        file.create_group("conv").attrs["weight_names"] = [b"conv/kernel:0"]
        file["conv"].create_dataset("conv/kernel:0", data=np.zeros((3, 3, 3, 4)))
    with pytest.raises(FileError, match=r"w\.h5: holds 1 convolutions and 0 recurrent layers, but ACLNet has 19 and 1"):
        fit_weights(aclnet, network, tmp_path / "w.h5")


def test_layers_of_another_shape_are_listed(network: nn.Module, authors_file: Path, tmp_path: Path) -> None:
    (tmp_path / "w.h5").write_bytes(authors_file.read_bytes())
    with h5py.File(tmp_path / "w.h5", "r+") as file:
        group = file["model_weights"]["time_distributed_14"]
        del group["time_distributed_14/bias:0"]
        group.create_dataset("time_distributed_14/bias:0", data=np.zeros(3))
    text = r"w\.h5: the weights do not fit ACLNet: 1 of another shape \(out.bias 3 instead of 1\)"
    with pytest.raises(FileError, match=text):
        fit_weights(aclnet, network, tmp_path / "w.h5")
