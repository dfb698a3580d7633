"""The command line as a user meets it: as a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from videosal.cli import main
from videosal.datasets import load_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MapMaker, TreeMaker


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


def videosal(*args: object, cwd: Path) -> Result:
    command = [sys.executable, "-m", "videosal", *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, stdin=subprocess.DEVNULL, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return Result(done.returncode, done.stdout, done.stderr)


def the_error(result: Result) -> str:
    """Return the one line that a wrong command prints."""
    assert result.code == 2, result
    assert result.out == ""
    lines = result.err.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("error: ")
    return lines[0]


@pytest.fixture
def root(dhf1k_tree: TreeMaker) -> Path:
    return dhf1k_tree((601, 602))


@pytest.fixture
def maps(root: Path, prediction_folder: MapMaker) -> Path:
    return prediction_folder(load_dataset("dhf1k:val", root))


def test_help_names_every_verb_and_each_has_its_own(tmp_path: Path) -> None:
    from videosal.cli import VERBS

    top = videosal("--help", cwd=tmp_path)
    assert top.code == 0
    for verb in VERBS:
        assert verb in top.out
        assert videosal(verb, "--help", cwd=tmp_path).out.startswith("Usage: ")
    assert videosal("--version", cwd=tmp_path).out.startswith("videosal, version ")


def test_the_demo_prints_both_baselines_beside_the_published_table(tmp_path: Path) -> None:
    result = videosal("demo", "--out", "kept", cwd=tmp_path)
    assert result.code == 0, result.err
    for text in ("STSANet", "0.529", "center", "motion", "Sample test", "as reported", "protocol=standard"):
        assert text in result.out
    assert (tmp_path / "kept" / "motion" / "scores.h5").is_file()
    assert (tmp_path / "kept" / "center" / "run.json").is_file()


def test_lists(tmp_path: Path) -> None:
    assert "dhf1k:val" in videosal("datasets", cwd=tmp_path).out
    splits = json.loads(videosal("datasets", "--json", cwd=tmp_path).out)
    assert {
        "dataset": "dhf1k",
        "name": "val",
        "title": "DHF1K val",
        "videos": 100,
        "frames": 60_273,
        "ground_truth": True,
    } in splits
    assert "spectral-residual" in videosal("models", cwd=tmp_path).out
    names = [card["name"] for card in json.loads(videosal("models", "--json", cwd=tmp_path).out)]
    assert {"uniform", "center", "mean-map", "motion", "spectral-residual"} <= set(names)
    card = videosal("models", "center", cwd=tmp_path).out
    assert "Gaussian" in card
    assert "{'sigma': '0.2'}" in card


def test_score_then_table(root: Path, maps: Path, tmp_path: Path) -> None:
    scored = videosal("score", maps, "-d", "dhf1k:val", "--root", root, "--name", "A_B", cwd=tmp_path)
    assert scored.code == 0, scored.err
    assert "| AUC-J ↑" in scored.out
    assert "note: partial copy of dhf1k:val: 2 of 100 videos" in scored.out
    assert "signature: protocol=standard" in scored.out
    assert (tmp_path / "runs/A_B-dhf1k-val/scores.h5").is_file()
    table = videosal("table", "runs/A_B-dhf1k-val", "--published", "stsanet-table1", cwd=tmp_path)
    assert table.code == 0, table.err
    for text in ("DHF1K val", "2 of 100 videos", "STSANet", "protocol=standard"):
        assert text in table.out
    latex = videosal("table", "runs/A_B-dhf1k-val", "--out", "table.tex", cwd=tmp_path)
    assert latex.code == 0, latex.err
    assert r"A\_B" in (tmp_path / "table.tex").read_text()


def test_run_saves_maps_that_score_the_same(root: Path, tmp_path: Path) -> None:
    live = videosal(
        "run", "center", "-d", "dhf1k:val", "--root", root, "--save-maps", "maps", "-o", "sigma=0.3", cwd=tmp_path
    )
    saved = videosal("score", "maps", "-d", "dhf1k:val", "--root", root, "--workers", 2, cwd=tmp_path)
    assert live.code == saved.code == 0, live.err + saved.err
    table = [line for line in live.out.splitlines() if line.startswith("|")]
    assert table == [line for line in saved.out.splitlines() if line.startswith("|")]
    assert len(table) == 10


def test_missing_maps(root: Path, maps: Path, tmp_path: Path) -> None:
    (maps / "0601/0002.png").unlink()
    command = ("score", maps, "-d", "dhf1k:val", "--root", root)
    assert "1 of 6 maps are missing (0601/0002)" in the_error(videosal(*command, cwd=tmp_path))
    allowed = videosal(*command, "--allow-missing", cwd=tmp_path)
    assert allowed.code == 1
    assert "note: incomplete: 1 missing" in allowed.out
    run = "runs/predictions-0-dhf1k-val"
    assert "--allow-incomplete" in the_error(videosal("table", run, cwd=tmp_path))
    assert "incomplete" in videosal("table", run, "--allow-incomplete", cwd=tmp_path).out


def test_wrong_input_gets_one_clear_line(root: Path, maps: Path, tmp_path: Path) -> None:
    def error(*args: object) -> str:
        return the_error(videosal(*args, cwd=tmp_path))

    on = ("-d", "dhf1k:val", "--root", root)
    (tmp_path / "empty").mkdir()
    assert "do not exist" in error("score", "gone", *on)
    assert "empty is empty: expected a folder per video" in error("score", "empty", *on)
    assert "unknown dataset 'dfh1k': did you mean dhf1k?" in error("score", maps, "-d", "dfh1k:val")
    assert "has no public ground truth" in error("score", maps, "-d", "dhf1k:test", "--root", root)
    assert "did you mean --root" in error("score", maps, "-d", "dhf1k:val", "--root", root.parent)
    assert "--dataset" in error("score", maps)
    assert "unknown command 'scor': did you mean score" in error("scor")
    assert "No such option" in error("score", maps, *on, "--wrokers", 2)
    assert "unknown published table 'stsanet'" in error("table", "--published", "stsanet")
    assert "is not a run" in error("table", "empty")
    assert "did you mean center?" in error("run", "centre", *on)
    assert "sigma" in error("run", "center", *on, "-o", "sgima=1")
    assert "KEY=VALUE" in error("run", "center", *on, "-o", "sigma")
    assert "give --weights w.pth instead" in error("run", "center", *on, "-o", "weights=w.pth")
    assert "fails to load" in error("models", "--plugin", _plugin(tmp_path, "1 / 0"))
    first = maps / "0601/0001.png"
    whole = first.read_bytes()
    first.write_bytes(whole[:40])
    assert "0601/0001.png is truncated" in error("score", maps, *on)
    cv2.imwrite(str(first), np.random.default_rng(0).integers(0, 256, (18, 32, 3)))
    assert "0601/0001.png: a colour image" in error("score", maps, *on, "--out", "colour")


def test_a_plugin_adds_a_model(root: Path, tmp_path: Path) -> None:
    code = (
        "import videosal\n"
        "@videosal.register_model('brightness')\n"
        "class Brightness:\n"
        "    '''Bright pixels.'''\n"
        "    def predict(self, frames):\n"
        "        return (frame.mean(axis=2) for frame in frames)\n"
    )
    plugin = _plugin(tmp_path, code)
    assert "brightness" in videosal("models", "--plugin", plugin, cwd=tmp_path).out
    done = videosal(
        "run", "brightness", "-d", "dhf1k:val", "--root", root, "--plugin", plugin, "--workers", 2, cwd=tmp_path
    )
    assert done.code == 0, done.err


def test_several_protocols_print_side_by_side(root: Path, maps: Path, tmp_path: Path) -> None:
    on = ("-d", "dhf1k:val", "--root", root, "--name", "M")
    both = videosal("score", maps, *on, "--protocol", "standard,dhf1k,unisal", cwd=tmp_path)
    assert both.code == 0, both.err
    header = next(line for line in both.out.splitlines() if line.startswith("| metric"))
    assert [cell.strip() for cell in header.split("|")[1:-1]] == ["metric", "standard", "dhf1k", "unisal"]
    for protocol in ("standard", "dhf1k", "unisal"):
        assert f"protocol={protocol}|" in both.out
    assert (tmp_path / "runs/M-dhf1k-val-dhf1k/scores.h5").is_file()
    wrong = videosal("score", maps, *on, "--protocol", "standard,dhf1", cwd=tmp_path)
    assert "unknown protocol 'dhf1': did you mean dhf1k" in the_error(wrong)


def test_shots_or_clips_of_hollywood2(tmp_path: Path) -> None:
    root = tmp_path / "hollywood2"
    generator = np.random.default_rng(0)
    for shot, first in ((1, 3), (2, 9)):
        video = root / "testing" / f"actioncliptest00001_{shot}"
        for number in range(first, first + 3):
            image = cv2.GaussianBlur(generator.uniform(0, 255, (18, 32)), (0, 0), 3).astype(np.uint8)
            fixations = (generator.uniform(size=(18, 32)) < 0.02).astype(np.uint8) * 255
            name = f"actioncliptest00001_{number:05d}.png"
            for part, picture in (("maps", image), ("fixation", fixations)):
                (video / part).mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(video / part / name), picture)
            for folder in (f"shots/actioncliptest00001_{shot}", "clips/actioncliptest00001"):
                (tmp_path / folder).mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(tmp_path / folder / name), image)
    on = ("-d", "hollywood2:test", "--root", root, "--metrics", "cc")
    shots = videosal("score", "shots", *on, "--unit", "shot", cwd=tmp_path)
    assert shots.code == 0, shots.err
    assert "shots on Hollywood-2 test: 6 of 6 frames scored" in shots.out
    clips = videosal("score", "clips", "--unit", "clip", *on, cwd=tmp_path)
    assert clips.code == 0, clips.err
    assert "clips on Hollywood-2 test: 6 of 6 frames scored" in clips.out
    assert len(list((tmp_path / "runs/shots-hollywood2-test/videos").iterdir())) == 2
    assert len(list((tmp_path / "runs/clips-hollywood2-test/videos").iterdir())) == 1


def test_shards_are_merged(root: Path, maps: Path, tmp_path: Path) -> None:
    on = ("-d", "dhf1k:val", "--root", root, "--name", "M")
    for part in (1, 2):
        assert videosal("score", maps, *on, "--shard", f"{part}/2", cwd=tmp_path).code == 0
    merged = videosal("merge", "runs/M-dhf1k-val-1-of-2", "runs/M-dhf1k-val-2-of-2", "--out", "runs/M", cwd=tmp_path)
    assert merged.code == 0, merged.err
    assert "6 of 6 frames scored" in merged.out
    part_alone = videosal("merge", "runs/M-dhf1k-val-1-of-2", "--out", "runs/half", cwd=tmp_path)
    assert part_alone.code == 1
    assert "M on DHF1K val: 3 of 6 frames scored" in part_alone.out
    assert "expected I/N" in the_error(videosal("score", maps, *on, "--shard", "3/2", cwd=tmp_path))


def test_a_bench_file_runs_all_and_goes_on(root: Path, maps: Path, tmp_path: Path) -> None:
    (tmp_path / "bench.toml").write_text(
        f'[[dataset]]\nname = "dhf1k:val"\nroot = "{root}"\n'
        '[[model]]\nmodel = "center"\n[[model]]\nmodel = "motion"\nname = "Motion!"\n'
        f'[[predictions]]\npath = "{maps}"\nname = "Mine"\n'
        '[[predictions]]\npath = "gone"\nname = "Gone"\n'
        '[[table]]\nout = "tables/all.md"\npublished = ["stsanet-table1"]\n'
    )
    done = videosal("bench", "bench.toml", cwd=tmp_path)
    assert done.code == 2
    assert "error: Gone on dhf1k:val, standard: the predictions" in done.err
    assert done.out.count("6 frames, complete") == 3
    table = (tmp_path / "tables/all.md").read_text()
    assert "STSANet" in table
    assert all(name in table for name in ("center", "Motion!", "Mine"))
    times = {file: file.stat().st_mtime_ns for file in tmp_path.glob("runs/*/videos/*.json")}
    assert len(times) == 6
    assert videosal("bench", "bench.toml", cwd=tmp_path).code == 2
    assert times == {file: file.stat().st_mtime_ns for file in tmp_path.glob("runs/*/videos/*.json")}
    assert "did you mean dataset" in the_error(_bench(tmp_path, '[[datset]]\nname = "sample"\n'))


def test_a_bench_file_says_which_run_it_would_replace_and_goes_on(root: Path, tmp_path: Path) -> None:
    model = tmp_path / "mine.py"
    text = "class M:\n    def predict(self, frames):\n        return ({sign}frame.mean(axis=2) for frame in frames)\n"
    model.write_text(text.format(sign=""))
    (tmp_path / "bench.toml").write_text(
        f'[[dataset]]\nname = "dhf1k:val"\nroot = "{root}"\n'
        '[[model]]\nmodel = "mine.py:M"\n[[model]]\nmodel = "center"\n'
    )
    assert videosal("bench", "bench.toml", cwd=tmp_path).code == 0
    model.write_text(text.format(sign="-"))
    done = videosal("bench", "bench.toml", cwd=tmp_path)
    assert done.code == 2
    assert "error: M on dhf1k:val, standard: " in done.err
    assert "the code of the model (mine.py was edited): give --name or --out" in done.err
    assert "note: 2 of 2 videos kept from an earlier run" in done.err
    assert done.out.startswith("center on DHF1K val, standard: 6 frames, complete")


def _bench(folder: Path, text: str) -> Result:
    (folder / "wrong.toml").write_text(text)
    return videosal("bench", "wrong.toml", cwd=folder)


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "videosal", "--debug", "score", "gone", "-d", "sample"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert "Traceback" in done.stderr


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_says_how_to_go_on_and_the_next_call_does(tmp_path: Path, workers: int) -> None:
    slow = _plugin(
        tmp_path,
        "import time, videosal\n"
        "@videosal.register_model('slow')\n"
        "class Slow:\n"
        "    def predict(self, frames):\n"
        "        for frame in frames:\n"
        "            time.sleep(0.05)\n"
        "            yield frame[..., 0]\n",
    )
    command = [sys.executable, "-m", "videosal", "run", "slow", "-d", "sample", "--plugin", str(slow)]
    command += ["--workers", str(workers), "--out", "run"]
    # What a shell runs in the background ignores Ctrl-C, and so would the process if the tests are run that way.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True)
    signal.signal(signal.SIGINT, before)
    results = tmp_path / "run" / "videos"
    deadline = time.monotonic() + 120
    while not (results.is_dir() and any(results.glob("*.json"))) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does on Ctrl-C
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.strip().splitlines() == ["interrupted: what is finished is kept, run the same command again to go on"]
    assert not orphans(process.pid)
    kept = {file.name: file.stat().st_mtime_ns for file in results.glob("*.json")}
    assert 0 < len(kept) < 5
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    for name, written in kept.items():
        assert (results / name).stat().st_mtime_ns == written
    assert len(list(results.glob("*.json"))) == 5


def orphans(group: int, seconds: float = 5) -> list[str]:
    """Return the processes of a group that still run after some seconds; the dead that nobody reaped do not count."""
    deadline = time.monotonic() + seconds
    while True:
        listed = subprocess.run(["ps", "-e", "-o", "pgid=,stat=,args="], capture_output=True, text=True, check=True)
        rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
        left = [" ".join(row) for row in rows if int(row[0]) == group and not row[1].startswith("Z")]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.1)


def _plugin(folder: Path, code: str) -> Path:
    file = folder / "plugin.py"
    file.write_text(code)
    return file


def test_a_closed_pipe_is_no_traceback(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "videosal", "datasets"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, cwd=tmp_path, check=False)
    os.close(writer)
    assert "Traceback" not in done.stderr


def test_a_file_that_ends_too_early_is_not_called_an_interrupt(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """click turns an `EOFError` into what it raises for Ctrl-D."""

    def read() -> None:
        raise EOFError("no end marker")

    monkeypatch.setattr("videosal.datasets.list_datasets", read, raising=False)
    monkeypatch.setattr("sys.argv", ["videosal", "datasets"])
    with pytest.raises(SystemExit, match="2"):
        main()
    said = capsys.readouterr().err.strip()
    assert said == "error: a file ends before its time (no end marker): --debug shows where it is read"
