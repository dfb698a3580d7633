from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from videosal.models import build_network
from videosal.models.layers.attention import ChunkedAttention
from videosal.models.layers.s3d import ConvNormReLU
from videosal.models.video.acceleration import accelerate, split_pool


@pytest.mark.parametrize(
    "pool",
    [
        nn.MaxPool3d(3, stride=1, padding=1),
        nn.MaxPool3d(3, stride=2, padding=1),
        nn.MaxPool3d(2, stride=2),
        nn.MaxPool3d((2, 3, 5), stride=(1, 2, 1), padding=(1, 0, 2)),
    ],
)
def test_a_split_pool_is_exact(pool: nn.MaxPool3d) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 3, 8, 14, 12).relu()
    split = split_pool(pool)
    assert isinstance(split, nn.Sequential)
    assert torch.equal(split(x), pool(x))


@pytest.mark.parametrize("pool", [nn.MaxPool3d((1, 3, 3)), nn.MaxPool3d((2, 1, 1)), nn.MaxPool3d(2, ceil_mode=True)])
def test_other_pools_stay(pool: nn.MaxPool3d) -> None:
    assert split_pool(pool) is pool


@pytest.fixture(scope="module")
def network() -> nn.Module:
    """STSANet at its smallest, with statistics in its norms that are no 0 and 1."""
    torch.manual_seed(0)
    network = build_network("stsanet", input_size=(32, 32))
    for module in network.modules():
        if isinstance(module, nn.BatchNorm3d):
            nn.init.uniform_(module.running_mean, -0.1, 0.1)  # type: ignore[arg-type]
            nn.init.uniform_(module.running_var, 0.5, 1.5)  # type: ignore[arg-type]
    return network.eval()


def test_the_fast_form_gives_the_same_maps(network: nn.Module) -> None:
    torch.manual_seed(1)
    clips = torch.randn(1, 3, 32, 32, 32)
    with torch.inference_mode():
        plain = network(clips)
        fast = accelerate(copy.deepcopy(network))(clips)
    assert (fast - plain).abs().mean() < 1e-6
    assert not torch.equal(plain, torch.full_like(plain, plain.mean().item()))


def test_what_the_fast_form_is_made_of(network: nn.Module) -> None:
    fast = accelerate(copy.deepcopy(network))
    kinds = [type(module) for module in fast.modules()]
    assert kinds.count(ChunkedAttention) == 8
    assert nn.BatchNorm3d not in kinds
    assert ConvNormReLU not in kinds
    assert not fast.training
    assert not any(parameter.requires_grad for parameter in fast.parameters())
    weights = [module.weight for module in fast.modules() if isinstance(module, nn.Conv3d)]
    assert all(weight.is_contiguous(memory_format=torch.channels_last_3d) for weight in weights)


def test_it_works_under_autocast() -> None:
    torch.manual_seed(1)
    clips = torch.randn(1, 3, 32, 32, 32)
    fast = accelerate(build_network("stsanet-single-stream", input_size=(32, 32)))
    with torch.inference_mode():
        exact = fast(clips)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            rough = fast(clips).float()
    assert 0 < (rough - exact).abs().mean() < 0.02
