"""The cases of ``shared/cases``: failures that users reported, each run with the commands of its README on a copy."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from videosal.cli import main

if TYPE_CHECKING:
    from collections.abc import Sequence

REPOSITORY = Path(__file__).parents[2]
SCORE = "-d dhf1k:val --root ../_base/copy --out out/x --existing overwrite"  # what most commands end with

# What `_base/maps` scores on `_base/copy`, and so does all that holds the same maps.
BASE = {"CC": 0.7165, "NSS": 1.9946, "KLD": 1.6026, "AUC-J": 0.9156, "s-AUC": 0.6649, "IG": -0.5198}


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said: its exit code, what it printed, and the lines on the error stream."""

    code: int
    out: str
    err: str

    @property
    def figures(self) -> dict[str, float]:
        """The frame means that were printed."""
        found = re.findall(r"^\| ([A-Za-z-]+) \S+ *\| *(-?[0-9.]+)", self.out, re.MULTILINE)
        return {name: float(value) for name, value in found}

    def agrees(self, figures: dict[str, float]) -> bool:
        """Whether the command succeeded with these figures, to the last printed digit."""
        return self.code == 0 and figures.items() <= self.figures.items()

    def fails(self, text: str) -> bool:
        """Whether all that the command said is one line with this error."""
        one = self.err.startswith("error: ") and self.err.count("\n") == 1
        return self.code == 2 and not self.out and one and text in self.err


class Case(Protocol):
    """Makes a copy of a case, enters it, and returns its folder."""

    def __call__(self, name: str) -> Path: ...


class Videosal(Protocol):
    """Runs ``videosal COMMAND`` in this process, in the folder of the case."""

    def __call__(self, command: str) -> Said: ...


@pytest.fixture(scope="session")
def cases(shared: Path) -> Path:
    folder = shared / "cases"
    if not folder.is_dir():
        pytest.skip(f"there is no {folder}: the cases are not part of the repository")
    return folder


@pytest.fixture
def case(cases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    def enter(name: str) -> Path:
        for part in ("_base", name):
            shutil.copytree(cases / part, tmp_path / part, copy_function=shutil.copyfile)
        for path in tmp_path.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        folder = tmp_path / name
        (folder / "out").mkdir()
        monkeypatch.chdir(folder)
        return folder

    return enter


@pytest.fixture
def videosal(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Videosal:
    def run(command: str) -> Said:
        caplog.clear()
        monkeypatch.setattr(sys, "argv", ["videosal", *shlex.split(command)])
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
            main()
        # Under pytest the log has readers already, so that the command line adds none of its own.
        logged = [f"{record.levelname.lower()}: {record.getMessage()}\n" for record in caplog.records]
        return Said(int(ended.value.code or 0), out.getvalue(), "".join(logged) + err.getvalue())

    return run


# Runs commands of videosal in one process; between them NAME=VALUE, or a command of the shell behind a "!".
_DRIVER = """
import contextlib, io, json, os, shlex, subprocess, sys
from videosal.cli import main
said = []
for command in json.load(sys.stdin):
    if command.startswith("!"):
        subprocess.run(command[1:], shell=True, check=True)
        continue
    if "=" in command.partition(" ")[0]:
        os.environ.update([command.split("=")])
        continue
    sys.argv = ["videosal", *shlex.split(command)]
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            main()
        except SystemExit as ended:
            said.append([int(ended.code or 0), out.getvalue(), err.getvalue()])
print(json.dumps(said))
"""


def run_apart(commands: Sequence[str], *, before: Sequence[str] = (), env: dict[str, str] | None = None) -> list[Said]:
    """Run commands in a process of their own, behind the words `before`, such as ``setpriv``."""
    done = subprocess.run(
        [*before, sys.executable, "-c", _DRIVER],
        input=json.dumps(list(commands)),
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [Said(*entry) for entry in json.loads(done.stdout.splitlines()[-1])]


def mounted(mount: str) -> list[str]:
    """Return the words that run a command where a shell has mounted something, which nobody else sees."""
    words = ["unshare", "-m", "bash", "-c", f'{mount} && exec "$@"', "mounted"]
    if not shutil.which("unshare") or subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        pytest.skip("mounting needs root and unshare")
    return words
