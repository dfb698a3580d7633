"""The damaged and hostile files that were met, each with what is right: of results, tables, names and settings."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

import videosal
from videosal.datasets import load_dataset

if TYPE_CHECKING:
    from tests.conftest import MapMaker, TreeMaker
    from tests.faults.conftest import Command


def change(run: Path, **values: Any) -> None:
    info = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**info, **values}))
    (run / "summary.json").unlink()


@pytest.mark.parametrize("case", ["run-metric-extra", "run-no-metrics", "run-no-name", "run-videos-int"])
def test_a_damaged_run_json(run: Path, faults: Path, case: str, command: Command) -> None:
    shutil.copy(faults / case / "run.json", run / "run.json")
    for verb in ("table", "export", "report"):
        code, out, err = command(verb, run)
        assert (code, out) == (2, ""), case
        assert err.startswith("error: ")
        assert err.count("\n") == 1
    assert "run.json is damaged" in err or case == "run-metric-extra"


def test_one_changed_score_of_a_result(run: Path, command: Command) -> None:
    file = run / "videos/0004.json"
    text = file.read_text()
    changed = re.sub(r'("cc": \[)-?\d\.', r"\g<1>9.", text, count=1)
    assert changed != text
    file.write_text(changed)
    code, out, err = command("table", run)
    assert (code, out) == (2, "")
    assert re.fullmatch(r"error: .*0004\.json is damaged \(its digest is wrong: .*\): delete it and run .*\n", err)


@pytest.mark.parametrize(
    "year", ["2024}, note = {\\input{/etc/passwd}\\write18{id}", "\\input{x}", "20 24", [2024], 1e9]
)
def test_a_year_that_is_none_is_left_out_of_bibtex(run: Path, command: Command, year: Any) -> None:
    model = json.loads((run / "run.json").read_text())["model"]
    change(run, model={**model, "reference": "Ann, @book{x, \\input{y} %", "year": year}, name="@preamble{\\x}")
    code, out, _ = command("table", run, "--format", "bibtex")
    assert code == 0
    assert "year" not in out
    assert not re.search(r"\\(input|write18|x\b)", out)
    assert [line for line in out.splitlines() if line.startswith("@")] == ["@misc{preamblex,"]


def test_the_case_of_a_hostile_year(run: Path, faults: Path, command: Command) -> None:
    info = json.loads((faults / "bibtex-injection/run.json").read_text())
    change(run, model=info["model"], name=info["name"])
    code, out, _ = command("table", run, "--format", "bibtex", "--allow-incomplete")
    assert code == 0
    assert "\\input" not in out
    assert "\\write18" not in out
    for form in ("csv", "markdown", "html", "latex"):
        code, out, _ = command("table", run, "--format", form)
        assert code == 0
        assert not any(character in out for character in "\x1b\x07\0\u202e")


def test_text_of_csv_is_no_formula(run: Path, command: Command) -> None:
    model = json.loads((run / "run.json").read_text())["model"]
    change(run, name="=cmd|'/C calc'!A0\x07\n", model={**model, "input_size": "\t@SUM(1)"})
    code, out, _ = command("table", run, "--format", "csv")
    assert code == 0
    (row,) = csv.DictReader(io.StringIO(out))
    assert row["model"] == "'=cmd|'/C calc'!A0"
    assert row["input_size"] == "'@SUM(1)"
    assert float(row["sample_test_cc"]) == videosal.load_run(run).summary()["frame_mean"]["cc"]
    code, out, _ = command("export", run)
    assert {row["run"] for row in csv.DictReader(io.StringIO(out))} == {"'=cmd|'/C calc'!A0"}
    assert "\x07" not in out


@pytest.mark.parametrize("form", ["markdown", "latex", "csv", "html", "json", "bibtex"])
def test_no_format_prints_a_command(run: Path, command: Command, form: str) -> None:
    hostile = "\\input{/etc/passwd}<script>alert(1)</script>\x1b[2J\u202e\x9b[x](javascript:y)"
    model = json.loads((run / "run.json").read_text())["model"]
    change(run, name=hostile, title=hostile, signature=hostile, model={**model, "title": hostile, "reference": hostile})
    code, out, err = command("table", run, "--format", form)
    assert code == 0, err
    assert not any(character in out for character in "\x1b\x9b\u202e")
    if form in ("latex", "bibtex"):
        assert "\\input" not in out
    if form in ("markdown", "html"):
        assert "<script" not in out
    if form == "markdown":
        assert not re.search(r"(?<!\\)\[x(?<!\\)\]\(", out)


@pytest.mark.parametrize("name", ["../../x", "/abs/x", "a/b", "..", ".hidden", "w/o STSA", "con", "x" * 300, "a\x1bb"])
def test_a_name_stays_inside_its_folder(
    dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    root = dhf1k_tree((601,))
    maps = prediction_folder(load_dataset("dhf1k:val", root))
    here = tmp_path / "deep/er"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    made = videosal.score(maps, "dhf1k:val", root, name=name, metrics=["cc"])
    assert made.name == name
    assert (here / made.path).parent == here / "runs"
    assert [path.name for path in here.iterdir()] == ["runs"]
    assert len(list((here / "runs").iterdir())) == 1


def test_a_label_of_a_bench_file_stays_inside_its_folder(tmp_path: Path, command: Command) -> None:
    bench = '[[dataset]]\nname = "sample"\n[[model]]\nmodel = "center"\nname = "../../x/y"\n'
    (tmp_path / "in").mkdir()
    (tmp_path / "in/bench.toml").write_text(f'metrics = ["cc"]\n{bench}')
    assert command("bench", tmp_path / "in/bench.toml")[0] == 0
    (made,) = (tmp_path / "in/runs").iterdir()
    assert made.name == "___.._x_y-sample-default-standard"
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    twice = bench + '[[model]]\nmodel = "uniform"\nname = "__/../x/y"\n'
    (tmp_path / "in/bench.toml").write_text(twice)
    code, _, err = command("bench", tmp_path / "in/bench.toml")
    assert code == 2
    assert "2 entries are called '___.._x_y' and would share a run directory" in err


def test_the_name_of_a_video_stays_inside_the_folder_of_maps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from videosal.datasets.sets.sample import Sample

    found = Sample.videos

    def renamed(self: Sample, split: str, root: Path) -> Any:
        videos = found(self, split, root)
        for video in videos:
            object.__setattr__(video, "name", f"../../{video.name}")
        return videos

    monkeypatch.setattr(Sample, "videos", renamed)
    with_names = load_dataset("sample:test")
    assert with_names[0].name.startswith("../../")
    made = videosal.run("center", "sample:test", metrics=["cc"], save_maps=tmp_path / "a/maps", out=tmp_path / "a/run")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert {path.name for path in (tmp_path / "a").iterdir()} == {"maps", "run"}
    again = videosal.score(tmp_path / "a/maps", "sample:test", metrics=["cc"], out=tmp_path / "a/again")
    assert again.frames.equals(made.frames)


@pytest.mark.parametrize(
    ("case", "file", "said"),
    [
        ("bench-format-keyerror", "bench3.toml", r"save_maps is .* and may hold {dataset} and {split} only"),
        ("bench-nested-metric", "bench.toml", r"metrics is \[\['cc'\]\], expected a list of texts"),
    ],
)
def test_a_bench_file(faults: Path, command: Command, case: str, file: str, said: str) -> None:
    code, out, err = command("bench", faults / case / file)
    assert (code, out) == (2, "")
    assert re.fullmatch(rf"error: .*{file}.*{said}.*\n", err)


def test_a_profile_whose_numbers_are_text(faults: Path, command: Command) -> None:
    file = faults / "profile-types/prof.json"
    code, out, err = command("table", "--published", "stsanet-table1", "--profile", file)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {file}: gmacs is 'x', which is no number")


def test_settings_of_the_wrong_type(faults: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(faults / "videosal-toml-type")
    code, _, err = command("score", "maps", "-d", "dhf1k:val")
    assert code == 2
    assert err.startswith("error: videosal.toml: dhf1k is 5, expected text")


def test_names_of_an_archive_are_printed_as_escapes(faults: Path, dhf1k_tree: TreeMaker, tmp_path: Path) -> None:
    archive = shutil.copy(faults / "terminal-escapes/esc.zip", tmp_path / "esc.zip")
    given = [archive, "-d", "dhf1k:val", "--root", dhf1k_tree((601,)), "--out", tmp_path / "r", "--allow-missing"]
    program = [sys.executable, "-m", "videosal", "score", *map(str, given)]
    done = subprocess.run(program, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert "\\x1b]0;pwned\\x07\\x1b[2Jx.png" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_explain_prints_escapes(run: Path, made: Path, command: Command) -> None:
    change(run, name="a\x1b[2Jb\x07")
    code, out, _ = command("explain", made / "run", run)
    assert code == 0
    assert "\x1b" not in out
    assert "\x07" not in out


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git to make a repository")
def test_git_of_a_stranger_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command) -> None:
    evil = tmp_path / "evil"
    evil.mkdir()
    monkeypatch.chdir(evil)
    identity = {f"GIT_{who}_{what}": "x@y" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    for asked in (["init", "-q", "."], ["commit", "-q", "--allow-empty", "-m", "y"]):
        subprocess.run(["git", *asked], check=True, env={**os.environ, **identity})
    commit = subprocess.run(["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    hook = f"touch {tmp_path}/PWNED; false"
    for key in ("core.fsmonitor", "core.pager", "core.sshCommand", "diff.external", "core.hooksPath", "alias.status"):
        subprocess.run(["git", "config", key, f"!{hook}" if key.startswith("alias") else hook], check=True)
    assert command("run", "center", "-d", "sample", "--metrics", "cc", "--out", tmp_path / "run")[0] == 0
    assert not (tmp_path / "PWNED").exists()
    assert json.loads((tmp_path / "run/run.json").read_text())["sessions"][0]["commit"] == commit


def test_what_is_handed_on_says_nothing_of_who_made_it(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    import platform

    monkeypatch.setattr(platform, "node", lambda: "ann-laptop-17")
    home = tmp_path / "home/ann smith"
    home.mkdir(parents=True)
    monkeypatch.chdir(home)
    Path("net.py").write_text(
        "import numpy as np\nfrom pathlib import Path\n\n\nclass Net:\n"
        "    def __init__(self, weights=None, device='cpu', table: Path | None = None):\n        pass\n\n"
        "    def predict(self, frames):\n        yield from (np.eye(9) + i for i in range(len(frames)))\n"
    )
    Path("weights.bin").write_bytes(b"w")
    Path("table.txt").write_text("t")
    cv2.imwrite("base.png", np.full((9, 9), 3, np.uint8))
    given = ["--weights", home / "weights.bin", "-o", f"table={home / 'table.txt'}", "--baseline", home / "base.png"]
    code, _, err = command(
        *("run", f"{home / 'net.py'}:Net", "-d", "sample", *given),
        *("--save-maps", home / "maps", "--out", home / "run", "--metrics", "cc,ig"),
    )
    assert code == 0, err
    info = (home / "run/run.json").read_text()
    assert "ann-laptop-17" in info  # it is its owner's
    assert "ann smith" in info
    shared_files = [Path(shutil.copy(home / "maps/maps.json", home / "maps.json")), home / "run/scores.h5"]
    assert {"net.py:Net", "weights.bin", "table.txt"} <= set(re.findall(r'"([^"]*)"', shared_files[0].read_text()))
    for verb, *options in (
        *(("table", "--format", form) for form in ("markdown", "latex", "csv", "html", "json", "bibtex")),
        ("export",),
        ("report",),
        ("report", "--frames", "0"),
    ):
        shared_files.append(home / f"{len(shared_files)}.out")
        code, _, err = command(verb, home / "run", *options, "--out", shared_files[-1])
        assert code == 0, err
    shutil.rmtree(home / "maps")  # the page then says why frames are not shown
    shared_files.append(home / "lacking.html")
    assert command("report", home / "run", "--out", shared_files[-1])[0] == 0
    shared_files.append(home / "sample.h5")
    assert command("pack", "sample", "--out", shared_files[-1])[0] == 0
    for file in shared_files:
        content = file.read_bytes().decode("latin-1")
        for private in ("ann smith", "ann-laptop-17", str(tmp_path), "--save-maps", str(Path.home()) + "/"):
            assert private not in content, (file.name, private)
