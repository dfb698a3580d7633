from __future__ import annotations

import csv
import math
from importlib import resources
from typing import TYPE_CHECKING

import pytest

from videosal.errors import UnknownNameError
from videosal.leaderboards import PublishedRow, PublishedTable, list_published, load_published
from videosal.metrics import list_metrics

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = resources.files("videosal.leaderboards") / "published"
NAMES = [f"stsanet-table{number}" for number in range(1, 7)]


def lines(number: int) -> list[dict[str, str]]:
    text = (FOLDER / f"table{number}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def row(table: PublishedTable, name: str) -> PublishedRow:
    [found] = [row for row in table.rows if row.name == name]
    return found


def figures(table: PublishedTable) -> list[float]:
    scores = [value for row in table.rows for split in row.scores.values() for value in split.values()]
    attributes = [value for row in table.rows for value in row.attributes.values() if isinstance(value, float)]
    return sorted(scores + attributes)


def numbers_in_file(number: int) -> list[float]:
    """Every number of the CSV file but the reference numbers, read without the code under test."""
    found = []
    for line in lines(number):
        for column, text in line.items():
            if column != "ref" and text.replace(".", "", 1).isdigit():
                found.append(float(text))
    return sorted(found)


def test_names() -> None:
    assert list_published() == NAMES


@pytest.mark.parametrize("number", range(1, 7))
def test_no_figure_is_lost_or_made_up(number: int) -> None:
    assert figures(load_published(f"stsanet-table{number}")) == numbers_in_file(number)


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_as_reported_and_have_a_source(name: str) -> None:
    table = load_published(name)
    assert {row.kind for row in table.rows} == {"as reported"}
    assert table.note.startswith("as reported by Wang et al.")
    assert "doi:10.1109/TMM.2021.3139743" in table.note
    assert table.number in table.note
    for split in table.splits:
        assert split.about in table.note


@pytest.mark.parametrize("name", NAMES)
def test_scores_are_of_listed_splits_and_known_metrics(name: str) -> None:
    table = load_published(name)
    splits = {split.spec for split in table.splits}
    for found in table.rows:
        assert set(found.scores) <= splits
        assert found.scores
        for scores in found.scores.values():
            assert set(scores) <= set(list_metrics())
            assert all(math.isfinite(score) and score > 0 for score in scores.values())


def test_table1_keeps_the_papers_order_references_and_attributes() -> None:
    table = load_published("stsanet-table1")
    assert [row.name for row in table.rows] == [line["model"] for line in lines(1)]
    assert [split.spec for split in table.splits] == ["dhf1k:test", "hollywood2:test", "ucf:test"]
    ours = row(table, "STSANet")
    assert ours.reference is None
    assert ours.attributes == {"input_size": "384x224", "gflops": 193.3, "model_size_mb": 643.0, "runtime_s": 0.035}
    assert ours.scores["dhf1k:test"] == {"cc": 0.529, "nss": 3.01, "sim": 0.383, "auc_judd": 0.913, "sauc": 0.723}
    assert "sauc" not in ours.scores["ucf:test"]


def test_a_dash_of_the_paper_is_absent() -> None:
    attributes = row(load_published("stsanet-table1"), "SalSAC").attributes
    assert "gflops" not in attributes
    assert attributes["model_size_mb"] == 94


def test_the_dhf1k_columns_of_table1_are_those_of_the_hidden_test_set() -> None:
    split = load_published("stsanet-table1").splits[0]
    assert "hidden test" in split.title
    assert "server" in split.about


@pytest.mark.parametrize("number", [3, 4, 5, 6])
def test_ablations_are_on_the_validation_set(number: int) -> None:
    specs = [split.spec for split in load_published(f"stsanet-table{number}").splits]
    assert "dhf1k:val" in specs
    assert "dhf1k:test" not in specs


def test_a_method_on_several_test_sets_is_one_row() -> None:
    table = load_published("stsanet-table2")
    ours = row(table, "STSANet")
    assert {split: scores["cc"] for split, scores in ours.scores.items()} == {
        "diem:i": 0.625,
        "diem:ii": 0.677,
        "diem:iii": 0.69,
    }
    assert set(row(table, "ViNet").scores) == {"diem:ii"}


def test_ours_is_named_after_the_model_and_table_iv_has_its_remark() -> None:
    table = load_published("stsanet-table4")
    assert row(table, "STSANet").scores["dhf1k:val"]["kld"] == 1.344
    assert table.remark
    assert table.remark in table.note


def test_unknown_name_offers_near_ones() -> None:
    with pytest.raises(UnknownNameError, match="unknown published table 'stsanet-table9': did you mean stsanet-table"):
        load_published("stsanet-table9")


@pytest.mark.parametrize("number", range(1, 7))
def test_files_equal_the_golden_copy(number: int, shared: Path) -> None:
    golden = shared / "published" / f"table{number}.csv"
    assert (FOLDER / golden.name).read_text(encoding="utf-8") == golden.read_text(encoding="utf-8")
