"""The recipe in docs/add-a-model.md works as it is written."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
import torch

from videosal.cli import cli
from videosal.errors import FileError
from videosal.models import create_model, iterate_predictions, list_models, model_card, profile_model
from videosal.registry import load_plugin

RECIPE = Path(__file__).parents[2] / "docs/add-a-model.md"
FRAMES = list(np.random.default_rng(0).integers(0, 256, (10, 45, 80, 3), dtype=np.uint8))


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", RECIPE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the files that the recipe writes; a block says its name in its first line."""
    for block in blocks("python"):
        if name := re.match(r"# (\w+\.py)\n", block):
            (tmp_path / name[1]).write_text(block)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_recipe_writes_its_files(folder: Path) -> None:
    assert sorted(file.name for file in folder.iterdir()) == ["flicker.py", "my_network.py", "my_windows.py"]


def test_the_other_blocks_run(folder: Path) -> None:
    scripts = [block for block in blocks("python") if not block.startswith("# ")]
    assert scripts
    for script in scripts:
        space: dict[str, Any] = {}
        exec(compile(script, str(RECIPE), "exec"), space)
        assert len(space["maps"]) == 5


def test_the_decorator_registers_what_a_plugin_holds(folder: Path) -> None:
    load_plugin(folder / "flicker.py")
    assert "flicker" in list_models()
    assert model_card("flicker").title == "Flicker"
    assert len(list(iterate_predictions(create_model("flicker", rate="0.5"), FRAMES))) == 10


def test_the_network_takes_20_lines(folder: Path) -> None:
    lines = (folder / "my_network.py").read_text().splitlines()[1:]  # without the name of the file
    assert sum(bool(line.strip()) for line in lines) <= 20


def test_the_network_predicts(folder: Path) -> None:
    name = "my_network.py:my_network"
    weights = {"head.weight": torch.zeros(1, 3, 8, 1, 1), "head.bias": torch.zeros(1)}
    weights["head.weight"][0, :, 7] = 1  # the frame itself, the sum of its channels
    torch.save(weights, "my_network.pt")
    model = create_model(name, weights="my_network.pt", device="cpu", batch="3")
    maps = list(iterate_predictions(model, FRAMES))
    assert [saliency.shape for saliency in maps] == [(64, 96)] * 10
    assert model_card(name).parameters == sum(value.numel() for value in weights.values())
    channels = FRAMES[4].mean(axis=(0, 1)) / 255
    expected = np.sum((channels - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225))
    assert torch.tensor(maps[4]).logit().mean() == pytest.approx(expected, abs=0.02)


def test_the_network_is_counted_and_its_weights_must_fit(folder: Path) -> None:
    name = "my_network.py:my_network"
    found = profile_model(name, repeats=0)
    assert (found.parameters, found.frames_in, found.maps_out) == (25, 8, 1)
    assert found.gmacs == pytest.approx(24 * 64 * 96 / 1e9)
    torch.save({"head.weight": torch.zeros(1, 3, 8, 1, 1)}, "other.pt")
    with pytest.raises(FileError, match=r"1 missing \(head\.bias\)"):
        create_model(name, weights="other.pt")


def test_the_windows_are_those_of_the_page(folder: Path) -> None:
    frames = [np.full((45, 80, 3), value, np.uint8) for value in (8, 8, 8, 8, 48, 8)]
    maps = list(iterate_predictions(create_model("my_windows.py:my_windows", batch="4"), frames))
    assert [saliency.mean() for saliency in maps] == [0, 0, 0, 0, 40, 10]


def test_the_commands_have_the_options_that_they_name() -> None:
    lines = re.findall(r"^    videosal (.+)$", RECIPE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(lines) == 4
    for line in lines:
        verb, *arguments = shlex.split(line)
        command = cli.get_command(click.Context(cli), verb)
        assert command is not None
        command.make_context(verb, arguments)  # parses, and runs nothing


def test_the_entry_point_is_of_our_group() -> None:
    (block,) = blocks("toml")
    points = tomllib.loads(block)["project"]["entry-points"]
    assert points == {"videosal.models": {"flicker": "my_package.flicker:Flicker"}}
