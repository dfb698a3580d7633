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


def test_without_a_p_value_there_is_no_mark(video_run: VideoRun) -> None:
    table = video_run("b", 0.4).table
    table = table.assign(video=table["video"] + "x")  # no video in common, and nothing else says so
    board = Leaderboard.from_runs([video_run("a", 0.5), video_run("b", 0.4, table=table)], significance=True)
    assert all("tied" not in cell.flags for row in board.table.rows for cell in row.cells)


def test_runs_on_other_videos_are_held_against_the_best_of_their_own(video_run: VideoRun) -> None:
    first, second = ({"info": {"videos": [name]}} for name in ("0601", "0602"))
    runs = [
        video_run("best", 0.5, **first),
        video_run("far", 0.3, seed=2, **first),
        video_run("apart", 0.31, **second),
        video_run("near", 0.309, noise=0.05, seed=5, **second),
    ]
    board = Leaderboard.from_runs(runs, significance=True, columns=["cc"])
    assert [signs(board, run.name) for run in runs] == [[""], [""], ["¶"], ["¶≈"]]


def test_a_figure_of_fewer_frames_than_the_truth_allows_takes_no_part(video_run: VideoRun) -> None:
    runs = [video_run("cheat", 0.501, by_map={"cc": 3}), video_run("a", 0.5), video_run("b", 0.3, seed=2)]
    board = Leaderboard.from_runs(runs, significance=True, columns=["cc"])
    assert [signs(board, name) for name in ("cheat", "a", "b")] == [["∅"], [""], [""]]
