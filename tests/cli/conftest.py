"""Runs a verb within this process: a second faster per call than a process of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

import videosal
from videosal.cli import cli

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MapMaker, TreeMaker

Invoke = Callable[..., Result]


@pytest.fixture
def invoke() -> Invoke:
    """Run ``videosal ARGS``; a `VideosalError` is left in ``result.exception``, whose text `main` prints."""

    def run(*args: object) -> Result:
        return CliRunner().invoke(cli, list(map(str, args)))

    return run


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `three_runs` keeps what it made."""
    return tmp_path_factory.mktemp("three-runs")


@pytest.fixture
def three_runs(
    dhf1k_tree: TreeMaker,
    prediction_folder: MapMaker,
    made: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> list[Path]:
    """Run directories ``one``, ``two`` (random maps) and ``center`` on four videos; the working directory is theirs.

    They are made once and copied for each test, which may change its copy; data and maps stay where they were made.
    """
    monkeypatch.chdir(tmp_path)
    paths = [tmp_path / name for name in ("one", "two", "center")]
    if (made / "center").is_dir():
        shutil.copytree(made, tmp_path, dirs_exist_ok=True)
        return paths
    root = dhf1k_tree((601, 602, 603, 604))
    data = videosal.load_dataset("dhf1k:val", root)
    for seed, name in enumerate(("one", "two")):
        maps = prediction_folder(data, seed=seed)
        videosal.score(maps, "dhf1k:val", root, name=name, metrics=["cc", "nss"], out=tmp_path / name)
    videosal.run("center", "dhf1k:val", root, metrics=["cc", "nss"], out=tmp_path / "center")
    shutil.copytree(tmp_path, made, dirs_exist_ok=True)
    return paths
