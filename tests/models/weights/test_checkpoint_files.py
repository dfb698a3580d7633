from __future__ import annotations

import argparse
import os
import pickle
from collections import OrderedDict, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import nn

from videosal.errors import FileError, InputError, ModelError
from videosal.models import build_network, convert_weights, official_state_dict, read_checkpoint
from videosal.models.networks import find_network, match_official
from videosal.models.weights.checkpoint_files import fit_weights, write_checkpoint
from videosal.models.weights.pytorch_files import Unread, read_pytorch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Tensors = dict[str, torch.Tensor]


@pytest.fixture
def official(tiny_entry: Any) -> Tensors:
    return official_state_dict(build_network("tiny"))


def same(a: Tensors, b: Tensors) -> bool:
    return set(a) == set(b) and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: state,
        lambda state: {"state_dict": state, "epoch": 3, "optimizer": {"state": {0: {"m": torch.ones(1)}}}},
        lambda state: {"model": state, "best": 0.5},
    ],
)
def test_what_training_scripts_save(tmp_path: Path, official: Tensors, wrap: Callable[[Tensors], Any]) -> None:
    torch.save(wrap(official), tmp_path / "w.pth")
    assert same(read_checkpoint(tmp_path / "w.pth"), official)


def test_of_several_state_dicts_one_is_chosen(tmp_path: Path, official: Tensors) -> None:
    torch.save({"model": {"x": torch.ones(1)}, "ema": official}, tmp_path / "w.pth")
    with pytest.raises(FileError, match=r"holds 2 state dicts, model and ema: .* --part ema"):
        read_checkpoint(tmp_path / "w.pth")
    assert convert_weights(tmp_path / "w.pth", tmp_path / "ema.pt", model="tiny", part="ema").complete
    assert same(read_checkpoint(tmp_path / "ema.pt"), official)
    with pytest.raises(FileError, match="holds no state dict 'emma': did you mean ema"):
        read_checkpoint(tmp_path / "w.pth", part="emma")


@pytest.mark.parametrize("content", [{}, {"a": 1}, [torch.ones(1)], torch.ones(1)])
def test_a_file_without_one_state_dict(tmp_path: Path, content: Any) -> None:
    torch.save(content, tmp_path / "w.pth")
    with pytest.raises(FileError, match=r"w\.pth: holds no state dict"):
        read_checkpoint(tmp_path / "w.pth")


class _Malicious:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize(
    ("write", "text"),
    [
        (torch.save, r"refused, because it holds \w+\.mkdir beside tensors and could run code"),
        (lambda content, path: path.write_bytes(pickle.dumps(content)), "is no PyTorch file of weights"),
        (lambda content, path: path.write_bytes(pickle.dumps(content, 2)), "refused, because it holds"),
    ],
)
def test_a_malicious_pickle_is_refused_and_not_run(
    tmp_path: Path, write: Callable[[Any, Path], Any], text: str
) -> None:
    mark = tmp_path / "was-run"
    write({"w": torch.ones(1), "x": _Malicious(mark)}, tmp_path / "w.pth")
    with pytest.raises(FileError, match=rf"w\.pth: {text}"):
        read_checkpoint(tmp_path / "w.pth")
    assert not mark.exists()


def test_what_is_beside_the_tensors_is_never_made(tmp_path: Path, official: Tensors) -> None:
    beside = {"epoch": np.float64(3), "args": argparse.Namespace(lr=0.1), "hist": defaultdict(list, a=[1])}
    content = {**beside, "path": tmp_path, "state_dict": OrderedDict(official)}
    torch.save(content, tmp_path / "w.pth")
    torch.save(content, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    for name in ("w.pth", "old.pth"):
        assert same(read_checkpoint(tmp_path / name), official)
    assert all(type(value) is Unread for key, value in read_pytorch(tmp_path / "w.pth").items() if key in beside)


@pytest.mark.parametrize("wrappers", ["module.", "_orig_mod.", "model.", "module._orig_mod.", "net.module."])
def test_names_of_wrappers_are_left_out(tmp_path: Path, official: Tensors, wrappers: str) -> None:
    torch.save({wrappers + name: tensor for name, tensor in official.items()}, tmp_path / "w.pth")
    fitted = fit_weights(find_network("tiny"), build_network("tiny"), tmp_path / "w.pth")
    assert fitted.tensors.keys() == build_network("tiny").state_dict().keys()


def test_a_network_keeps_the_names_it_has_itself() -> None:
    network = nn.Sequential(OrderedDict(model=nn.Linear(2, 2)))
    assert match_official(network, network.state_dict()).keys() == network.state_dict().keys()


def test_counters_that_old_files_lack_begin_at_0() -> None:
    network = nn.BatchNorm3d(2)
    given = {name: tensor for name, tensor in network.state_dict().items() if name != "num_batches_tracked"}
    assert match_official(network, given)["num_batches_tracked"] == 0


def test_weights_with_nan_are_told(tmp_path: Path, official: Tensors) -> None:
    name = next(iter(official))
    torch.save({**official, name: torch.full_like(official[name], torch.nan)}, tmp_path / "w.pth")
    with pytest.raises(FileError, match=r"w\.pth: 1 of \d+ tensors hold NaN"):
        fit_weights(find_network("tiny"), build_network("tiny"), tmp_path / "w.pth")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"<!DOCTYPE html><html></html>", "is a web page"),
        (b"\n  <html>", "is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS"),
    ],
)
def test_what_is_no_file_of_weights_is_named(tmp_path: Path, content: bytes, text: str) -> None:
    (tmp_path / "w.pth").write_bytes(content)
    with pytest.raises(FileError, match=rf"w\.pth: {text}"):
        read_checkpoint(tmp_path / "w.pth")


@pytest.mark.parametrize(("made", "name"), [("w.safetensors", "w.pth"), ("w.pt", "w.safetensors")])
def test_the_content_decides_and_not_the_ending(tmp_path: Path, official: Tensors, made: str, name: str) -> None:
    write_checkpoint(tmp_path / made, official, model="tiny")
    (tmp_path / made).rename(tmp_path / name)
    assert same(read_checkpoint(tmp_path / name), official)


@pytest.mark.parametrize("name", ["w.pth", "w.safetensors"])
@pytest.mark.parametrize("content", [b"", b"not a checkpoint", bytes(64), None])
def test_damaged_files(tmp_path: Path, official: Tensors, name: str, content: bytes | None) -> None:
    file = tmp_path / name
    if content is None:  # cut in half
        convert_from(official, file)
        content = file.read_bytes()[: file.stat().st_size // 2]
    file.write_bytes(content)
    with pytest.raises(FileError, match=f"{name}: (is no|not a readable) ") as caught:
        read_checkpoint(file)
    assert "\n" not in str(caught.value)


def convert_from(official: Tensors, target: Path) -> None:
    source = target.with_name("source.pth")
    torch.save(official, source)
    convert_weights(source, target, model="tiny")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"absent\.pth: there is no such file"):
        read_checkpoint(tmp_path / "absent.pth")


def test_there_and_back(tmp_path: Path, official: Tensors) -> None:
    torch.save({f"module.{name}": tensor for name, tensor in official.items()}, tmp_path / "authors.pth")
    fitted = convert_weights(tmp_path / "authors.pth", tmp_path / "w.safetensors", model="tiny")
    assert fitted.complete
    convert_weights(tmp_path / "w.safetensors", tmp_path / "again.pt", model="tiny")
    assert same(read_checkpoint(tmp_path / "w.safetensors"), official)
    assert same(read_checkpoint(tmp_path / "again.pt"), official)
    assert (tmp_path / "w.safetensors").stat().st_mode == (tmp_path / "authors.pth").stat().st_mode
    assert {file.name for file in tmp_path.iterdir()} == {"authors.pth", "w.safetensors", "again.pt"}


def test_a_backbone(tmp_path: Path, official: Tensors) -> None:
    backbone = {f"s3d.0.{part}": official[f"base1.0.{part}"] for part in ("weight", "bias")}
    torch.save(backbone, tmp_path / "s3d.pth")
    entry = find_network("tiny")
    fitted = fit_weights(entry, build_network("tiny"), tmp_path / "s3d.pth")
    assert not fitted.complete
    assert set(fitted.tensors) == {"base1.0.weight", "base1.0.bias"}
    torch.save({"s3d.0.weight": official["base1.0.weight"]}, tmp_path / "half.pth")
    with pytest.raises(FileError, match=r"half\.pth: the weights do not fit the backbone of Tiny: 1 missing"):
        fit_weights(entry, build_network("tiny"), tmp_path / "half.pth")


def test_weights_of_another_network(tmp_path: Path, official: Tensors) -> None:
    torch.save(official, tmp_path / "w.pth")
    with pytest.raises(FileError, match=r"w\.pth: the weights do not fit SingleStream"):
        convert_weights(tmp_path / "w.pth", tmp_path / "o.pt", model="stsanet-single-stream")
    assert not (tmp_path / "o.pt").exists()


def test_where_nothing_can_be_written(tmp_path: Path, official: Tensors) -> None:
    torch.save(official, tmp_path / "w.pth")
    with pytest.raises(InputError, match=r"o\.bin: weights are written as \.safetensors"):
        convert_weights(tmp_path / "w.pth", tmp_path / "o.bin", model="tiny")
    for name in ("o.pt", "o.safetensors"):
        with pytest.raises(FileError, match="cannot be written"):
            convert_weights(tmp_path / "w.pth", tmp_path / "absent" / name, model="tiny")
    with pytest.raises(ModelError, match="no network"):
        convert_weights(tmp_path / "w.pth", tmp_path / "o.pt", model="center")


def test_an_entry_may_read_files_of_its_own(tiny_entry: Any, official: Tensors, tmp_path: Path) -> None:
    def read(path: Path) -> Tensors:
        return {f"module.{name}": tensor + len(path.read_text()) for name, tensor in official.items()}

    entry = replace(tiny_entry, readers={".txt": read})
    (tmp_path / "W.TXT").write_text("abc")
    fitted = fit_weights(entry, build_network("tiny"), str(tmp_path / "W.TXT"))
    assert fitted.complete
    assert same(fitted.tensors, {name.replace("top", "head"): tensor + 3 for name, tensor in official.items()})
