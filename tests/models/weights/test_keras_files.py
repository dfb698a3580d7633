from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest
import torch

from videosal.errors import FileError
from videosal.models.weights.keras_files import order_of, read_keras

if TYPE_CHECKING:
    from pathlib import Path


def write(group: Any, layers: dict[str, dict[str, Any]]) -> None:
    """Write layers as Keras 2.2 does: names in attributes, arrays in groups of the layer's name."""
    group.attrs["layer_names"] = [name.encode() for name in layers]
    for name, weights in layers.items():
        layer = group.create_group(name)
        layer.attrs["weight_names"] = [weight.encode() for weight in weights]
        for weight, array in weights.items():
            layer.create_dataset(weight, data=array)


LAYERS: dict[str, dict[str, Any]] = {
    "input_1": {},
    "time_distributed_1": {
        f"conv2d_{number}/{kind}:0": np.full((3, 3, 2, 4) if kind == "kernel" else 4, number, np.float32)
        for number in (10, 9, 2)
        for kind in ("kernel", "bias")
    },
    "time_distributed_2": {
        "time_distributed_2/gamma:0": np.ones(3, np.float32),
        "time_distributed_2/beta:0": np.zeros(3, np.float32),
        "time_distributed_2/moving_mean:0": np.zeros(3, np.float32),
        "time_distributed_2/moving_variance:0": np.ones(3, np.float32),
    },
}


@pytest.mark.parametrize("whole", [False, True])
def test_layers_come_in_order(tmp_path: Path, whole: bool) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        write(file.create_group("model_weights") if whole else file, LAYERS)
        if whole:
            file.create_group("optimizer_weights")
    layers = read_keras(tmp_path / "w.h5")
    assert [layer.name for layer in layers] == ["conv2d_2", "conv2d_9", "conv2d_10", "time_distributed_2"]
    assert layers[0].arrays["kernel"].shape == (4, 2, 3, 3)
    assert set(layers[3].state_dict("bn")) == {"bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"}


def test_a_kernel_gets_the_axes_of_pytorch(tmp_path: Path) -> None:
    kernel = np.random.default_rng(0).random((3, 5, 2, 4)).astype(np.float32)
    with h5py.File(tmp_path / "w.h5", "w") as file:
        write(file, {"conv": {"conv/kernel:0": kernel}})
    weight = read_keras(tmp_path / "w.h5")[0].state_dict("conv")["conv.weight"]
    image = np.random.default_rng(1).random((7, 8, 2)).astype(np.float32)
    found = torch.nn.functional.conv2d(torch.from_numpy(image).permute(2, 0, 1)[None], weight)[0, :, 1, 2]
    expected = np.einsum("ijc,ijco->o", image[1:4, 2:7], kernel)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5)


def test_names_in_several_attributes(tmp_path: Path) -> None:
    """An attribute of HDF5 holds 64 KiB; Keras cuts longer lists."""
    with h5py.File(tmp_path / "w.h5", "w") as file:
        write(file, LAYERS)
        names = list(file["time_distributed_1"].attrs.pop("weight_names"))
        for part, start in enumerate(range(0, 6, 4)):
            file["time_distributed_1"].attrs[f"weight_names{part}"] = names[start : start + 4]
    assert [layer.name for layer in read_keras(tmp_path / "w.h5")][:3] == ["conv2d_2", "conv2d_9", "conv2d_10"]


def test_damaged_files(tmp_path: Path) -> None:
    file = tmp_path / "w.h5"
    with pytest.raises(FileError, match=r"w\.h5: there is no such file"):
        read_keras(file)
    with h5py.File(file, "w") as content:
        write(content, LAYERS)
    whole = file.read_bytes()
    with h5py.File(file, "w") as content:
        content["x"] = np.ones(3)
    other = file.read_bytes()
    for content in (b"", b"no HDF5", whole[: len(whole) // 2], other):
        file.write_bytes(content)
        with pytest.raises(FileError, match=r"w\.h5: not a readable file of weights of Keras 2") as caught:
            read_keras(file)
        assert "\n" not in str(caught.value)


def test_numbers_are_sorted_as_numbers() -> None:
    names = ["conv2d_10", "conv2d", "block1_conv2", "conv2d_2", "block10_conv1"]
    assert sorted(names, key=order_of) == ["block1_conv2", "block10_conv1", "conv2d", "conv2d_2", "conv2d_10"]
