"""Scores between the centre bias and people: 0 is the center baseline, 1 the human bound."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from videosal.errors import TableError
from videosal.leaderboards.board.ranking import bounded_identity, column_identity
from videosal.leaderboards.board.runs import baseline_name
from videosal.leaderboards.board.table import make_cell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from videosal.leaderboards.board.rows import Entry
    from videosal.leaderboards.board.table import Cell, Column

DIGITS = 2

_log = logging.getLogger(__name__)


def normalise_scores(entries: Sequence[Entry], columns: Mapping[str, Column]) -> dict[str, Column]:
    """Add to each score of a run its place between the bounds, ``(score - center) / (human - center)``.

    A score is placed between bounds that were scored in the same way; published figures have none. A score whose
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
        bounds = {} if column.higher_is_better is None else _bounds(entries, key)
        for identity, (low, high) in bounds.items():
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
            found[beside] = replace(
                column, key=beside, label=f"{column.label} norm.", digits=DIGITS, higher_is_better=True
            )
            for entry in (entry for entry in entries if entry.runs and key in entry.cells):
                cell = entry.cells[key]
                if isinstance(cell.value, float) and _identity(entry, cell) == identity:
                    place = make_cell((cell.value - low) / (high - low), found[beside], flags=cell.flags)
                    entry.cells[beside] = replace(place, n_frames=cell.n_frames, identity=identity)
    if len(found) == len(columns):
        raise TableError(
            "normalised scores need the runs of center and of human on the same split and protocol: "
            "videosal bounds makes both where the copy tells observers apart"
        )
    return found


def _bounds(entries: Sequence[Entry], key: str) -> dict[str, tuple[float, float]]:
    """The scores of center and of human in a column, for each identity that has both."""
    found: dict[str, dict[str, float]] = {}
    for entry in entries:
        cell = entry.cells.get(key)
        if cell is None or not isinstance(cell.value, float):
            continue
        for name in {baseline_name(run) for run in entry.runs.values()} & {"center", "human"}:
            found.setdefault(_identity(entry, cell), {}).setdefault(str(name), cell.value)
    return {identity: (named["center"], named["human"]) for identity, named in found.items() if len(named) == 2}


def _identity(entry: Entry, cell: Cell) -> str:
    """The identity of the scores that a cell stands among; people are held against a density of their own."""
    runs = (run for run in entry.runs.values() if column_identity(run) == cell.identity)
    return next(map(bounded_identity, runs), cell.identity)
