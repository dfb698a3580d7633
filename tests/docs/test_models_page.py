"""The table of docs/models.md says what the entries are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from videosal.models.registry import _ZOO, find_factory
from videosal.models.zoo.system import FIXED, SystemEntry

PAGE = (Path(__file__).parents[2] / "docs/models.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].strip("` "): [cell.strip() for cell in cells[1:]]
    for cells in (line.strip("|").split("|") for line in PAGE.splitlines() if re.match(r"\| `[a-z0-9-]+` \|", line))
    if len(cells) == 6
}


def test_every_system_has_a_row() -> None:
    assert set(ROWS) == set(_ZOO)


@pytest.mark.parametrize("name", ROWS)
def test_rows_are_those_of_the_entries(name: str) -> None:
    entry = find_factory(name)
    *_, calls, modes = ROWS[name]
    if isinstance(entry, SystemEntry):
        assert calls == f"{entry.frames_in}, {entry.maps_out}"
        assert modes == ", ".join(entry.modes)
    else:
        assert (calls, modes) == ("", "")


def test_every_fixed_mode_is_explained() -> None:
    fixed = {name for name in _ZOO if FIXED in getattr(find_factory(name), "modes", ())}
    section = PAGE.partition("| entry | published | fixed |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([a-z0-9-]+)`", re.sub(r"`(flow|alpha)`", "", section))) == fixed
