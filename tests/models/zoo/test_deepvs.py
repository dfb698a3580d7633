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

from videosal.errors import FileError, InputError
from videosal.models import build_network, create_model, iterate_predictions, profile_model, register_model
from videosal.models.zoo.deepvs.entry import cut_clips, deepvs, prepare_frame, read_variables
from videosal.models.zoo.deepvs.network import ConvLSTMCell, DeepVS, resize

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("one_thread")

Make = Callable[..., Any]
Array = np.ndarray[Any, Any]


def test_the_golden_maps(golden: Any, filled: Any, make_clip: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    network = filled(build_network("deepvs"))
    clip = make_clip(8, 448, 448)
    encode, features = network.encode, []

    def keep(frame: Tensor, later: Tensor) -> Any:
        features.append(encode(frame, later))
        return features[-1]

    with torch.inference_mode():
        monkeypatch.setattr(network, "encode", keep)
        published = network(clip)[0].numpy()
        # What comes before the LSTM is the same.
        monkeypatch.setattr(network, "encode", lambda *_: features.pop(0))
        network.gate_scale = 1.0
        fixed = network(clip)[0].numpy()
    np.testing.assert_allclose(published, golden("deepvs_tf")["demo_dp025"], rtol=0, atol=5e-5)
    np.testing.assert_allclose(fixed, golden("deepvs_tf")["dp1"], rtol=0, atol=5e-5)


def test_names_and_shapes_are_the_authors(facts: Any) -> None:
    with torch.device("meta"):
        network = build_network("deepvs")
    found = {DeepVS.official_name(key): tuple(tensor.shape) for key, tensor in network.state_dict().items()}
    assert found == {
        name: (shape[3], shape[2], shape[0], shape[1]) if len(shape) == 4 else shape[::-1]
        for name, shape in facts("deepvs_tf_variables").items()
        if name.startswith("inference/") and not name.endswith(("/Adam", "/Adam_1"))
    }


def test_counts() -> None:
    """The specification counts the 2016 moving means and variances too, and a multiply-accumulate as two operations."""
    found = profile_model("deepvs", repeats=0)
    assert found.parameters == deepvs.card.parameters == 83_728_768 - 2016
    assert found.gmacs == pytest.approx(408.3, abs=0.1)
    assert found.float32_mb == pytest.approx(334.9, abs=0.05)
    assert (found.frames_in, found.maps_out, found.input_size) == (21, 16, "448x448")


@pytest.mark.parametrize("shape", [(1, 3, 5, 448, 448), (3, 8, 448, 448), (1, 1, 8, 448, 448), (1, 3, 8, 224, 448)])
def test_clips_of_another_shape(shape: tuple[int, ...]) -> None:
    with torch.device("meta"), pytest.raises(InputError, match=r"DeepVS: clips of shape .*\(B, 3, T, 448, 448\)"):
        build_network("deepvs")(torch.empty(shape))


@pytest.mark.parametrize(("source", "target"), [(7, 28), (14, 28), (56, 28), (112, 224), (112, 28), (28, 28), (5, 7)])
def test_resizing_as_tensorflow_1_does(source: int, target: int) -> None:
    x = torch.randn(2, 3, source, source, dtype=torch.float64, generator=torch.Generator().manual_seed(source))
    weights = np.zeros((target, source))
    for row in range(target):
        place = row * source / target
        low = int(place)
        weights[row, low] += 1 - (place - low)
        weights[row, min(low + 1, source - 1)] += place - low
    expected = np.einsum("yi,xj,bcij->bcyx", weights, weights, x.numpy(), optimize=True)
    np.testing.assert_allclose(resize(x, target).numpy(), expected, rtol=0, atol=1e-12)


def test_a_scale_of_the_gates_is_one_of_their_weights() -> None:
    torch.manual_seed(0)
    cell = ConvLSTMCell(4)
    x, hidden, memory = torch.randn(3, 1, 4, 5, 5)
    with torch.no_grad():
        scaled = cell(x, (hidden, memory), 4.0)
        plain = cell(x, (hidden, memory), 1.0)
        for parameter in cell.parameters():
            parameter.mul_(4)
        torch.testing.assert_close(cell(x, (hidden, memory), 1.0), scaled, rtol=0, atol=1e-6)
    assert (scaled[0] - plain[0]).abs().max() > 0.1


class Running(nn.Module):
    """A network for tests: the red of frame t + 5 and that of the frames from the clip's first to t, scaled."""

    gate_scale = 4.0

    def forward(self, clips: Tensor) -> Tensor:
        red = clips[:, 0, :, ::56, ::56]
        return red[:, 5:] + self.gate_scale * red[:, :-5].cumsum(dim=1)


@pytest.fixture
def running() -> Any:
    """The entry with `Running` as its network."""
    return replace(deepvs, build=lambda _: Running())


@pytest.mark.parametrize(("total", "batch"), [(40, 1), (40, 2), (40, 8), (32, 2), (17, 2), (16, 1), (3, 1), (1, 4)])
@pytest.mark.parametrize("mode", ["published", "fixed"])
def test_every_frame_has_a_map_for_any_batch(running: Any, video: Make, total: int, batch: int, mode: str) -> None:
    model = running(device="cpu", mode=mode)
    model.batch = batch
    frames = video(total)
    maps = list(iterate_predictions(model, frames))
    assert frames.reads == list(range(total))
    red = np.stack([prepare_frame(video(total)[index])[0, ::56, ::56].numpy() for index in range(total)])
    assert len(maps) == total
    for n, saliency in enumerate(maps):
        before = red[n // 16 * 16 : n + 1].sum(axis=0)
        expected = red[min(n + 5, total - 1)] + {"published": 4, "fixed": 1}[mode] * before
        np.testing.assert_allclose(saliency, expected, rtol=0, atol=1e-4)


@given(total=st.integers(0, 90))
def test_clips_overlap_by_five_frames(total: int) -> None:
    predicted = []
    for number, clip in enumerate(cut_clips(range(total))):
        assert clip == [min(index, total - 1) for index in range(16 * number, 16 * number + len(clip))]
        assert 5 < len(clip) <= 21
        predicted += clip[:-5]
    assert predicted == list(range(total))


def test_frames_are_resized_and_scaled() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (90, 160, 3), np.uint8)
    rows, columns = between(90, 448), between(160, 448)
    small = np.einsum("yi,xj,ijc->cyx", rows, columns, frame.astype(float), optimize=True)
    found = prepare_frame(frame)
    assert found.dtype == torch.float32
    assert np.abs(found.numpy() - (small / 255 * 2 - 1)).max() <= 1.01 / 255 * 2
    assert prepare_frame(np.full((9, 9, 3), 255, np.uint8)).max() == 1
    assert prepare_frame(np.zeros((9, 9, 3), np.uint8)).min() == -1


def between(source: int, target: int) -> Array:
    place = np.clip((np.arange(target) + 0.5) * source / target - 0.5, 0, source - 1)
    return np.asarray(np.clip(1 - np.abs(place[:, None] - np.arange(source)), 0, None))


class Part(nn.Module):
    """A few layers of DeepVS of each kind, under their names."""

    def __init__(self) -> None:
        super().__init__()
        self.objectness = nn.Module()
        self.objectness.dense = nn.ModuleList([nn.Linear(5, 3)])
        self.fusion = nn.ModuleList([nn.Conv2d(2, 4, 3)])
        self.readout = nn.ModuleList([nn.ConvTranspose2d(4, 2, 4)])

    official_name = staticmethod(DeepVS.official_name)


@pytest.fixture
def part() -> Any:
    """An entry of `Part`, registered as ``part``."""
    entry = replace(deepvs, name="part", build=lambda _: Part())
    register_model("part")(entry)
    return entry


def variables() -> dict[str, Array]:
    """Those of `Part` as TensorFlow has them, beside what its optimiser keeps."""
    generator = np.random.default_rng(0)
    shapes = {
        "fc16/weights": (5, 3),
        "fc16/biases": (3,),
        "Lastconv_1/weights": (3, 3, 2, 4),
        "Lastconv_1/biases": (4,),
        "deconv/weights": (4, 4, 2, 4),
        "deconv/biases": (2,),
        "deconv/weights/Adam": (4, 4, 2, 4),
        "deconv/weights/Adam_1": (4, 4, 2, 4),
    }
    found = {f"inference/{name}": generator.random(shape, np.float32) for name, shape in shapes.items()}
    scalars = {name: np.float32(0.9) for name in ("beta1_power", "beta2_power")}
    return {**found, **scalars, "Variable": np.int32(200000)}  # type: ignore[dict-item]


def test_weights_from_tensorflow(part: Any, tmp_path: Path) -> None:
    path = tmp_path / "deepvs.npz"
    theirs = variables()
    np.savez(path, **theirs)  # type: ignore[arg-type]
    model: Any = create_model("part", path, "cpu", mode="fixed")
    dense, conv, deconv = model.network.objectness.dense[0], model.network.fusion[0], model.network.readout[0]
    for layer, name in ((dense, "fc16"), (conv, "Lastconv_1"), (deconv, "deconv")):
        np.testing.assert_array_equal(layer.bias.detach(), theirs[f"inference/{name}/biases"])
    np.testing.assert_array_equal(dense.weight.detach(), theirs["inference/fc16/weights"].T)
    # Rows, columns, in, out; for the transposed convolution rows, columns, out, in.
    for row, column, first, second in np.ndindex(2, 2, 2, 4):
        of_conv = theirs["inference/Lastconv_1/weights"][row, column, first, second]
        assert conv.weight[second, first, row, column].item() == of_conv
        of_deconv = theirs["inference/deconv/weights"][row, column, first, second]
        assert deconv.weight[second, first, row, column].item() == of_deconv


def test_weights_that_do_not_fit(part: Any, tmp_path: Path) -> None:
    path = tmp_path / "deepvs.npz"
    theirs = variables()
    del theirs["inference/deconv/biases"]
    np.savez(path, **theirs)  # type: ignore[arg-type]
    with pytest.raises(FileError, match=r"deepvs\.npz: .*1 missing \(inference/deconv/biases\)"):
        create_model("part", path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"\x93NUMPY"])
def test_damaged_files_of_weights(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    path.write_bytes(content)
    with pytest.raises(FileError, match=r"w\.npz: not a readable \.npz file"):
        read_variables(path)


def test_objects_are_never_made(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    np.savez(path, weights=np.array([{}], dtype=object))
    with pytest.raises(FileError, match=r"not a readable \.npz file of arrays"):
        read_variables(path)
    with pytest.raises(FileError, match="there is no such file"):
        read_variables(tmp_path / "other.npz")


@pytest.mark.parametrize("name", ["model-200000.index", "model-200000.meta", "model-200000.data-00000-of-00001"])
def test_a_tensorflow_checkpoint_is_refused_with_the_way_out(part: Any, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(FileError, match=r"numpy\.savez"):
        create_model("part", tmp_path / name)
