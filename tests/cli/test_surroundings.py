"""The command line where the surroundings are not as usual: encodings, permissions, homes, scripts from a pipe."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from videosal import cli
from videosal.cli import _expand_home
from videosal.datasets import layouts, load_dataset
from videosal.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import TreeMaker


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "gbk"])
def test_an_encoding_without_arrows_is_no_traceback(encoding: str) -> None:
    script = (
        "import sys; from videosal.cli import make_printable; make_printable();"
        "print('CC \\u2191 KLD \\u2193 \\u2020 \\udce9')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=True,
    )
    assert b"\\udce9" in done.stdout
    assert encoding == "gbk" or b"CC ^ KLD v" in done.stdout


def test_a_home_in_an_option_is_the_users(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, dhf1k_tree: TreeMaker
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert _expand_home("--root=~/DHF1K") == f"--root={tmp_path}/DHF1K"
    assert _expand_home("~/x") == f"{tmp_path}/x"
    assert _expand_home("NAME=~/x") == f"NAME={tmp_path}/x"
    for other in ("~", "./~/x", "a~/x", "--name=~x", "a/b=~/x"):
        assert _expand_home(other) == other
    dhf1k_tree((601,))
    assert len(load_dataset("dhf1k:val", "~/dhf1k")) == 1
    monkeypatch.chdir(tmp_path)
    (tmp_path / "videosal.toml").write_text('[roots]\ndhf1k = "~/dhf1k"\n', encoding="utf-8-sig")
    assert len(load_dataset("dhf1k:val")) == 1


def test_a_folder_that_may_not_be_entered_does_not_vanish(
    monkeypatch: pytest.MonkeyPatch, dhf1k_tree: TreeMaker
) -> None:
    root = dhf1k_tree((601, 602))
    (root / "annotation/0601/maps").rename(root / "annotation/0601/other")
    access = os.access
    monkeypatch.setattr(
        layouts.os, "access", lambda path, mode: "0601" not in str(path) and access(path, mode), raising=True
    )
    with pytest.raises(DatasetError, match=r"annotation/0601 cannot be read \(Permission denied\)"):
        load_dataset("dhf1k:val", root)


def test_a_name_that_is_too_long_is_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "videosal", "verify", "dhf1k:val", "--root", "x" * 300],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_script_from_standard_input_cannot_start_workers() -> None:
    script = "from videosal.benchmark.executor import open_executor\nwith open_executor(2): pass\n"
    done = subprocess.run([sys.executable, "-"], input=script, capture_output=True, text=True, check=False)
    assert "a script from standard input cannot start workers: save it as a file" in done.stderr.splitlines()[-1]


def test_an_interrupt_that_compiled_code_wraps_is_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise SystemError("returned a result with an exception set") from error

    monkeypatch.setattr(cli.cli, "main", interrupted)
    monkeypatch.setattr(sys, "argv", ["videosal", "demo"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 130
    assert capsys.readouterr().err.startswith("interrupted: ")
