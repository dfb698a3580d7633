from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from videosal.errors import TableError
from videosal.leaderboards import Leaderboard

MakeRun = Callable[..., Any]


def bound(name: str) -> dict[str, Any]:
    return {"info": {"model_spec": {"name": name}}}


def test_a_score_is_placed_between_center_and_human(make_run: MakeRun) -> None:
    runs = [
        make_run("mine", scores={"cc": 0.5, "kld": 1.0}),
        make_run("center", scores={"cc": 0.2, "kld": 2.0}, **bound("center")),
        make_run("people", scores={"cc": 0.8, "kld": 0.5}, **bound("human")),
    ]
    board = Leaderboard.from_runs(runs, normalise=True, columns=["cc", "kld"])
    assert [column.key for column in board.table.columns] == [
        "dhf1k_val_cc",
        "dhf1k_val_cc_normalised",
        "dhf1k_val_kld",
        "dhf1k_val_kld_normalised",
    ]
    found = {row.label: [cell.text for cell in row.cells] for row in board.table.rows}
    assert found["mine"] == ["0.500", "0.50", "1.000", "0.67"]
    assert found["center"][1::2] == ["0.00", "0.00"]
    assert found["people"][1::2] == ["1.00", "1.00"]
    assert [row.kind for row in board.table.rows] == ["scored", "baseline", "baseline"]


def test_baselines_do_not_compete(make_run: MakeRun) -> None:
    runs = [
        make_run("a", scores={"cc": 0.5}),
        make_run("b", scores={"cc": 0.4}),
        make_run("h", scores={"cc": 0.8}, **bound("human")),
    ]
    assert [row.cells[0].rank for row in Leaderboard.from_runs(runs).table.rows] == ["best", "second", None]


def test_without_both_bounds_it_is_refused(make_run: MakeRun) -> None:
    with pytest.raises(TableError, match="human"):
        Leaderboard.from_runs([make_run(), make_run("c", **bound("center"))], normalise=True)


def test_another_protocol_has_no_place_between_these_bounds(make_run: MakeRun) -> None:
    runs = [
        make_run("mine", scores={"cc": 0.5}, signature="other"),
        make_run("center", scores={"cc": 0.2}, **bound("center")),
        make_run("people", scores={"cc": 0.8}, **bound("human")),
    ]
    board = Leaderboard.from_runs(runs, normalise=True)
    assert [cell.text for cell in board.table.rows[0].cells] == ["0.500", ""]
    assert board.table.rows[0].cells[0].signs == "¶"


def test_where_people_are_no_better_than_the_centre_nothing_is_normalised(
    make_run: MakeRun, caplog: pytest.LogCaptureFixture
) -> None:
    runs = [
        make_run("mine", scores={"cc": 0.5, "auc_judd": 0.870, "kld": 1.5}),
        make_run("center", scores={"cc": 0.2, "auc_judd": 0.975, "kld": 1.0}, **bound("center")),
        make_run("people", scores={"cc": 0.8, "auc_judd": 0.972, "kld": 2.0}, **bound("human")),
    ]
    board = Leaderboard.from_runs(runs, normalise=True, columns=["cc", "auc_judd", "kld"])
    assert [column.key.removeprefix("dhf1k_val_") for column in board.table.columns] == [
        "cc",
        "cc_normalised",
        "auc_judd",
        "kld",
    ]
    assert "AUC-J is not normalised: human, 0.972, is no better there than center, 0.975" in caplog.text
    assert "KLD is not normalised" in caplog.text


def test_a_score_is_placed_between_the_bounds_that_were_scored_alike(make_run: MakeRun) -> None:
    runs = [
        make_run(f"{name}-{protocol}", scores={"cc": value + offset}, signature=protocol, **more)
        for protocol, offset in (("one", 0.0), ("two", 0.1))
        for name, value, more in (("mine", 0.5, {}), ("center", 0.2, bound("center")), ("human", 0.8, bound("human")))
    ]
    board = Leaderboard.from_runs(runs, normalise=True)
    found = {row.label: [cell.text for cell in row.cells] for row in board.table.rows}
    assert found["mine-one"] == ["0.500", "0.50"]
    assert found["mine-two"] == ["0.600", "0.50"]
