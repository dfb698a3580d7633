from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

import videosal.leaderboards
from videosal.errors import TableError, UnknownNameError
from videosal.leaderboards import Leaderboard, RunLike

MakeRun = Callable[..., RunLike]


def test_published_is_a_name_or_several(make_run: MakeRun) -> None:
    one = Leaderboard.from_runs([make_run()], published="stsanet-table1")
    assert Leaderboard.from_runs([make_run()], published=["stsanet-table1"]) == one
    assert Leaderboard.from_runs([make_run()], published=["stsanet-table1"] * 2) == one
    two = Leaderboard.from_runs([make_run()], published=["stsanet-table1", "stsanet-table3"])
    assert len(two.table.rows) == len(one.table.rows) + 4
    assert [row.label for row in Leaderboard.from_runs([make_run()]).table.rows] == ["center"]


def test_runs_may_be_any_iterable(make_run: MakeRun) -> None:
    board = Leaderboard.from_runs(make_run(name) for name in ("a", "b"))
    assert [row.label for row in board.table.rows] == ["a", "b"]


def test_incomplete_runs_need_permission(make_run: MakeRun) -> None:
    with pytest.raises(TableError, match="incomplete"):
        Leaderboard.from_runs([make_run(complete=False)])
    board = Leaderboard.from_runs([make_run(complete=False)], allow_incomplete=True)
    assert {cell.signs for cell in board.table.rows[0].cells} == {"‡"}


def test_unknown_names_are_refused(make_run: MakeRun) -> None:
    with pytest.raises(UnknownNameError, match="published table"):
        Leaderboard.from_runs([make_run()], published="stsanet")
    with pytest.raises(UnknownNameError, match="table layout"):
        Leaderboard.from_runs([make_run()], layout="table9")


def test_nothing_at_all_is_refused() -> None:
    with pytest.raises(TableError, match="nothing to print"):
        Leaderboard.from_runs([], published=[])


@pytest.mark.parametrize("number", [1, 2])
def test_a_layout_prints_its_own_published_rows_where_there_are_no_runs(make_run: MakeRun, number: int) -> None:
    layout, run = f"table{number}", make_run()
    assert Leaderboard.from_runs([], layout=layout) == Leaderboard.from_runs(
        [], published=f"stsanet-{layout}", layout=layout
    )
    assert len(Leaderboard.from_runs([run]).table.rows) == 1


@pytest.mark.parametrize("form", ["markdown", "latex", "csv", "html", "json"])
def test_every_format_prints_every_row_and_ends_its_last_line(make_run: MakeRun, form: str) -> None:
    board = Leaderboard.from_runs([make_run("mine")], published="stsanet-table1")
    text = getattr(board, f"to_{form}")()
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    for row in board.table.rows:
        assert row.label in text


def test_public_names() -> None:
    for name in videosal.leaderboards.__all__:
        assert getattr(videosal.leaderboards, name).__name__ == name
    assert dir(videosal.leaderboards) == sorted(videosal.leaderboards.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Bord'"):
        videosal.leaderboards.Bord  # noqa: B018


def test_a_table_of_published_figures_loads_nothing_heavy() -> None:
    code = (
        "import sys; from videosal.leaderboards import Leaderboard;"
        "Leaderboard.from_runs([], published='stsanet-table1').to_markdown();"
        "print([name for name in ('torch', 'numba', 'pandas', 'cv2') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
