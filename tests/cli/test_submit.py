from __future__ import annotations

from typing import TYPE_CHECKING

from videosal.benchmark import submission

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.cli.conftest import Invoke

FRAMES = ("0001", "0002", "0003")


def test_the_dry_run_scores_what_was_packed(
    invoke: Invoke, three_runs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    videos = [submission._ListedVideo(f"060{number}", FRAMES) for number in range(1, 5)]
    monkeypatch.setattr(submission, "_listed_videos", lambda split: videos)
    on = ("-d", "dhf1k:val", "--root", tmp_path / "dhf1k", "--out", "packed", "--name", "mine")
    result = invoke("submit", "predictions-0", *on)
    assert result.exit_code == 0, result.exception
    assert "4 videos, 12 maps, all there" in result.output
    assert "mine on DHF1K val: 12 of 12 frames scored" in result.output
    one = invoke("export", "one").output.splitlines()[1].split(",")[2:4]
    packed = invoke("export", "packed/mine-run").output.splitlines()[1].split(",")[2:4]
    assert packed == one
    for file in sorted((tmp_path / "predictions-0").rglob("*.png")):
        file.rename(file.with_name(f"{int(file.stem) - 1}.png"))
    assert "--first-frame 0" in str(invoke("submit", "predictions-0", *on).exception)
    result = invoke("submit", "predictions-0", *on, "--first-frame", 0)
    assert result.exit_code == 0, result.exception


def test_wrong_input(invoke: Invoke, three_runs: list[Path]) -> None:
    result = invoke("submit", "predictions-0", "-d", "dhf1k:test", "--out", "packed")
    assert "hold" in str(result.exception)
    assert "no server" in invoke("submit", "predictions-0", "-d", "ucf:test", "--out", "packed").output
