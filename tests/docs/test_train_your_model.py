"""The recipe in docs/train-your-model.md works as it is written."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
import torch
from click.testing import CliRunner

from videosal.cli import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

RECIPE = Path(__file__).parents[2] / "docs/train-your-model.md"
TEXT = RECIPE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
COMMANDS = re.findall(r"^    videosal (.+)$", TEXT, re.MULTILINE)
NETWORK, FROM_PYTHON, OWN_LOOP = BLOCKS


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory with the file that the recipe writes."""
    (tmp_path / "my_network.py").write_text(NETWORK)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield tmp_path
    torch.set_num_threads(threads)
    sys.modules.pop("my_network", None)


def run(script: str) -> dict[str, Any]:
    space: dict[str, Any] = {}
    exec(compile(script, str(RECIPE), "exec"), space)
    return space


def test_the_network_is_shown_in_forty_lines() -> None:
    assert NETWORK.startswith("# my_network.py\n")
    assert len(NETWORK.splitlines()) <= 40


def test_it_trains_from_python(folder: Path) -> None:
    result = run(FROM_PYTHON)["result"]
    assert result.best.is_file()
    assert result.folder.resolve() == folder / "my-training"
    assert [row["steps"] for row in result.epochs] == [1, 2]


def test_the_pieces_make_a_loop_of_ones_own(folder: Path) -> None:
    space = run(OWN_LOOP)
    assert len(space["batch"]) == 3
    assert set(space["figures"]) >= {"loss", "cc", "nss"}
    assert space["figures"]["frames"] > 5


def test_the_commands_have_the_options_that_they_name(folder: Path) -> None:
    assert [line.partition(" ")[0] for line in COMMANDS] == ["train", "run", "run", "run", "table", "train"]
    about = RECIPE.with_name("training.md").read_text(encoding="utf-8")
    more = re.findall(r"^    (?:torchrun .+ -m )?videosal (.+)$", about, re.MULTILINE)
    assert len(more) == 3
    for line in (*COMMANDS, *more):
        verb, *arguments = shlex.split(line)
        command = cli.get_command(click.Context(cli), verb)
        assert command is not None
        command.make_context(verb, arguments)  # parses, and runs nothing but the plug-in


@pytest.mark.slow
def test_the_network_is_better_than_the_center_and_the_mean_map_by_the_suites_scoring(folder: Path) -> None:
    """With the page's own commands, on videos that it was not trained on."""
    from videosal import load_run

    for line in COMMANDS[:4]:
        done = CliRunner().invoke(cli, shlex.split(line), catch_exceptions=False)
        assert done.exit_code == 0, done.output
    names = ("my-network", "center", "mean-map")
    summaries: dict[str, Any] = {name: load_run(f"runs/{name}").summary() for name in names}
    cc = {name: float(summary.loc["cc", "frame_mean"]) for name, summary in summaries.items()}
    assert cc["my-network"] > max(cc["center"], cc["mean-map"]) + 0.3, cc
