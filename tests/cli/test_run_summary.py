from __future__ import annotations

import re
from typing import TYPE_CHECKING

import videosal
from videosal.cli.run_summary import print_run
from videosal.leaderboards import mean_interval

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.conftest import MapMaker, TreeMaker


def test_every_mean_has_an_interval_over_videos(three_runs: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    run = videosal.load_run(three_runs[0])
    print_run(run)
    output = capsys.readouterr().out
    assert len(re.findall(r"\d \[-?\d\.\d{4}, -?\d\.\d{4}\]", output)) == 2 * len(run.metrics)
    low, high = mean_interval(run.videos["cc"])
    assert f"[{low:.4f}, {high:.4f}]" in output
    assert "bootstrap interval over the 4 videos" in output


def test_one_video_has_none(
    dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = dhf1k_tree((601,))
    maps = prediction_folder(videosal.load_dataset("dhf1k:val", root))
    print_run(videosal.score(maps, "dhf1k:val", root, metrics=["cc"], out=tmp_path / "run"))
    assert "[" not in capsys.readouterr().out
