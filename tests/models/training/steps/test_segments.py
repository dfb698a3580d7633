from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from videosal.models import build_network
from videosal.models.training.steps.segments import checkpoint_segments, find_segments


class Block(nn.Module):
    """A layer of several."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv3d(channels, 4, 3, padding=1)
        self.norm = nn.BatchNorm3d(4)
        self.dropout = nn.Dropout(0.3)
        self.runs = 0

    def forward(self, x: Tensor) -> Tensor:
        self.runs += 1
        y: Tensor = self.dropout(self.norm(self.conv(x)).relu_())
        return y


class Net(nn.Module):
    """Blocks in containers, and layers beside them."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([Block(3), nn.Sequential(Block(4), Block(4))])
        self.head = nn.Conv3d(4, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        y: Tensor = self.head(x)
        return y


def names(network: nn.Module) -> list[str]:
    known = {module: name for name, module in network.named_modules()}
    return [known[segment] for segment in find_segments(network)]


def test_the_segments_of_networks() -> None:
    assert names(Net()) == ["blocks.0", "blocks.1.0", "blocks.1.1"]
    assert names(nn.Sequential(nn.Conv3d(3, 3, 1), nn.ReLU())) == []
    with torch.device("meta"):
        stsanet = names(build_network("stsanet", input_size=(64, 96)))
    assert {"stsa.0.layer_1", "stsa.0.reduction", "stsa.3.layer_2", "amsf.2.multi_scale"} <= set(stsanet)
    assert sum(name.startswith("backbone.") for name in stsanet) == 12  # the layers with weights


def test_values_gradients_and_statistics_are_the_same_bits() -> None:
    torch.manual_seed(0)
    usual = Net().train()
    saving = copy.deepcopy(usual)
    checkpoint_segments(saving)
    clips = torch.rand(2, 3, 4, 6, 6)
    for _ in range(2):
        outputs = []
        for network in (usual, saving):
            torch.manual_seed(1)
            outputs.append(network(clips))
            outputs[-1].square().mean().backward()
        assert torch.equal(*outputs)
    for (name, a), b in zip(usual.named_parameters(), saving.parameters(), strict=True):
        assert a.grad is not None
        assert b.grad is not None
        assert torch.equal(a.grad, b.grad), name
    for name, buffer in usual.named_buffers():
        assert torch.equal(buffer, saving.get_buffer(name)), name
    assert list(usual.state_dict()) == list(saving.state_dict())
    assert [block.runs for block in usual.modules() if isinstance(block, Block)] == [2, 2, 2]
    assert [block.runs for block in saving.modules() if isinstance(block, Block)] == [4, 4, 4]
    assert all(norm.momentum == 0.1 for norm in saving.modules() if isinstance(norm, nn.BatchNorm3d))


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_prediction_computes_once(mode: type[torch.no_grad]) -> None:
    network = Net().eval()
    checkpoint_segments(network)
    with mode():
        network(torch.rand(1, 3, 4, 6, 6))
    assert [block.runs for block in network.modules() if isinstance(block, Block)] == [1, 1, 1]
