from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from videosal.errors import FileError
from videosal.leaderboards import Leaderboard, load_published
from videosal.leaderboards.board.costs import _conventions, read_profiles
from videosal.models import list_models

if TYPE_CHECKING:
    from pathlib import Path

UNISAL: dict[str, Any] = {
    "name": "unisal",
    "frames_in": 6,
    "maps_out": 6,
    "gmacs": 6.99,
    "parameters": 3_714_872,
    "float32_mb": 15.22,
    "device": "cpu, 2 threads",
    "seconds_per_map": 0.29,
}
OTHER: dict[str, Any] = {"name": "mine", "frames_in": 32, "maps_out": 1, "gmacs": 100.0, "parameters": 1_500_000}


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    file = tmp_path / "profile.json"
    file.write_text(json.dumps([UNISAL, OTHER]))
    return file


def cells(board: Leaderboard, label: str) -> dict[str, str]:
    (row,) = (row for row in board.table.rows if row.label == label)
    return {column.key: cell.text for column, cell in zip(board.table.columns, row.cells, strict=True)}


def test_the_measured_cost_stands_in_the_row_of_the_paper(profile: Path) -> None:
    board = Leaderboard.from_runs([], profile=profile)
    found = cells(board, "UNISAL")
    assert found["gflops"] == "14.4"
    assert (found["measured_frames_in"], found["measured_maps_out"]) == ("6", "6")
    assert found["measured_gmacs"] == "7.0"
    assert found["measured_gmacs_per_map"] == "1.2"
    assert found["measured_parameters"] == "3.71"
    assert found["measured_float32_mb"] == "15.2"
    assert found["measured_seconds_per_map"] == "0.290"
    assert cells(board, "ViNet")["measured_gmacs"] == ""
    (note,) = (note.text for note in board.table.notes if "videosal profile unisal" in note.text)
    assert note == (
        "measured by videosal profile unisal on cpu, 2 threads; its published FLOPs are MACs of 12 frames; "
        "its published model size is 10^6 bytes of the checkpoint"
    )


def test_a_model_without_a_row_gets_one(profile: Path) -> None:
    board = Leaderboard.from_runs([], published=[], profile=profile)
    assert [row.label for row in board.table.rows] == ["unisal", "mine"]
    assert {row.kind for row in board.table.rows} == {"profiled"}
    assert cells(board, "mine")["measured_gmacs_per_map"] == "100.0"
    assert "published" not in board.to_markdown()


def test_every_format_prints_it(profile: Path) -> None:
    board = Leaderboard.from_runs([], profile=profile)
    assert "Measured here" in board.to_latex()
    for text in (board.to_markdown(), board.to_html(), board.to_csv(), board.to_json()):
        assert "15.2" in text


def test_the_conventions_are_those_of_registered_models_and_published_rows() -> None:
    rows = {row.name for row in load_published("stsanet-table1").rows}
    assert set(_conventions()) <= set(list_models())
    assert {entry["row"] for entry in _conventions().values()} == rows - {"SalSAC", "TSFP-Net"}  # nothing to measure


@pytest.mark.parametrize("content", ["", "{}", "[1]", '[{"model": "a"}]'])
def test_what_is_no_profile_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "wrong.json"
    file.write_text(content)
    with pytest.raises(FileError, match=r"wrong\.json: .*write it with videosal profile MODEL\.\.\. --json"):
        read_profiles(file)
    with pytest.raises(FileError, match="cannot be read"):
        read_profiles(tmp_path / "none.json")
