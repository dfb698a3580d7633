"""Text that is not as usual: the encoding of the output, names that are no text, ``~``, a byte order mark."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cases.conftest import BASE, SCORE
from videosal.cli import main

if TYPE_CHECKING:
    from tests.cases.conftest import Case, Videosal


def print_in(encoding: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str) -> str:
    """Run a command whose output goes to a file in this encoding."""
    file = tmp_path / "printed"
    monkeypatch.setattr(sys, "argv", ["videosal", *command.split()])
    with file.open("w", encoding=encoding) as out, redirect_stdout(out), pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    return file.read_text(encoding=encoding)


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "koi8-r", "gbk", "ascii", "utf-8"])
def test_output_goes_on_in_any_encoding(
    case: Case, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, encoding: str
) -> None:
    case("output-encoding")
    up = "^" if encoding in ("cp1252", "latin-1", "koi8-r", "ascii") else "\u2191"
    printed = print_in(encoding, monkeypatch, tmp_path, f"score ../_base/maps {SCORE}")
    assert f"| CC {up} " in printed
    assert printed.splitlines()[-1] == "run: out/x"
    assert "partial copy of the data set" in print_in(encoding, monkeypatch, tmp_path, "table out/x").splitlines()[-1]


def test_folders_whose_names_are_no_text(case: Case, videosal: Videosal) -> None:
    folder = case("paths-not-utf8")
    data = os.fsdecode(b"out/daten\xe9")
    shutil.copytree("../_base", data)
    maps = f"{data}/" + os.fsdecode(b"maps\xe9")  # which the run is called after
    (folder / data / "maps").rename(maps)
    assert videosal(f"score {maps} -d dhf1k:val --root {data}/copy --out out/nu").agrees(BASE)
    for command in (
        "report out/nu --out out/nu.html",
        f"pack dhf1k:val --root {data}/copy --out out/nu.h5",
        "table out/nu",
        "table out/nu --out out/nu.tex",
        "export out/nu --out out/nu.csv",
        "figure out/nu --out out/nu.png",
        "merge out/nu --out out/merged",
        f"run {data}/redness.py:Redness -d dhf1k:val --root {data}/copy --out out/model",
    ):
        assert videosal(command).code == 0, command
    assert "maps\\udce9" in Path("out/nu.csv").read_text(encoding="utf-8")
    assert videosal("score ../_base/maps -d dhf1k:val --root out/nu.h5 --out out/packed").agrees(BASE)


def test_a_home_and_a_byte_order_mark(case: Case, videosal: Videosal, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = case("tilde-paths")
    home = folder / "out/h"
    shutil.copytree("../_base/copy", home / "DHF1K")
    shutil.copytree("../_base/maps", home / "maps")
    monkeypatch.setenv("HOME", str(home))
    assert videosal("verify dhf1k:val --root=~/DHF1K").out.startswith(f"dhf1k:val at {home}/DHF1K\n")
    assert videosal("verify dhf1k:val").out.startswith(f"dhf1k:val at {home}/DHF1K\n")  # of videosal.toml
    assert videosal("score ../_base/maps -d dhf1k:val --root ../_base/copy --out=~/r1").agrees(BASE)
    assert videosal("score '~/maps' -d dhf1k:val --root '~/DHF1K' --out '~/r2'").agrees(BASE)
    assert videosal("pack dhf1k:val --root ~/DHF1K --out ~/p.h5").code == 0
    assert videosal("table ~/r1 '~/r2' --seeds").code == 0
    assert videosal("figure ~/r1 --maps maps=~/maps --out ~/f.png").code == 0
    assert (home / "r1/run.json").is_file()
    monkeypatch.setenv("VIDEOSAL_DATA", "~")
    (home / "DHF1K").rename(home / "dhf1k")
    (folder / "videosal.toml").unlink()
    assert videosal("verify dhf1k:val").out.startswith(f"dhf1k:val at {home}/dhf1k\n")
    assert not list(folder.rglob("~*"))
    monkeypatch.chdir(folder / "bom")
    assert videosal("verify dhf1k:val").out.startswith("dhf1k:val at ../../_base/copy\n")
