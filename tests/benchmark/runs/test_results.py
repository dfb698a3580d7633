from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pandas as pd
import pytest

from videosal import load_run, merge_runs, score
from videosal.benchmark.runs import store
from videosal.datasets import load_dataset
from videosal.disk.sealed import seal
from videosal.errors import RunError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MapMaker, TreeMaker


@pytest.fixture
def scored(dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path) -> dict[str, Any]:
    """Arguments of a call of `score` that works."""
    dataset = load_dataset("dhf1k:val", dhf1k_tree((601, 602, 603)))
    return {
        "predictions": prediction_folder(dataset),
        "dataset": "dhf1k:val",
        "root": dataset.root,
        "metrics": ["cc", "nss"],
        "out": tmp_path / "run",
    }


def no_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(run: Path, video: str) -> None:
        raise AssertionError(f"the frames of {video} are read")

    monkeypatch.setattr(store, "read_video", read)


def test_the_summary_says_what_the_frames_come_to_and_no_frame_is_read(
    scored: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = score(**scored)
    content = json.loads((scored["out"] / "summary.json").read_text())
    assert content["videos"]["0601"]["n"] == content["videos"]["0601"]["possible"] == {"cc": 3, "nss": 3}
    assert content["videos"]["0601"]["status"] == {"ok": 3}
    for key in ("name", "signature", "aggregation", "metrics", "notes", "undefined_as", "finished"):
        assert content[key] == made.info[key]
    no_frames(monkeypatch)
    read = load_run(scored["out"])
    pd.testing.assert_frame_equal(read.summary(), made.summary(), check_exact=True)
    pd.testing.assert_frame_equal(read.videos, made.videos, check_exact=True)
    assert (read.complete, read.coverage, repr(read)) == (True, made.coverage, repr(made))


def test_a_run_without_a_summary_is_read_from_its_frames(scored: dict[str, Any]) -> None:
    made = score(**scored)
    (scored["out"] / "summary.json").unlink()
    read = load_run(scored["out"])
    pd.testing.assert_frame_equal(read.summary(), made.summary(), check_exact=True)
    assert read.complete


def test_results_of_earlier_versions_are_read(scored: dict[str, Any]) -> None:
    made = score(**scored)
    for file in (scored["out"] / "videos").iterdir():
        content = json.loads(file.read_text())
        del content["possible"], content["suite"], content["digest"]
        file.write_text(json.dumps(content))
    read = load_run(scored["out"])
    pd.testing.assert_frame_equal(read.summary(), made.summary())
    assert read.frame_table.by_video.possible.isna().all(axis=None)


@pytest.mark.parametrize("change", ["result", "missing", "metrics", "again"])
def test_a_summary_that_is_not_true_is_left_aside(scored: dict[str, Any], change: str) -> None:
    score(**scored)
    out = scored["out"]
    info = store.read_info(out)
    file = out / "videos/0602.json"
    if change == "result":
        content = json.loads(file.read_text())
        content["scores"]["cc"] = [0.5, 0.5, 0.5]
        del content["digest"]
        file.write_text(seal(content))
        os.utime(file, ns=(0, (out / "summary.json").stat().st_mtime_ns + 1))
        assert load_run(out).videos["cc"][1] == 0.5
    elif change == "missing":
        file.unlink()
        assert load_run(out).videos["video"].tolist() == ["0601", "0603"]
    elif change == "metrics":
        store.write_info(out, {**info, "metrics": ["cc", "nss", "sim"]})
    else:
        store.write_info(out, {**info, "finished": None})
    assert store.read_summary(out, store.read_info(out)) is None


def test_a_metric_that_not_all_videos_have_is_nan_there_and_the_run_is_incomplete(scored: dict[str, Any]) -> None:
    score(**scored)
    info = store.read_info(scored["out"])
    store.write_info(scored["out"], {**info, "metrics": ["cc", "nss", "sim"]})
    read = load_run(scored["out"])
    assert not read.complete
    assert read.frames["sim"].isna().all()
    assert read.summary().loc["cc", "n"] == 9


def test_a_damaged_summary_is_named(scored: dict[str, Any]) -> None:
    score(**scored)
    file = scored["out"] / "summary.json"
    content = json.loads(file.read_text())
    for text in ("{", "[]", json.dumps({"videos": {name: {} for name in content["videos"]}})):
        file.write_text(text)
        with pytest.raises(RunError, match=r"summary\.json is damaged .* delete it"):
            load_run(scored["out"])


def test_a_summary_of_two_parts_is_that_of_the_whole(scored: dict[str, Any], tmp_path: Path) -> None:
    whole = score(**scored)
    parts = [score(**{**scored, "out": tmp_path / part[0]}, shard=part).path for part in ("1/2", "2/2")]
    merge_runs(parts, tmp_path / "merged")
    videos = [json.loads((path / "summary.json").read_text())["videos"] for path in (whole.path, tmp_path / "merged")]
    assert videos[0] == videos[1]


@pytest.mark.parametrize("protocol", ["standard", "vinet", "vinet-v2", "dhf1k"])  # under standard it scores 0
def test_a_map_that_says_nothing_is_told_from_a_truth_that_says_nothing(scored: dict[str, Any], protocol: str) -> None:
    blank = np.zeros((18, 32), np.uint8)
    for name in ("maps", "fixation"):
        cv2.imwrite(str(scored["root"] / "annotation/0601" / name / "0002.png"), blank)
    for video, frame in (("0601", "0002"), ("0602", "0001"), ("0602", "0003"), ("0603", "0001")):
        cv2.imwrite(str(scored["predictions"] / video / f"{frame}.png"), np.full((18, 32), 128, np.uint8))
    run = score(**{**scored, "metrics": ["cc"]}, protocol=protocol)
    assert run.summary().loc["cc", ["n", "n_undefined", "n_by_map"]].tolist() == (
        [8, 1, 0] if protocol == "standard" else [5, 4, 3]
    )
    assert run.frame_table.by_video.possible["cc"].tolist() == [2, 3, 3]


def test_added_metrics_keep_what_is_known_of_the_old(scored: dict[str, Any]) -> None:
    cv2.imwrite(str(scored["predictions"] / "0601/0001.png"), np.full((18, 32), 128, np.uint8))
    scored["protocol"] = "mit"  # where a map without information leaves CC undefined
    score(**{**scored, "metrics": ["cc"]})
    both = score(**{**scored, "metrics": ["kld"]})
    assert both.summary()["n_by_map"].to_dict() == {"kld": 0, "cc": 1}
    shutil.rmtree(scored["out"])
    whole = score(**{**scored, "metrics": ["kld", "cc"]})
    pd.testing.assert_frame_equal(both.frame_table.by_video.possible, whole.frame_table.by_video.possible)
