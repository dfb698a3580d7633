from __future__ import annotations

import re
from typing import TYPE_CHECKING

import cv2
import numpy as np

import videosal
from videosal.cli.run_summary import print_run
from videosal.leaderboards import mean_interval
from videosal.leaderboards.statistics.precision import format_interval

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.conftest import MapMaker, TreeMaker


def test_every_mean_has_an_interval_over_videos(three_runs: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    run = videosal.load_run(three_runs[0])
    print_run(run)
    output = capsys.readouterr().out
    assert len(re.findall(r"\d \[-?\d\.\d+, -?\d\.\d+\]", output)) == 2 * len(run.metrics)
    low, high = mean_interval(run.videos["cc"])
    assert format_interval(low, high) in output
    assert "note: 95 % intervals of 4 videos are too narrow: they hold the true mean in 86 % of cases" in output
    assert "bootstrap interval over the 4 videos" in output


def test_one_video_has_none(
    dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = dhf1k_tree((601,))
    maps = prediction_folder(videosal.load_dataset("dhf1k:val", root))
    print_run(videosal.score(maps, "dhf1k:val", root, metrics=["cc"], out=tmp_path / "run"))
    assert "[" not in capsys.readouterr().out


def test_metrics_that_maps_leave_undefined_are_told(
    three_runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = videosal.load_run(three_runs[0]).info["root"]
    options = {"metrics": ["cc", "nss", "kld"], "out": tmp_path / "uniform-run"}
    print_run(videosal.run("uniform", "dhf1k:val", root, protocol="mit", **options))
    assert "note: maps leave 12 frames without CC, NSS for which the ground truth allows" in capsys.readouterr().out


def test_the_interval_of_a_mean_is_weighed_as_the_mean(
    dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = dhf1k_tree((601, 602, 603, 604))
    maps = prediction_folder(videosal.load_dataset("dhf1k:val", root))
    for video, frame in (("0601", "0001"), ("0601", "0002"), ("0602", "0001")):
        for part in ("maps", "fixation"):
            cv2.imwrite(str(root / "annotation" / video / part / f"{frame}.png"), np.zeros((18, 32), np.uint8))
    run = videosal.score(maps, "dhf1k:val", root, protocol="vinet-v2", metrics=["cc"], out=tmp_path / "run")
    print_run(run)
    low, high = mean_interval(run.videos["cc"], [3, 3, 3, 3])
    assert capsys.readouterr().out.count(format_interval(low, high)) == 2
