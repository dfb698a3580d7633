from __future__ import annotations

import csv
import math
from importlib import resources
from typing import TYPE_CHECKING

import pytest

from videosal.errors import UnknownNameError
from videosal.leaderboards import PublishedRow, PublishedTable, list_published, load_published
from videosal.leaderboards.published.tables import read_references
from videosal.metrics import list_metrics

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = resources.files("videosal.leaderboards.published")
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
    assert list_published() == ["newer-systems", *NAMES]


@pytest.mark.parametrize("number", range(1, 7))
def test_no_figure_is_lost_or_made_up(number: int) -> None:
    assert figures(load_published(f"stsanet-table{number}")) == numbers_in_file(number)


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_as_reported_and_have_a_source(name: str) -> None:
    table = load_published(name)
    assert {row.kind for row in table.rows} == {"as reported"}
    [note] = {table.note(row) for row in table.rows}
    assert note.startswith("as reported by Wang et al.")
    assert "doi:10.1109/TMM.2021.3139743" in note
    assert table.number in note
    assert "irst-hand" in note
    for split in table.splits:
        assert split.about in note


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
    assert ours.number is None
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
    assert table.remark in table.note(table.rows[0])


def test_unknown_name_offers_near_ones() -> None:
    with pytest.raises(UnknownNameError, match="unknown published table 'stsanet-table9': did you mean stsanet-table"):
        load_published("stsanet-table9")


@pytest.mark.parametrize("number", range(1, 7))
def test_files_equal_the_golden_copy(number: int, shared: Path) -> None:
    golden = shared / "published" / f"table{number}.csv"
    assert (FOLDER / golden.name).read_text(encoding="utf-8") == golden.read_text(encoding="utf-8")


def newer_lines() -> list[dict[str, str]]:
    return list(csv.DictReader((FOLDER / "newer.csv").read_text(encoding="utf-8").splitlines()))


def test_newer_systems_lose_no_figure() -> None:
    table = load_published("newer-systems")
    in_file = [float(text) for line in newer_lines() for text in list(line.values())[4:] if text]
    assert figures(table) == sorted(in_file)
    assert row(table, "AAM").scores["dhf1k:test"] == {"cc": 0.563, "nss": 3.272, "sim": 0.421, "auc_judd": 0.919}
    assert row(table, "SalFoM").scores == {"dhf1k:test": {"cc": 0.569, "nss": 3.354, "sim": 0.421, "auc_judd": 0.922}}
    assert row(table, "TAVDiff").scores == {"diem:unstated": {"cc": 0.67, "nss": 2.75, "auc_judd": 0.909}}


def test_newer_systems_equal_the_golden_list(shared: Path) -> None:
    """Every figure of the list, read from its text without the code under test."""
    table = load_published("newer-systems")
    orders = [
        ("dhf1k:test", ["auc_judd", "sim", "sauc", "cc", "nss"]),
        ("hollywood2:test", ["auc_judd", "sim", "cc", "nss"]),
        ("ucf:test", ["auc_judd", "sim", "cc", "nss"]),
        ("diem:unstated", ["cc", "nss", "auc_judd"]),
    ]
    text = (shared / "specs" / "models" / "newer_models.md").read_text(encoding="utf-8")
    checked = 0
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) < 7 or all(cell == "-" for cell in cells[1:5]) or cells[1].startswith(("DHF1K", "---")):
            continue
        name = "TASED-Net (released weights)" if "updated" in cells[0] else cells[0].split(" ")[0]
        for (split, metrics), cell in zip(orders, cells[1:5], strict=True):
            values = {} if cell == "-" else dict(zip(metrics, cell.split("/"), strict=True))
            expected = {metric: float(value) for metric, value in values.items() if value != "-"}
            assert row(table, name).scores.get(split, {}) == expected, (name, split)
            checked += len(expected)
    assert checked == sum(len(scores) for found in table.rows for scores in found.scores.values()) - 4  # UNISAL's


def test_every_newer_row_names_its_source_and_origin() -> None:
    table = load_published("newer-systems")
    first_hand = [found.name for found in table.rows if found.first_hand]
    assert first_hand == ["AAM", "RecSal-Net", "TASED-Net (released weights)"]
    for found in table.rows:
        note = table.note(found)
        assert found.source.citation in note
        assert ("First-hand" if found.first_hand else "Copied") in note
    assert "DIEM" in table.note(row(table, "AAM"))
    assert "DIEM" not in table.note(row(table, "SalFoM"))


def test_doubtful_copies_are_flagged() -> None:
    doubts = {found.name: dict(found.doubts) for found in load_published("newer-systems").rows if found.doubts}
    assert {name: list(found) for name, found in doubts.items()} == {
        "RecSal-Net": ["ucf:test"],
        "MSFF-Net": ["ucf:test"],
        "VSSM": ["ucf:test"],
        "UNISAL": ["ucf:test"],
    }
    stsanet = row(load_published("stsanet-table1"), "STSANet").scores["ucf:test"]
    newer = load_published("newer-systems")
    assert row(newer, "VSSM").scores["ucf:test"] == stsanet
    assert row(newer, "RecSal-Net").scores["ucf:test"] == row(newer, "MSFF-Net").scores["ucf:test"]
    assert row(newer, "UNISAL").scores["ucf:test"] == row(newer, "ECANet").scores["ucf:test"]


@pytest.mark.parametrize("name", ["newer-systems", *NAMES])
def test_references_are_entries_of_the_bibliography(name: str) -> None:
    papers = read_references()
    for found in load_published(name).rows:
        assert {found.reference, found.source.reference} - {""} <= set(papers)


def test_the_bibliography_is_well_formed() -> None:
    papers = read_references()
    assert len(papers) == (FOLDER / "references.bib").read_text(encoding="utf-8").count("\n@") + 1
    for key, entry in papers.items():
        assert entry.startswith("@")
        assert entry.count("{") == entry.count("}")
        assert key in entry.splitlines()[0]
        assert "year" in entry
    assert [found.name for found in load_published("stsanet-table1").rows if not found.reference] == []
