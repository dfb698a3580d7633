from __future__ import annotations

from collections.abc import Callable

import pytest

from videosal.errors import InputError, UnknownNameError
from videosal.leaderboards import Leaderboard, RunLike

MakeRun = Callable[..., RunLike]


def keys(board: Leaderboard) -> list[str]:
    return [column.key for column in board.table.columns]


def labels(board: Leaderboard) -> list[str]:
    return [row.label for row in board.table.rows]


def test_metrics_are_taken_from_every_group_in_the_order_given() -> None:
    splits = ("dhf1k_test", "hollywood2_test", "ucf_test")
    board = Leaderboard.from_runs([], published="stsanet-table1", columns=["sim", "cc"])
    assert keys(board) == [f"{split}_{m}" for split in splits for m in ("sim", "cc")]


def test_keys_and_attributes_are_columns_too() -> None:
    board = Leaderboard.from_runs([], published="stsanet-table1", columns=["gflops", "ucf_test_cc"])
    assert keys(board) == ["gflops", "ucf_test_cc"]
    assert board.table.rows[-1].cells[0].text == "193.3"


def test_a_metric_that_the_layout_lacks_can_be_asked_for() -> None:
    board = Leaderboard.from_runs([], published="stsanet-table3", columns=["kld"])
    assert keys(board) == ["dhf1k_val_kld"]
    assert {cell.text for row in board.table.rows for cell in row.cells if cell.rank == "best"} == {"1.344"}


def test_marks_are_those_of_the_rows_that_are_printed() -> None:
    board = Leaderboard.from_runs([], published="stsanet-table1", rows=["ACLNet", "DeepVS"], columns=["cc"])
    assert labels(board) == ["DeepVS", "ACLNet"]
    assert [row.cells[0].rank for row in board.table.rows] == ["second", "best"]


def test_rows_keep_runs_and_drop_what_has_none(make_run: MakeRun) -> None:
    board = Leaderboard.from_runs([make_run("a"), make_run("b")], published="stsanet-table1", rows=["b"])
    assert labels(board) == ["b"]
    assert [column.group for column in board.table.columns] == ["DHF1K val"] * 5


def test_sorting_is_best_first_with_empty_cells_last(make_run: MakeRun) -> None:
    runs = [
        make_run("a", scores={"nss": 1}),
        make_run("b", scores={"nss": 3, "kld": 2}),
        make_run("c", scores={"kld": 1, "nss": 2}),
    ]
    assert labels(Leaderboard.from_runs(runs, sort="nss")) == ["b", "c", "a"]
    assert labels(Leaderboard.from_runs(runs, columns=["kld", "nss"], sort="kld")) == ["c", "b", "a"]
    assert labels(Leaderboard.from_runs(runs, sort="model")) == ["a", "b", "c"]
    assert labels(Leaderboard.from_runs(runs, sort="dhf1k_val_nss")) == ["b", "c", "a"]


def test_rows_of_mixed_kinds_are_one_section(make_run: MakeRun) -> None:
    run = make_run("mine", dataset="ucf", split="test", scores={"cc": 0.5})
    board = Leaderboard.from_runs([run], published="stsanet-table1", sort="ucf_test_cc")
    assert labels(board).index("mine") not in (0, 12)
    assert [kind for kind, _ in board.table.sections()] == [""]
    assert "Scored here" not in board.to_latex()
    assert "rowgroup" not in board.to_html()


def test_digits(make_run: MakeRun) -> None:
    run = make_run(scores={"cc": 0.123456}, model={"gflops": 2.0})
    cells = Leaderboard.from_runs([run], digits=5).table.rows[0].cells
    assert [cell.text for cell in cells] == ["2.0", "0.12346"]
    with pytest.raises(InputError, match="digits is 40"):
        Leaderboard.from_runs([run], digits=40)


def test_unknown_names_get_near_ones(make_run: MakeRun) -> None:
    for option, message in (
        ({"columns": ["ccc"]}, "unknown column 'ccc': did you mean cc"),
        ({"rows": ["centre"]}, "unknown row 'centre': did you mean center"),
        ({"sort": "nsss"}, "unknown column 'nsss': did you mean nss"),
    ):
        with pytest.raises(UnknownNameError, match=message):
            Leaderboard.from_runs([make_run()], **option)
