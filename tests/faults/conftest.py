from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import videosal
from videosal.cli import main

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def faults(shared: Path) -> Path:
    """Folder of the damaged and hostile files, a folder per case."""
    folder = shared / "cases/faults"
    if not folder.is_dir():
        pytest.skip(f"no damaged files at {folder}")
    return folder


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run ``videosal ARGS`` as its program does; returns exit code, output and errors."""

    def run(*args: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["videosal", *map(str, args)])
        with pytest.raises(SystemExit) as caught:
            main()
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), out, err

    return run


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a run of the sample in ``run``, and its maps in ``maps``."""
    folder = tmp_path_factory.mktemp("made")
    videosal.run(
        "center", "sample:test", metrics=["cc", "nss"], name="mine", save_maps=folder / "maps", out=folder / "run"
    )
    return folder


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    """A copy of that run, to be damaged."""
    return Path(shutil.copytree(made / "run", tmp_path / "run"))
