from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import torch

from videosal.models import build_network
from videosal.models.layers.s3d import S3D
from videosal.models.stsanet.official import find_backbone, official_name

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def names() -> dict[str, torch.Tensor]:
    with torch.device("meta"):
        return {official_name(key): tensor for key, tensor in build_network("stsanet").state_dict().items()}


def test_all_keys_and_shapes_are_the_authors(shared: Path, names: dict[str, Any]) -> None:
    facts = json.loads((shared / "facts/state_dicts/stsanet.json").read_text())
    assert {
        key: [list(tensor.shape), str(tensor.dtype).removeprefix("torch.")] for key, tensor in names.items()
    } == facts


def test_the_keys_and_shapes_of_s3d(shared: Path) -> None:
    facts = json.loads((shared / "facts/state_dicts/s3d_kinetics.json").read_text())
    with torch.device("meta"):
        network = S3D()
    assert {network.official_name(key): list(tensor.shape) for key, tensor in network.state_dict().items()} == {
        key: shape for key, (shape, _) in facts.items()
    }


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("backbone.conv_blocks.1.0.branch1.1.temporal.bn.running_var", "base2.0.branch1.1.bn_t.running_var"),
        ("backbone.conv_blocks.0.2.conv.weight", "base1.2.conv.weight"),
        ("compression.2.0.bias", "branch2_pre.0.bias"),
        ("stsa.0.reduction.0.weight", "branch0_mid.0.weight"),
        ("stsa.3.layer_1.attention.embeddings.2.key.2.weight", "branch3_1_a_k.2.weight"),
        ("stsa.1.layer_2.attention.embeddings.1.query.0.weight", "branch1_2_b_q.0.weight"),
        ("stsa.2.layer_2.norm.bias", "ln_2_1.bias"),
        ("alignment.0.weight", "branch3_beh_0.0.weight"),
        ("amsf.1.weighting.channel_attention.4.bias", "CA_1.4.bias"),
        ("amsf.1.weighting.spatial_attention.0.bias", "SA_1.0.bias"),
        ("amsf.2.multi_scale.paths.3.1.weight", "inc_2_3.1.weight"),
        ("readout.readout_2.4.weight", "readout_2.4.weight"),
        ("decoder.0.0.weight", "decoder.0.0.weight"),
    ],
)
def test_names(ours: str, theirs: str) -> None:
    assert official_name(ours) == theirs


def test_every_name_is_another(names: dict[str, Any]) -> None:
    assert len(names) == 849


def kinetics_names() -> list[str]:
    with torch.device("meta"):
        network = S3D()
    return [network.official_name(key) for key in network.state_dict()]


def torchvision_name(name: str) -> str:
    """The name in torchvision's S3D, by its nesting: (convolution, norm) within (space, time) within the block."""
    if name.startswith("fc.0"):
        return name.replace("fc.0", "classifier.1")
    numbers = {"conv": "0", "bn": "1", "conv_s": "0.0", "bn_s": "0.1", "conv_t": "1.0", "bn_t": "1.1"}
    head, part, tensor = name.rsplit(".", 2)
    return f"{head.replace('base', 'features').replace('branch0.0', 'branch0')}.{numbers[part]}.{tensor}"


def test_the_three_kinds_of_backbone(names: dict[str, Any]) -> None:
    kinetics = kinetics_names()
    backbone = [name for name in names if name.startswith("base")]
    for given in (kinetics, [torchvision_name(name) for name in kinetics], backbone):
        found = find_backbone(given)
        assert found is not None
        assert sorted(found.values()) == sorted(backbone)
    assert torchvision_name("base.5.branch1.1.bn_t.bias") == "features.5.branch1.1.1.1.bias"
    by_torchvision = find_backbone(["features.5.branch1.1.1.1.bias", "features.0.0.0.weight", "features.2.1.weight"])
    assert by_torchvision == {
        "features.5.branch1.1.1.1.bias": "base2.0.branch1.1.bn_t.bias",
        "features.0.0.0.weight": "base1.0.conv_s.weight",
        "features.2.1.weight": "base1.2.bn.weight",
    }


def test_what_is_no_backbone(names: dict[str, Any]) -> None:
    assert find_backbone(names) is None
    assert find_backbone([*kinetics_names(), "head.weight"]) is None
    assert find_backbone(["base.4.conv.weight"]) is None  # layer 4 is a pool
    assert find_backbone([]) is None
