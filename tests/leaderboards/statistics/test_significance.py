from __future__ import annotations

from collections.abc import Callable
from typing import Any

from videosal.leaderboards import Leaderboard

VideoRun = Callable[..., Any]


def signs(board: Leaderboard, name: str) -> list[str]:
    [row] = [row for row in board.table.rows if row.label == name and row.kind != "as reported"]
    return [cell.signs for cell in row.cells if cell.text]


def test_what_a_test_does_not_tell_from_the_best_is_marked(video_run: VideoRun) -> None:
    runs = [video_run("best", 0.5), video_run("near", 0.499, noise=0.05, seed=5), video_run("far", 0.3, seed=2)]
    board = Leaderboard.from_runs(runs, significance=True, columns=["cc", "kld"])
    assert signs(board, "best") == ["", ""]
    assert signs(board, "near") == ["≈", "≈"]
    assert signs(board, "far") == ["", ""]
    assert board.table.notes[-1].mark == "≈"
    assert "Holm" in board.table.notes[-1].text
    assert "≈" in board.to_markdown()
    assert r"$\approx$" in board.to_latex()


def test_the_mark_takes_no_rank_away(video_run: VideoRun) -> None:
    runs = [video_run("best", 0.5), video_run("near", 0.499, noise=0.05, seed=5)]
    ranks = [
        [row.cells[0].rank for row in Leaderboard.from_runs(runs, significance=s).table.rows] for s in (True, False)
    ]
    assert ranks[0] == ranks[1]


def test_who_takes_no_part(video_run: VideoRun) -> None:
    center = {"info": {"model_spec": {"name": "center"}}}
    runs = [
        video_run("best", 0.5),
        video_run("baseline", 0.5, seed=1, **center),
        video_run("other", 0.5, seed=2, signature="other"),
    ]
    board = Leaderboard.from_runs(runs, significance=True, columns=["cc"])
    assert "≈" not in board.to_markdown()
    assert signs(board, "other") == ["¶"]


def test_published_rows_take_no_part(video_run: VideoRun) -> None:
    runs = [video_run("best", 0.5), video_run("far", 0.3, seed=2)]
    board = Leaderboard.from_runs(runs, published="stsanet-table3", significance=True)
    assert all("tied" not in cell.flags for row in board.table.rows for cell in row.cells)
