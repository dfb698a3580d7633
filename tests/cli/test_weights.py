from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from click.testing import CliRunner

from videosal.cli import cli
from videosal.errors import FileError
from videosal.models import read_checkpoint

if TYPE_CHECKING:
    from pathlib import Path

PLUGIN = """
from torch import nn
from videosal.models import ClipNetworkEntry, ModelCard, register_model

register_model("linear")(ClipNetworkEntry("linear", ModelCard("Linear"), lambda _: nn.Linear(2, 1), (8, 8)))
"""


def test_convert(tmp_path: Path) -> None:
    (tmp_path / "plugin.py").write_text(PLUGIN)
    weights = {"module.weight": torch.ones(1, 2), "module.bias": torch.zeros(1)}
    torch.save(weights, tmp_path / "in.pth")
    arguments = [str(tmp_path / "in.pth"), str(tmp_path / "out.safetensors")]
    plugin = ["--model", "linear", "--plugin", str(tmp_path / "plugin.py")]
    done = CliRunner().invoke(cli, ["weights", "convert", *arguments, *plugin])
    assert done.exit_code == 0, done.output
    assert "all weights of linear, 2 tensors" in done.output
    assert set(read_checkpoint(tmp_path / "out.safetensors")) == {"weight", "bias"}
    with pytest.raises(FileError, match=r"in\.pth: the weights do not fit STSANet"):
        CliRunner().invoke(cli, ["weights", "convert", *arguments], catch_exceptions=False)


def test_help() -> None:
    done = CliRunner().invoke(cli, ["weights", "convert", "--help"])
    assert done.exit_code == 0
    assert "IN OUT" in done.output
