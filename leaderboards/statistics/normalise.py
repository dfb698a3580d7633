"""Scores between the centre bias and people: 0 is the center baseline, 1 the human bound."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from videosal.errors import TableError
from videosal.leaderboards.board.runs import baseline_name
from videosal.leaderboards.board.table import Cell, make_cell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from videosal.leaderboards.board.rows import Entry
    from videosal.leaderboards.board.table import Column

DIGITS = 2

_log = logging.getLogger(__name__)


def normalise_scores(entries: Sequence[Entry], columns: Mapping[str, Column]) -> dict[str, Column]:
    """Add to each score of a run its place between the bounds, ``(score - center) / (human - center)``.

    Published figures and runs of another protocol have none: their bounds are not those of the table. A score whose
    human bound is no better than center has none either, and a warning says so.

    Returns
    -------
    dict of str to Column
        The columns, each column of scores with both bounds followed by the one of its normalised scores.

    Raises
    ------
    TableError
        No column has both bounds, the human one the better.
    """
    found: dict[str, Column] = {}
    for key, column in columns.items():
        found[key] = column
        low, high = (_bound(entries, key, name) for name in ("center", "human"))
        if column.higher_is_better is None or low is None or high is None:
            continue
        if low == high or (high > low) != column.higher_is_better:
            # A spread of gaze wider than the smoothed maps of half the observers can put center above people.
            _log.warning(
                "%s %s is not normalised: human, %.3f, is no better there than center, %.3f",
                column.group,
                column.label,
                high,
                low,
            )
            continue
        beside = f"{key}_normalised"
        found[beside] = replace(column, key=beside, label=f"{column.label} norm.", digits=DIGITS, higher_is_better=True)
        for entry in entries:
            cell = entry.cells.get(key)
            if cell is not None and entry.runs and _comparable(cell):
                value = (float(cell.value or 0) - low) / (high - low)
                entry.cells[beside] = make_cell(value, found[beside], flags=cell.flags, n_frames=cell.n_frames)
    if len(found) == len(columns):
        raise TableError(
            "normalised scores need the runs of center and of human on the same split and protocol: "
            "videosal bounds makes both where the copy tells observers apart"
        )
    return found


def _bound(entries: Sequence[Entry], key: str, name: str) -> float | None:
    for entry in entries:
        cell = entry.cells.get(key)
        if cell is not None and _comparable(cell) and any(baseline_name(run) == name for run in entry.runs.values()):
            return float(cell.value or 0)
    return None


def _comparable(cell: Cell) -> bool:
    return isinstance(cell.value, float) and "protocol" not in cell.flags
