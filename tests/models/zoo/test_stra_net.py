from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from videosal.errors import FileError, InputError, ModelError
from videosal.models import build_network, create_model, iterate_predictions, profile_model
from videosal.models.profile import _measure
from videosal.models.weights.checkpoint_files import fit_weights
from videosal.models.zoo.stra_net.entry import find_feature_net, read_stra_net, stra_net
from videosal.models.zoo.stra_net.layers import Attention, Block, ConvGRU, LearnedPriors, enlarge
from videosal.models.zoo.stra_net.optical_flow import write_flow

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

Video = Callable[..., Any]


@pytest.fixture(scope="module")
def empty() -> Any:
    """STRA-Net without content."""
    with torch.device("meta"):
        return build_network("stra-net")


def test_keys_and_shapes_are_those_of_the_specification(empty: Any, facts: Any) -> None:
    found = {empty.official_name(key): tuple(tensor.shape) for key, tensor in empty.state_dict().items()}
    assert found == facts("stranet_proposed")


def test_every_official_name_is_another(empty: Any) -> None:
    names = [empty.official_name(key) for key in empty.state_dict()]
    assert len(set(names)) == len(names) == 680
    assert empty.official_name("feature.A.4.f.bn_branch2c.running_var") == "feature.A_bn4f_branch2c.running_var"
    assert empty.official_name("feature.M.conv1.weight") == "feature.M_conv1.weight"
    assert empty.official_name("feature.M.bn_conv1.weight") == "feature.M_bn_conv1.weight"
    assert empty.official_name("feature.fusion.5.bias") == "feature.conv2d_5.bias"
    assert empty.official_name("feature.attention.4.norm.bias") == "feature.batch_normalization_1.bias"


@pytest.mark.slow
def test_the_golden_maps(empty: Any, filled: Any, make_clip: Any, golden: Any) -> None:
    network, expected = filled(empty), golden("stranet_tf")
    clip, flow = make_clip(5, 64, 64), make_clip(5, 64, 64, channels=10, t0=50) - 0.5
    with torch.no_grad():
        features = network.feature(clip[0].transpose(0, 1), flow[0].transpose(0, 1))
        states, _ = network.gru(features.levels[5][None], None)
        maps = network.read_out(states[0])
        whole = network(clip, flow)
        first, state = network.predict_sequence(clip[:, :, :2], flow[:, :, :2], None)
        rest, _ = network.predict_sequence(clip[:, :, 2:], flow[:, :, 2:], state)
        sides = network.feature.side_maps(features)
    found = {
        "map_before_upsampling": maps[:, 0],
        **{f"side{stage}": side[:, 0] for stage, side in zip((3, 4, 5), sides, strict=True)},
        **{f"mask{stage}": mask[:, 0] for stage, mask in features.masks.items()},
    }
    for name, array in found.items():
        np.testing.assert_allclose(array.numpy(), expected[name], rtol=0, atol=5e-5, err_msg=name)
    first_16 = features.levels[5][:, :16].permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(first_16, expected["feat_first16"], rtol=5e-5, atol=5e-4)
    torch.testing.assert_close(whole[:, :, ::8, ::8], maps[None, :, 0], rtol=0, atol=1e-6)
    torch.testing.assert_close(torch.cat([first, rest], dim=1), whole, rtol=0, atol=1e-5)


def test_shapes(empty: Any) -> None:
    clip, flow = torch.empty(2, 3, 4, 224, 224, device="meta"), torch.empty(2, 10, 4, 224, 224, device="meta")
    assert empty(clip, flow).shape == (2, 4, 224, 224)
    for bad_clip, bad_flow in ((clip, flow[:, :3]), (clip[:, :, :2], flow), (clip[0], flow)):
        with pytest.raises(InputError, match=r"expected \(B, 3, T, H, W\) and \(B, 10, T, H, W\)"):
            empty(bad_clip, bad_flow)


def test_the_cost_of_a_frame() -> None:
    found = profile_model("stra-net", repeats=0)
    assert found.gmacs is not None
    assert found.maps_out is not None
    assert found.gmacs / found.maps_out == pytest.approx(133.0, abs=0.1)  # published: 540.0
    assert found.float32_mb is not None
    assert found.float32_mb * 1e6 / 2**20 == pytest.approx(641.4, abs=0.1)  # published: 641


def test_the_recurrent_layer_against_a_plain_one() -> None:
    """One position: the kernels' middle is a matrix."""
    torch.manual_seed(0)
    layer, x = ConvGRU(3, 2), torch.randn(1, 4, 3, 1, 1)
    with torch.no_grad():
        found, last = layer(x, None)
        rest, _ = layer(x[:, 2:], layer(x[:, :2], None)[1])
    w, u = (weight[..., 1, 1].detach().numpy().reshape(3, 2, -1) for weight in (layer.x.weight, layer.h.weight))
    assert layer.x.bias is not None
    bias, h = layer.x.bias.detach().numpy().reshape(3, 2), np.zeros(2)
    for frame in range(4):
        terms = [w[gate] @ x[0, frame, :, 0, 0].numpy() + bias[gate] for gate in range(3)]
        update = np.clip(0.2 * (terms[0] + u[0] @ h) + 0.5, 0, 1)
        reset = np.clip(0.2 * (terms[1] + u[1] @ h) + 0.5, 0, 1)
        h = (1 - update) * h + update * np.tanh(terms[2] + u[2] @ (reset * h))
        np.testing.assert_allclose(found[0, frame, :, 0, 0].numpy(), h, rtol=0, atol=1e-6)
    np.testing.assert_allclose(last[0, :, 0, 0].numpy(), h, rtol=0, atol=1e-6)
    torch.testing.assert_close(rest, found[:, 2:], rtol=0, atol=1e-6)


def test_the_priors_by_their_definition() -> None:
    priors = LearnedPriors()
    generator = np.random.default_rng(0)
    values = generator.uniform(-0.2, 1.2, 64)
    with torch.no_grad():
        priors.W.copy_(torch.from_numpy(values))
        found = priors(6, 9).numpy()
    mean_x, mean_y = values[:16].clip(0.25, 0.75), values[16:32].clip(0.35, 0.65)
    deviation_x, deviation_y = values[32:48].clip(0.1, 0.9), values[48:].clip(0.2, 0.8)
    x, y = np.linspace(0, 1, 9)[None, :], np.linspace(1 / 6, 5 / 6, 6)[:, None]
    for k in range(16):
        expected = np.exp(
            -((x - mean_x[k]) ** 2) / (2 * deviation_x[k] ** 2) - (y - mean_y[k]) ** 2 / (2 * deviation_y[k] ** 2)
        )
        np.testing.assert_allclose(found[k], expected / expected.max(), rtol=0, atol=1e-5)


def test_maps_are_enlarged_as_by_tensorflow_1() -> None:
    maps = np.random.default_rng(0).random((3, 4)).astype(np.float32)
    found = enlarge(torch.from_numpy(maps)[None, None])[0, 0].numpy()
    assert found.shape == (24, 32)
    for row in range(24):
        for column in range(32):
            (y, x), (dy, dx) = (row // 8, column // 8), (row % 8 / 8, column % 8 / 8)
            down, right = min(y + 1, 2), min(x + 1, 3)
            top = maps[y, x] * (1 - dx) + maps[y, right] * dx
            bottom = maps[down, x] * (1 - dx) + maps[down, right] * dx
            assert found[row, column] == pytest.approx(top * (1 - dy) + bottom * dy, abs=1e-5)


def test_attention_is_a_distribution_and_a_block_keeps_what_it_gets() -> None:
    torch.manual_seed(0)
    mask = Attention(4).eval()(torch.randn(2, 4, 3, 5))
    assert mask.shape == (2, 1, 3, 5)
    torch.testing.assert_close(mask.sum(dim=(2, 3)), torch.ones(2, 1))
    block = Block(8, 2, stride=1, dilation=4, project=False).eval()
    nn.init.zeros_(block.bn_branch2c.weight)
    x = torch.randn(1, 8, 6, 6)
    torch.testing.assert_close(block(x), x.relu())
    assert Block(8, 2, stride=2, dilation=1, project=True).eval()(x).shape == (1, 8, 3, 3)


# How it meets a video.


class Summing(nn.Module):
    """Stands in for the network: a bright spot that moves down with each frame of the video so far."""

    def __init__(self) -> None:
        super().__init__()
        self.flows: list[Tensor] = []
        self.clips: list[Tensor] = []

    def predict_sequence(self, clips: Tensor, flow: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        self.clips.append(clips)
        self.flows.append(flow)
        before = 0 if state is None else int(state)
        maps = torch.zeros(1, clips.shape[2], 224, 224)
        for frame in range(clips.shape[2]):
            row = 66 + 4 * (before + frame) % 100
            maps[0, frame, row : row + 16, 100:124] = 1
        return maps, torch.tensor(before + clips.shape[2])


def make(flow: Path | None, **options: Any) -> Any:
    return replace(stra_net, build=lambda _: Summing())(device="cpu", flow=flow, **options)


def write_flows(folder: Path, count: int) -> Path:
    """Write flow whose u is the number of the file, v its negative."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, count + 1):
        write_flow(folder / f"{number:04d}.flo", np.tile(np.array([number, -number], np.float32), (9, 16, 1)))
    return folder


def predict(model: Any, frames: Any, video: str | None = None) -> NDArray[Any]:
    return np.array(list(iterate_predictions(model, frames, video=video)))


@pytest.mark.parametrize("total", [2, 5, 6, 13])
def test_frames_and_their_flow_go_through_the_network_together(video: Video, tmp_path: Path, total: int) -> None:
    model, frames = make(write_flows(tmp_path, total - 1)), video(total, 90, 160)
    maps = predict(model, frames)
    assert maps.shape == (total, 90, 160)
    assert frames.reads == list(range(total))
    seen = torch.cat(model.network.flows, dim=2)[0, :, :, 112, 112].numpy()
    for frame in range(total):
        numbers = [min(frame + ahead + 1, total - 1) for ahead in (4, 3, 2, 1, 0)]
        assert seen[:, frame].tolist() == [sign * number for number in numbers for sign in (-1, 1)]
    rows = [np.flatnonzero(saliency.max(axis=1) > 254).mean() for saliency in maps]
    # 224 pixels of the network are 160 of the frame, whose 90 rows begin 35 below.
    expected = [(74 + 4 * frame) * 160 / 224 - 35 for frame in range(total)]
    assert rows == pytest.approx(expected, abs=3)


def test_the_flow_of_a_video_of_a_data_set_has_its_name(video: Video, tmp_path: Path) -> None:
    write_flows(tmp_path / "0601", 3)
    model = make(tmp_path)
    assert len(predict(model, video(4, 9, 16), "0601")) == 4
    with pytest.raises(FileError, match=r"0602: no folder of optical flow can be read there"):
        predict(model, video(4, 9, 16), "0602")
    with pytest.raises(FileError, match=r"0601: holds 3 \.flo files for a video of 9 frames, expected 8"):
        predict(model, video(9, 9, 16), "0601")
    with pytest.raises(FileError, match=r"holds no \.flo files"):
        predict(model, video(4, 9, 16))
    assert predict(model, []).size == 0


def test_a_run_finds_the_flow_of_each_video(dhf1k_tree: Any, tmp_path: Path) -> None:
    from videosal import register_model, run

    for video in ("0601", "0602"):
        write_flows(tmp_path / "flow" / video, 2)
    register_model("summing")(replace(stra_net, build=lambda _: Summing()))
    options: dict[str, Any] = {"metrics": ["cc"], "model_options": {"flow": str(tmp_path / "flow")}}
    done = run("summing", "dhf1k:val", root=dhf1k_tree((601, 602)), out=tmp_path / "run", **options)
    assert len(done.frames) == 6
    assert done.frames["cc"].notna().all()
    (tmp_path / "flow" / "0602" / "0002.flo").unlink()
    with pytest.raises(FileError, match=r"0602: holds 1 \.flo files for a video of 3 frames"):
        run("summing", "dhf1k:val", root=dhf1k_tree((601, 602)), out=tmp_path / "other", **options)


def test_without_flow_nothing_is_predicted(video: Video, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"'stra-net' needs the optical flow .* give the option flow=DIR"):
        predict(make(None), video(3, 9, 16))
    with pytest.raises(FileError, match=r"absent: is no folder of optical flow"):
        make(tmp_path / "absent")


def test_a_damaged_file_of_flow_is_named(video: Video, tmp_path: Path) -> None:
    write_flows(tmp_path, 3)
    (tmp_path / "0002.flo").write_bytes(b"PIEH")
    with pytest.raises(FileError, match=r"0002\.flo: is no optical flow"):
        predict(make(tmp_path), video(4, 9, 16))


@pytest.mark.parametrize("mode", ["published", "fixed"])
def test_the_network_sees_what_the_mode_says(video: Video, tmp_path: Path, mode: str) -> None:
    from videosal.models.zoo.letterbox import prepare_frame
    from videosal.models.zoo.stra_net.optical_flow import find_flows, stack_flows

    write_flows(tmp_path, 1)
    write_flow(tmp_path / "0001.flo", np.random.default_rng(0).normal(0, 9, (36, 64, 2)).astype(np.float32))
    model = make(tmp_path, mode=mode)
    predict(model, video(2, 36, 64))
    np.testing.assert_array_equal(
        model.network.clips[0][0, :, 1].numpy(), prepare_frame(video(2, 36, 64)[1], (224, 224), mode)
    )
    stacks = {m: next(stack_flows(find_flows(tmp_path, 2), 2, (224, 224), m)) for m in ("published", "fixed")}
    np.testing.assert_array_equal(model.network.flows[0][0, :, 0].numpy(), stacks[mode])
    assert np.abs(stacks["published"] - stacks["fixed"]).max() > 10


def test_it_can_be_timed_without_flow_of_a_video(tmp_path: Path) -> None:
    from videosal.models import register_model

    register_model("summing")(replace(stra_net, build=lambda _: Summing()))
    seconds = _measure(create_model("summing", device="cpu"), 1)["seconds_per_map"]
    assert seconds > 0


# Weights of Keras.


def write_authors_file(path: Path, shapes: dict[str, tuple[int, ...]], *, first: int) -> dict[str, float]:
    """Write a file in the layout of Keras 2 whose arrays have a value of their own; return the values by key."""
    values = {key: float(number) for number, key in enumerate(shapes)}
    kinds = {"weight": "kernel", "bias": "bias", "running_mean": "moving_mean", "running_var": "moving_variance"}
    groups: dict[str, dict[str, Any]] = {}

    def put(group: str, name: str, key: str) -> None:
        shape = shapes[key]
        kernel = (shape[2], shape[3], shape[1], shape[0]) if len(shape) == 4 else shape
        groups.setdefault(group, {})[name] = np.full(kernel, values[key], np.float32)

    for key in shapes:
        layer, _, kind = key.rpartition(".")
        norm = len(shapes[f"{layer}.weight"]) == 1 if f"{layer}.weight" in shapes else False
        name = {"weight": "gamma", "bias": "beta"}.get(kind, kinds.get(kind)) if norm else kinds.get(kind, kind)
        if layer.startswith("feature."):
            layer = layer.removeprefix("feature.")
            if layer.startswith(("conv2d", "batch_norm")):
                base, _, number = layer.rpartition("_") if layer[-1].isdigit() else (layer, "", "0")
                layer = f"{base}_{int(number) + first}".removesuffix("_0")
            put("time_distributed_1", f"{layer}/{name}:0", key)
        elif layer == "gru_bn":
            put("time_distributed_2", f"time_distributed_2/{name}:0", key)
        elif layer == "final":
            put("time_distributed_3", f"time_distributed_3/{name}:0", key)
        elif key == "prior.W":
            put("learning_prior_1", "learning_prior_1_W:0", key)
        else:
            put("ConvGRU2D", f"ConvGRU2D/{'recurrent_kernel' if layer == 'gru.h' else name}:0", key)
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in groups]
        for group, weights in groups.items():
            file.create_group(group).attrs["weight_names"] = [weight.encode() for weight in weights]
            for weight, array in weights.items():
                file[group].create_dataset(weight, data=array, compression="gzip", compression_opts=1)
    return values


def small(shapes: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """The same layers with one channel each: the names are what matters here."""
    return {key: (1,) * len(shape) for key, shape in shapes.items()}


@pytest.mark.parametrize("first", [0, 1, 13])
def test_the_names_of_the_authors_file(empty: Any, tmp_path: Path, first: int) -> None:
    """Keras counts the layers without a name from where its session stood."""
    shapes = small({empty.official_name(key): tuple(tensor.shape) for key, tensor in empty.state_dict().items()})
    values = write_authors_file(tmp_path / "UHD.h5", shapes, first=first)
    found = read_stra_net(tmp_path / "UHD.h5")
    assert {key: float(tensor.flatten()[0]) for key, tensor in found.items()} == values


def test_the_feature_network_alone_is_a_backbone() -> None:
    assert find_feature_net(["feature.A_conv1.weight", "final.bias"]) is None
    assert find_feature_net(["feature.A_conv1.weight"]) == {"feature.A_conv1.weight": "feature.A_conv1.weight"}


def test_weights_that_do_not_fit(empty: Any, tmp_path: Path) -> None:
    names = {empty.official_name(key): tuple(tensor.shape) for key, tensor in empty.state_dict().items()}
    write_authors_file(tmp_path / "w.h5", small(names), first=1)
    with pytest.raises(
        FileError, match=r"w\.h5: the weights do not fit STRANet: \d+ of another shape \(feature.A_conv"
    ):
        fit_weights(stra_net, empty, tmp_path / "w.h5")
