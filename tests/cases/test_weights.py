"""Checkpoints as people have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
import torch

from videosal.models import read_checkpoint
from videosal.models.weights.checkpoint_files import write_checkpoint

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cases.conftest import Case, Videosal

PREDICT = "predict ../_base/net.py:net ../_base/copy/annotation/0601/images --device cpu --out out/p --weights"


def maps(folder: Path) -> list[Any]:
    return [cv2.imread(str(file), cv2.IMREAD_UNCHANGED) for file in sorted((folder / "out/p").glob("*.png"))]


@pytest.mark.parametrize(
    "weights",
    [
        "numpy_scalar.pth",
        "namespace.pth",
        "path_defaultdict.pth",
        "no_num_batches_tracked.pth",
        "compiled.pth",
        "lightning.ckpt",
        "safetensors_inside.pth",
    ],
)
def test_the_maps_are_those_of_the_plain_state_dict(case: Case, videosal: Videosal, weights: str) -> None:
    folder = case("weights")
    said = videosal(f"{PREDICT} {weights}")
    assert (said.code, said.out, said.err) == (0, "wrote 6 maps to out/p\n", "")
    found = maps(folder)
    given = read_checkpoint(weights)
    plain = {name.removeprefix("_orig_mod.").removeprefix("model."): tensor for name, tensor in given.items()}
    plain.setdefault("bn.num_batches_tracked", torch.tensor(0))
    write_checkpoint(folder / "out/plain.safetensors", plain, model="mynet")
    assert videosal(f"{PREDICT} out/plain.safetensors").code == 0
    np.testing.assert_array_equal(found, maps(folder))
    assert np.ptp(found[0]) == 255


def test_of_two_state_dicts_one_is_taken(case: Case, videosal: Videosal) -> None:
    case("weights")
    text = "holds 2 state dicts, model and model_ema: write the one to use to a file of its own: videosal weights"
    assert videosal(f"{PREDICT} model_and_ema.pth").fails(text)
    convert = "weights convert model_and_ema.pth out/ema.safetensors --model ../_base/net.py:net --part model_ema"
    assert "all weights" in videosal(convert).out
    assert "wrote 6 maps" in videosal(f"{PREDICT} out/ema.safetensors").out


@pytest.mark.parametrize(
    ("weights", "text"),
    [
        ("drive_page.pth", "is a web page, not weights: open the address in a browser"),
        ("lfs_pointer.pth", "is a pointer of Git LFS, not the weights: run git lfs pull"),
        ("torchscript.pt", "is TorchScript, which holds code: save the network's state_dict()"),
        ("nan.pth", "1 of 9 tensors hold NaN (head.weight)"),
    ],
)
def test_what_cannot_be_used_is_told(case: Case, videosal: Videosal, weights: str, text: str) -> None:
    folder = case("weights")
    assert videosal(f"{PREDICT} {weights}").fails(f"{weights}: {text}")
    assert not maps(folder)
