from __future__ import annotations

import csv
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from videosal.errors import TableError
from videosal.leaderboards import Leaderboard

VideoRun = Callable[..., Any]


def test_runs_of_one_name_print_as_mean_and_deviation(video_run: VideoRun) -> None:
    runs = [video_run("m", level, seed=seed) for seed, level in enumerate((0.4, 0.5, 0.6))]
    board = Leaderboard.from_runs([*runs, video_run("single", 0.1)], seeds=True, columns=["cc"])
    means = [run.scores["cc"] for run in runs]
    row = board.table.rows[0]
    assert row.cells[0].value == pytest.approx(np.mean(means))
    assert row.cells[0].spread == pytest.approx(np.std(means, ddof=1))
    assert row.cells[0].text == f"{np.mean(means):.3f} ± {np.std(means, ddof=1):.3f}"
    assert row.cells[0].rank == "best"
    assert "3 runs" in next(note.text for note in board.table.notes if note.mark in row.notes)
    assert "±" in board.to_markdown()
    assert r"$\pm$" in board.to_latex()
    [line, other] = csv.DictReader(board.to_csv().splitlines())
    assert line["spread"].startswith("dhf1k_val_cc=0.")
    assert other["spread"] == ""


def test_seeds_keep_their_shortfalls(video_run: VideoRun) -> None:
    runs = [video_run("m", 0.4), video_run("m", 0.5, partial=True), video_run("m", 0.5, complete=False)]
    board = Leaderboard.from_runs(runs, seeds=True, allow_incomplete=True)
    assert board.table.rows[0].cells[0].signs == "†‡"


def test_seeds_are_compared_by_their_mean_per_frame(video_run: VideoRun) -> None:
    runs = [video_run("m", 0.5, seed=s) for s in (1, 2)] + [video_run("far", 0.3)]
    board = Leaderboard.from_runs(runs, seeds=True, significance=True, columns=["cc"])
    assert [row.cells[0].signs for row in board.table.rows] == ["", ""]


def test_without_the_option_two_of_a_name_are_refused_and_it_is_named(video_run: VideoRun) -> None:
    with pytest.raises(TableError, match="--seeds"):
        Leaderboard.from_runs([video_run("m", 0.4), video_run("m", 0.5)])


def test_seeds_on_other_videos_are_not_repetitions(video_run: VideoRun) -> None:
    runs = [video_run("m", 0.4, info={"videos": [video]}) for video in ("0601", "0602")]
    board = Leaderboard.from_runs(runs, seeds=True, columns=["cc"])
    assert [row.cells[0].spread for row in board.table.rows] == [None, None]


def test_seeds_rank_with_the_runs_that_were_scored_alike(video_run: VideoRun) -> None:
    copy = {"info": {"fingerprint": "x", "videos": ["0601"]}}
    runs = [video_run("m", 0.4, **copy), video_run("m", 0.5, **copy), video_run("single", 0.1, **copy)]
    board = Leaderboard.from_runs(runs, seeds=True, columns=["cc"])
    assert [row.cells[0].rank for row in board.table.rows] == ["best", "second"]


def test_seeds_carry_the_sign_of_their_worst_run(video_run: VideoRun) -> None:
    runs = [video_run("m", 0.4), video_run("m", 0.5, by_map={"cc": 3})]
    board = Leaderboard.from_runs(runs, seeds=True, columns=["cc"])
    assert board.table.rows[0].cells[0].signs == "∅"
