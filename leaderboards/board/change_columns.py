"""Columns that say how much the maps of a run change from frame to frame, beside the ground truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from videosal.benchmark.maps.temporal import measure_change
from videosal.leaderboards.board.rows import column_key
from videosal.leaderboards.board.table import Column, make_cell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from videosal.benchmark import Run
    from videosal.leaderboards.board.rows import Entry


def add_change(entries: Sequence[Entry], columns: Mapping[str, Column], *, run_models: bool) -> dict[str, Column]:
    """Add two columns to each split of a run: the change of its maps, and that of the ground truth.

    `run_models` is that of `measure_change`.

    Returns
    -------
    dict of str to Column
        The columns, those of the change behind the scores of their split.
    """
    found = dict(columns)
    for entry in entries:
        for split_name, run in entry.runs.items():
            titles = [column.group for key, column in columns.items() if key.startswith(column_key(split_name, ""))]
            change = measure_change(cast("Run", run), run_models=run_models)
            for name, label in (("prediction", "Change"), ("truth", "Change of truth")):
                key = column_key(split_name, f"change_{name}")
                found.setdefault(key, Column(key, titles[0] if titles else run.title, label))
                entry.cells[key] = make_cell(float(change[name].mean()), found[key])
    groups = list(dict.fromkeys(column.group for column in found.values()))
    return dict(sorted(found.items(), key=lambda item: groups.index(item[1].group)))
