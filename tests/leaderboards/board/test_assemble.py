from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from videosal.errors import TableError
from videosal.leaderboards import load_published
from videosal.leaderboards.board.assemble import assemble
from videosal.leaderboards.board.columns import get_layout
from videosal.leaderboards.board.run_like import RunLike

if TYPE_CHECKING:
    from videosal.leaderboards.board.table import Cell, Row, Table

MakeRun = Callable[..., RunLike]


def build(*runs: RunLike, published: tuple[str, ...] = (), layout: str = "table1") -> Table:
    return assemble(runs, [load_published(name) for name in published], get_layout(layout))


def headings(table: Table) -> list[str]:
    return [heading for heading, _ in table.groups() if heading]


def cell(table: Table, row: Row, key: str) -> Cell:
    [at] = [at for at, column in enumerate(table.columns) if column.key == key]
    return row.cells[at]


def text_of(table: Table, row: Row) -> str:
    """The notes that belong to a row."""
    return " ".join(note.text for note in table.notes if note.mark in row.notes)


def test_published_rows_come_first_in_the_order_of_the_paper(sample_run: MakeRun) -> None:
    table = build(sample_run("z"), sample_run("a"), published=("stsanet-table1",))
    kinds = [row.kind for row in table.rows]
    assert kinds == ["as reported"] * 12 + ["scored"] * 2
    assert [row.label for row in table.rows][-3:] == ["STSANet", "z", "a"]


def test_each_split_has_its_own_columns(make_run: MakeRun, sample_run: MakeRun) -> None:
    table = build(make_run(), sample_run(), published=("stsanet-table1",))
    expected = ["DHF1K (hidden test)", "Hollywood-2 (test)", "UCF (test)", "DHF1K val", "sample test"]
    assert headings(table) == expected


def test_validation_scores_never_stand_in_the_hidden_test_columns(make_run: MakeRun) -> None:
    table = build(make_run("STSANet"), published=("stsanet-table1",))
    scored, reported = table.rows[-1], table.rows[-2]
    assert (scored.label, reported.label) == ("STSANet", "STSANet")
    assert cell(table, scored, "dhf1k_test_cc").value is None
    assert cell(table, scored, "dhf1k_val_cc").value == 0.4
    assert cell(table, reported, "dhf1k_val_cc").value is None
    assert cell(table, reported, "dhf1k_test_cc").value == 0.529


@pytest.mark.parametrize(("dataset", "title"), [("hollywood2", "Hollywood-2 (test)"), ("ucf", "UCF (test)")])
def test_the_published_split_shares_its_columns(make_run: MakeRun, dataset: str, title: str) -> None:
    run = make_run("mine", dataset=dataset, split="test", title="any", scores={"cc": 0.9})
    table = build(run, published=("stsanet-table1",))
    assert headings(table) == ["DHF1K (hidden test)", "Hollywood-2 (test)", "UCF (test)"]
    # Nobody knows under which protocol a paper scored: its figures are ranked among themselves.
    key = f"{dataset}_test_cc"
    assert cell(table, table.rows[-1], key).rank is None
    assert "best" in [cell(table, row, key).rank for row in table.rows[:-1]]
    assert [column.group for column in table.columns if column.key == f"{dataset}_test_cc"] == [title]


def test_metrics_are_those_of_the_layout_that_a_run_has_in_its_order(make_run: MakeRun) -> None:
    table = build(make_run(scores={"kld": 1, "sauc": 0.6, "cc": 0.4}))
    assert [column.key for column in table.columns] == ["dhf1k_val_cc", "dhf1k_val_sauc"]
    assert [column.label for column in table.columns] == ["CC", "s-AUC"]


def test_the_mean_is_that_of_the_protocol(make_run: MakeRun) -> None:
    table = build(make_run(scores={"cc": 0.4}), make_run("b", aggregation="video", scores={"cc": 0.4}))
    assert [row.cells[0].value for row in table.rows] == [0.4, 0.5]


def test_undefined_and_absent_scores_are_empty(make_run: MakeRun) -> None:
    table = build(make_run("a", scores={"cc": math.nan, "nss": 2}), make_run("b", scores={"cc": 0.1}))
    assert [[found.text for found in row.cells] for row in table.rows] == [["", "2.000"], ["0.100", ""]]


def test_columns_of_a_run_stay_where_everything_is_undefined(make_run: MakeRun) -> None:
    table = build(make_run(scores={"cc": math.nan}), published=("stsanet-table1",))
    assert headings(table)[-1] == "DHF1K val"


def test_attribute_columns_without_a_value_are_left_out(make_run: MakeRun) -> None:
    assert {column.group for column in build(make_run()).columns} == {"DHF1K val"}
    table = build(make_run(model={"input_size": [224, 384], "runtime_s": 0.0123, "gflops": None}))
    assert [column.key for column in table.columns[:2]] == ["input_size", "runtime_s"]
    assert [found.text for found in table.rows[0].cells[:2]] == ["384\N{MULTIPLICATION SIGN}224", "0.012"]


def test_one_name_on_two_data_sets_is_one_row(make_run: MakeRun, sample_run: MakeRun) -> None:
    table = build(make_run(), sample_run("motion"), sample_run())
    assert [row.label for row in table.rows] == ["center", "motion"]
    first = table.rows[0]
    assert cell(table, first, "dhf1k_val_cc").value == cell(table, first, "sample_test_cc").value == 0.4
    assert "DHF1K val" in text_of(table, first)
    assert "sample test" in text_of(table, first)
    assert "DHF1K val" not in text_of(table, table.rows[1])


def test_two_protocols_on_one_split_are_two_rows_with_their_notes(make_run: MakeRun) -> None:
    other = {"protocol": "other", "signature": "protocol=other|v1"}
    table = build(make_run(), make_run(**other))
    assert [row.label for row in table.rows] == ["center", "center"]
    assert [row.notes for row in table.rows] == [("a",), ("b",)]
    assert "protocol=standard|v1" in text_of(table, table.rows[0])
    assert "protocol=other|v1" in text_of(table, table.rows[1])


def test_rows_of_two_protocols_do_not_depend_on_the_order(make_run: MakeRun, sample_run: MakeRun) -> None:
    other = {"protocol": "other", "signature": "protocol=other|v1"}
    runs = [make_run(), make_run(**other), sample_run(), sample_run(**other)]
    for order in itertools.permutations(runs):
        table = build(*order)
        assert len(table.rows) == 2
        for row in table.rows:
            assert len({source.split(" ")[1] for source in row.sources}) == 1


def test_two_signatures_of_one_protocol_on_one_split_are_two_rows(make_run: MakeRun) -> None:
    table = build(make_run(), make_run(signature="protocol=standard|maps=float|v1"))
    assert len(table.rows) == 2
    assert table.rows[0].notes != table.rows[1].notes


def test_one_name_for_two_models_is_two_rows(make_run: MakeRun, sample_run: MakeRun) -> None:
    small, large = {"input_size": [192, 256]}, {"input_size": [224, 384]}
    table = build(make_run(model=small), sample_run(model=large))
    assert len(table.rows) == 2
    assert [row.cells[0].value for row in table.rows] == ["256x192", "384x224"]


def test_a_runtime_measured_twice_is_one_model(make_run: MakeRun, sample_run: MakeRun) -> None:
    table = build(make_run(model={"runtime_s": 0.5}), sample_run(model={"runtime_s": 0.7}))
    assert len(table.rows) == 1
    assert table.rows[0].cells[0].value == 0.5


def test_shared_notes_have_one_letter(sample_run: MakeRun) -> None:
    table = build(sample_run("center"), sample_run("motion"), published=("stsanet-table1",))
    assert [note.mark for note in table.notes] == ["a", "b"]
    assert {row.notes for row in table.rows if row.kind == "scored"} == {("b",)}
    assert {row.notes for row in table.rows if row.kind == "as reported"} == {("a",)}


def test_shortfalls_are_marked_in_their_own_columns_only(make_run: MakeRun, sample_run: MakeRun) -> None:
    table = build(make_run(partial=True, model={"gflops": 2.0}), sample_run(complete=False))
    [row] = table.rows
    signs = {column.key: found.signs for column, found in zip(table.columns, row.cells, strict=True) if found.signs}
    assert {sign for key, sign in signs.items() if key.startswith("dhf1k_val")} == {"†"}
    assert {sign for key, sign in signs.items() if key.startswith("sample_test")} == {"‡"}
    assert "gflops" not in signs
    assert [note.mark for note in table.notes] == ["a", "b", "†", "‡"]


def test_two_splits_never_share_a_heading(make_run: MakeRun) -> None:
    table = build(make_run(), make_run(dataset="mine", split="a"), make_run(dataset="mine", split="b", title=" "))
    assert headings(table) == ["DHF1K val", "DHF1K val (mine:a)", "mine:b"]


def test_names_are_put_on_one_line(make_run: MakeRun) -> None:
    assert build(make_run(" my\nmodel\x00 ")).rows[0].label == "my model"


def test_a_method_in_two_tables_of_a_paper_is_one_row() -> None:
    table = build(published=("stsanet-table1", "stsanet-table2"))
    [ours] = [row for row in table.rows if row.label == "STSANet"]
    assert ours.sources == ("stsanet-table1, first-hand", "stsanet-table2, first-hand")
    assert ours.notes == ("a", "b")
    assert cell(table, ours, "ucf_test_cc").value == 0.705
    assert cell(table, ours, "diem_iii_cc").value == 0.69


def test_a_method_whose_figures_differ_between_tables_keeps_a_row_for_each() -> None:
    first = load_published("stsanet-table3")
    changed = replace(first.rows[-1], scores={"dhf1k:val": {"cc": 0.1}})
    second = replace(first, name="second", number="Table X", rows=(changed,))
    table = assemble([], [first, second], get_layout("table2"))
    ours = [row for row in table.rows if row.label == "STSANet"]
    assert [cell(table, row, "dhf1k_val_cc").value for row in ours] == [0.539, 0.1]
    assert [row.sources for row in ours] == [("stsanet-table3, first-hand",), ("second, first-hand",)]


def test_partial_runs_compete_only_over_equally_many_frames(make_run: MakeRun) -> None:
    def marks(*n_frames: int) -> list[str | None]:
        runs = [
            make_run(str(at), partial=True, scores={"cc": at}, coverage={"frames_scored": n})
            for at, n in enumerate(n_frames)
        ]
        return [row.cells[0].rank for row in build(*runs).rows]

    assert marks(20, 20) == ["second", "best"]
    assert marks(20, 21) == [None, None]


def test_validation_figures_of_a_paper_share_the_columns_of_a_run_on_it(make_run: MakeRun) -> None:
    table = build(make_run(), published=("stsanet-table3",))
    assert headings(table) == ["DHF1K (val)"]


def test_table2_layout_has_its_groups() -> None:
    table = build(published=("stsanet-table2",), layout="table2")
    assert [(heading, len(columns)) for heading, columns in table.groups()] == [
        ("DIEM (test set i)", 4),
        ("DIEM (test set ii)", 4),
        ("DIEM (test set iii)", 4),
    ]
    assert len(table.rows) == 7


def test_nothing_to_print_is_an_error() -> None:
    with pytest.raises(TableError, match="nothing to print"):
        build()
