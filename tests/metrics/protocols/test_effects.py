"""Holds docs/protocols.md to what is measured and to what the records say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.metrics.protocols.effects import EFFECTS, rows, set_rows
from videosal.metrics import get_protocol, list_protocols

PAGE = Path(__file__).parents[3] / "docs" / "protocols.md"


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def table(heading: str) -> list[list[str]]:
    """The rows below the line of a table's headings."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(heading))
    body = lines[start + 2 :]
    end = next((number for number, line in enumerate(body) if not line.startswith("|")), len(body))
    return [cells(line) for line in body[:end]]


def test_the_effects_on_frames_are_as_measured(shared: Path) -> None:
    written = table("| metric | convention | median |")
    measured = [cells(row) for row in rows(shared / "goldens" / "metrics")]
    assert [row[:2] for row in written] == [row[:2] for row in measured]
    assert len(written) == len(EFFECTS)
    for found, want in zip(written, measured, strict=True):
        # The last digit may be rounded otherwise elsewhere.
        figures = [float(figure) for figure in found[2:4]], [float(figure) for figure in want[2:4]]
        assert figures[0] == pytest.approx(figures[1], rel=0.06, abs=1e-6), want


def test_the_effects_on_sets_are_as_measured(shared: Path) -> None:
    written = table("| metric | convention | as `dhf1k` |")
    measured = [cells(row) for row in set_rows(shared / "goldens" / "metrics")]
    assert [row[:2] for row in written] == [row[:2] for row in measured]
    for found, want in zip(written, measured, strict=True):
        assert [float(figure) for figure in found[2:]] == pytest.approx([float(x) for x in want[2:]], abs=2e-4), want


def test_the_page_lists_what_the_records_say() -> None:
    written = table("| protocol | resize |")
    assert [row[0].strip("`") for row in written] == list_protocols()
    for row in written:
        rules = get_protocol(row[0].strip("`"))
        assert row[1].split(",")[0] == rules.maps.resize
        assert tuple(row[3].split()) == rules.metrics
        assert row[5:] == [f"{rules.aggregation}s", rules.undefined]
    bugs = [(row[0].strip("`"), row[1].strip("`"), row[3]) for row in table("| protocol | bug |")]
    assert bugs == [(name, bug.key, bug.text) for name in list_protocols() for bug in get_protocol(name).bugs]
