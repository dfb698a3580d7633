from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def faults(shared: Path) -> Path:
    """Folder of the damaged and hostile files, a folder per case."""
    folder = shared / "cases/faults"
    if not folder.is_dir():
        pytest.skip(f"no damaged files at {folder}")
    return folder


@pytest.fixture
def videosal(tmp_path: Path) -> Command:
    """Run ``videosal ARGS`` in a process of its own, whose end then tells of crashes."""

    def run(*args: object, cwd: Path = tmp_path, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "videosal", *map(str, args)]
        return subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run
