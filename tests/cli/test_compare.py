from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

import videosal

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Invoke
    from tests.conftest import MapMaker, TreeMaker


def test_pairs_with_all_figures(invoke: Invoke, three_runs: list[Path]) -> None:
    result = invoke("compare", *three_runs, "--metrics", "cc")
    assert result.exit_code == 0, result.output
    assert result.output.count("| CC ↑") == 3
    for text in ("one (first) against two (second), 4 videos", "95 % interval", "Holm", "won/tied/lost", "seed 0"):
        assert text in result.output
    assert "corrected for all 3 comparisons" in result.output
    assert "note: 4 videos cannot tell runs apart: p is 0.125 at best, 0.38 when corrected for 3" in result.output


def test_json_and_slices(invoke: Invoke, three_runs: list[Path], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("video,place\n601,in\n602,in\n603,in\n604,out\n")
    result = invoke("compare", *three_runs[:2], "--by", tmp_path / "a.csv", "--json", "--test", "wilcoxon")
    found = json.loads(result.output)
    assert [(line["slice"], line["metric"], line["n_videos"]) for line in found] == [
        ("DHF1K val, place=in (3 videos)", "cc", 3),
        ("DHF1K val, place=in (3 videos)", "nss", 3),
        ("DHF1K val, place=out (1 video)", "cc", 1),
        ("DHF1K val, place=out (1 video)", "nss", 1),
    ]
    assert found[-1]["low"] is None
    assert found[-1]["p"] == 1
    assert (found[0]["first"], found[0]["second"]) == ("one", "two")
    assert found[0]["difference"] == pytest.approx(found[0]["first_mean"] - found[0]["second_mean"])


def test_wrong_input(invoke: Invoke, three_runs: list[Path], tmp_path: Path) -> None:
    assert "two or more" in str(invoke("compare", three_runs[0]).exception)
    assert "given twice" in str(invoke("compare", three_runs[0], three_runs[0]).exception)
    assert "not a run" in str(invoke("compare", three_runs[0], tmp_path / "gone").exception)
    assert "Invalid value for '--test'" in invoke("compare", *three_runs, "--test", "t").output


def test_maps_that_say_nothing_give_no_verdict(invoke: Invoke, three_runs: list[Path], tmp_path: Path) -> None:
    """Under a protocol, mit, whose code gives no value to a map without information; under standard it has one."""
    maps = tmp_path / "flat"
    given = [videosal.load_run(run) for run in three_runs[:2]]
    shutil.copytree(given[1].info["predictions"], maps)
    for video in ("0601", "0602", "0603"):
        cv2.imwrite(str(maps / video / "0002.png"), np.full((18, 32), 128, np.uint8))
    root, options = given[1].info["root"], {"metrics": ["cc", "nss"], "protocol": "mit"}
    flat = videosal.score(maps, "dhf1k:val", root, out=tmp_path / "flat-run", **options).path
    one, two = (
        videosal.score(
            run.info["predictions"], "dhf1k:val", root, name=run.name, out=tmp_path / f"{run.name}-mit", **options
        ).path
        for run in given
    )
    result = invoke("compare", one, flat)
    assert result.exit_code == 0, result.exception
    output = result.output
    assert output.count("∅ |") == 2
    assert "allows one: CC, NSS in 3 frames of flat" in output
    lines = json.loads(invoke("compare", one, flat, "--json").output)
    assert [line["lost"] for line in lines] == [[0, 3], [0, 3]]
    assert [line["p"] for line in lines] == [None, None]
    table = invoke("table", two, flat, "--columns", "cc").output
    assert "CC in 3 of 12 frames (flat)" in table
    assert "**" not in table
    report = tmp_path / "report.html"
    assert invoke("report", one, flat, "--out", report).exit_code == 0
    assert "∅" in report.read_text(encoding="utf-8")


def test_the_gate_fails_where_the_new_run_is_worse(
    invoke: Invoke, dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path
) -> None:
    root = dhf1k_tree((601, 602, 603, 604, 605))
    truth = videosal.load_dataset("dhf1k:val", root)
    good = tmp_path / "good"
    for video in truth:
        (good / video.name).mkdir(parents=True)
        for frame in video.frame_names:
            fixated = np.zeros(video.size, np.uint8)
            fixated[tuple(video.fixation_points(frame).T)] = 255
            cv2.imwrite(str(good / video.name / f"{frame}.png"), fixated)
    options = {"root": root, "metrics": ["nss", "cc"]}
    base = videosal.score(good, "dhf1k:val", out=tmp_path / "base", **options).path
    new = videosal.score(prediction_folder(truth), "dhf1k:val", name="new", out=tmp_path / "new", **options).path
    worse = invoke("compare", base, new, "--fail-if-worse")
    assert worse.exit_code == 1
    assert re.fullmatch(
        r"new is worse than good in NSS: -?\d\.\d{4} after \d+\.\d{4}, worse by \d+\.\d{4} \(p 0\.031, 5 videos\)\n",
        worse.output,
    )
    assert invoke("compare", new, base, "--fail-if-worse").exit_code == 0
    assert invoke("compare", base, new, "--fail-if-worse", "--margin", "50").exit_code == 0
    assert "too few" in str(invoke("compare", base, new, "--fail-if-worse", "--metric", "nss,cc").exception)
    assert json.loads(invoke("compare", base, new, "--fail-if-worse", "--json").output)[0]["worse"] is True
    assert "takes two runs" in invoke("compare", base, "--fail-if-worse").output
    assert "--margin is of --fail-if-worse" in invoke("compare", base, new, "--margin", "1").output
