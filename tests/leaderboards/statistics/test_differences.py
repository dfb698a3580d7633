from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import videosal
from videosal.disk.sealed import seal
from videosal.errors import RunError, TableError
from videosal.leaderboards import explain_runs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MapMaker, TreeMaker


@pytest.fixture
def two(dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path) -> tuple[Path, Path]:
    root = dhf1k_tree((601, 602))
    maps = prediction_folder(videosal.load_dataset("dhf1k:val", root))
    for name in ("one", "two"):
        videosal.score(maps, "dhf1k:val", root, name=name, metrics=["cc", "nss"], out=tmp_path / name)
    return tmp_path / "one", tmp_path / "two"


def change(run: Path, **fields: object) -> None:
    file = run / "run.json"
    info = json.loads(file.read_text())
    file.write_text(json.dumps({**info, **fields}))


def test_equal_runs_differ_in_their_names_alone(two: tuple[Path, Path]) -> None:
    differences, moves = explain_runs(*two)
    assert {d.field for d in differences} <= {"name"}
    assert [(move.metric, move.common, move.n_changed, move.largest) for move in moves] == [
        ("cc", 0, 0, ""),
        ("nss", 0, 0, ""),
    ]


def test_each_kind_of_difference_is_named(two: tuple[Path, Path]) -> None:
    first, second = (json.loads((run / "run.json").read_text()) for run in two)
    signature = first["signature"].replace("nss=ddof1", "nss=ddof0")
    session = first["sessions"][0]
    sessions = [{**session, "versions": {**session["versions"], "numpy": "0.1"}}]
    change(two[1], signature=signature, sessions=sessions, fingerprint="other", baseline="center", extra=1)
    found = {d.field: (d.group, d.first, d.second) for d in explain_runs(*two)[0]}
    assert found["signature.nss"] == ("protocol", "ddof1", "ddof0")
    assert found["versions.numpy"] == ("versions", second["sessions"][0]["versions"]["numpy"], "0.1")
    assert found["fingerprint"][0] == "data set"
    assert found["baseline"][2] == "center"
    assert found["extra"] == ("other", "", "1")


def test_the_cause_of_a_difference_is_named(dhf1k_tree: TreeMaker, tmp_path: Path) -> None:
    root, model = dhf1k_tree((601, 602)), tmp_path / "mine.py"
    runs = []
    for sign in ("", "-"):
        model.write_text(
            f"class M:\n    def predict(self, frames):\n        return ({sign}f.mean(axis=2) for f in frames)\n"
        )
        out = tmp_path / f"run{sign}"
        runs.append(videosal.run(f"{model}:M", "dhf1k:val", root, metrics=["cc"], out=out))
    found = {d.field: (d.group, d.second) for d in explain_runs(*runs)[0]}
    assert found["the code of the model"] == ("predictions", "mine.py was edited")


def test_moves_and_frames_are_counted(two: tuple[Path, Path]) -> None:
    file = two[1] / "videos" / "0602.json"
    content = json.loads(file.read_text())
    content["scores"]["cc"][1] += 0.3
    content["status"][0] = "unreadable"
    content["scores"]["nss"][0] = None
    del content["digest"]
    file.write_text(seal(content))
    differences, (cc, nss) = explain_runs(*two)
    [status] = [d for d in differences if d.group == "frames"]
    assert status.field == "status of 1 frames"
    assert (cc.n_common, cc.n_changed, cc.largest) == (6, 1, "0602/0002")
    assert cc.common == pytest.approx(0.05)
    assert cc.second - cc.first == pytest.approx(0.05)
    assert (nss.n_common, nss.n_changed) == (5, 0)


def test_other_videos_are_listed(two: tuple[Path, Path]) -> None:
    (two[1] / "videos" / "0602.json").unlink()
    differences, _ = explain_runs(*two)
    [frames] = [d for d in differences if d.group == "frames"]
    assert frames.first == "only here: 0602/0001, 0602/0002, 0602/0003"
    assert frames.second == "all 3 are in the other"


def test_wrong_input(two: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(TableError, match="given twice"):
        explain_runs(two[0], two[0])
    with pytest.raises(RunError, match="not a run"):
        explain_runs(two[0], tmp_path / "gone")
    change(two[1], schema=99)
    with pytest.raises(RunError, match="schema 99"):
        explain_runs(*two)
