"""Which rows and columns of a table are printed, and in which order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from videosal.errors import UnknownNameError
from videosal.leaderboards.board.table import one_line
from videosal.metrics import list_metrics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from videosal.leaderboards.board.columns import Layout
    from videosal.leaderboards.board.run_like import RunLike
    from videosal.leaderboards.board.table import Column, Row, Table
    from videosal.leaderboards.published.tables import PublishedTable

#: What `sort_rows` takes for the names of the rows.
BY_NAME = "model"


def narrow_layout(layout: Layout, names: Sequence[str]) -> Layout:
    """Give a layout the metrics that `names` ask for, by name or in the key of a column, in that order."""
    asked = [
        metric
        for name in names
        for metric in sorted(list_metrics(), key=len, reverse=True)
        if name == metric or name.removesuffix("_normalised").endswith(f"_{metric}")
    ]
    return replace(layout, metrics=tuple(dict.fromkeys(asked)) or layout.metrics)


def select_rows(
    names: Sequence[str], runs: Sequence[RunLike], published: Sequence[PublishedTable]
) -> tuple[list[RunLike], list[PublishedTable]]:
    """Keep the runs and published rows that are called by one of `names`.

    Raises
    ------
    UnknownNameError
        No run and no published row has one of the names.
    """
    known = [one_line(run.name) for run in runs] + [row.name for table in published for row in table.rows]
    for name in names:
        if name not in known:
            raise UnknownNameError.of("row", name, dict.fromkeys(known))
    kept = [replace(table, rows=tuple(row for row in table.rows if row.name in names)) for table in published]
    return [run for run in runs if one_line(run.name) in names], [table for table in kept if table.rows]


def select_columns(table: Table, names: Sequence[str]) -> Table:
    """Keep the columns that `names` ask for, in that order within each group.

    Parameters
    ----------
    table : Table
    names : sequence of str
        Metrics (``cc``: that column of every group), attributes (``gflops``) or keys (``dhf1k_test_cc``). The
        normalised scores of a metric stay beside it.

    Raises
    ------
    UnknownNameError
        A name fits no column.
    """
    for name in names:
        if not any(_fits(column, name) for column in table.columns):
            raise UnknownNameError.of("column", name, _known(table))
    groups = list(dict.fromkeys(column.group for column in table.columns))
    places = {
        at: (groups.index(column.group), min(place for place, name in enumerate(names) if _fits(column, name)))
        for at, column in enumerate(table.columns)
        if any(_fits(column, name) for name in names)
    }
    order = sorted(places, key=lambda at: places[at])
    return replace(
        table,
        columns=tuple(table.columns[at] for at in order),
        rows=tuple(replace(row, cells=tuple(row.cells[at] for at in order)) for row in table.rows),
    )


def sort_rows(table: Table, key: str) -> Table:
    """Order the rows by a column, best first, baselines below.

    Within each, figures that stand for fewer frames than the ground truth allows come after the others, and rows
    without a figure last.

    Parameters
    ----------
    table : Table
    key : str
        As for `select_columns`; a metric means its first column. ``model`` sorts by name. Columns that rank nothing
        are sorted from small to large.

    Raises
    ------
    UnknownNameError
        No column has that name.
    """
    if key == BY_NAME:
        return replace(
            table, rows=tuple(sorted(table.rows, key=lambda row: (row.kind == "baseline", row.label.casefold())))
        )
    at = next((at for at, column in enumerate(table.columns) if _fits(column, key)), None)
    if at is None:
        raise UnknownNameError.of("column", key, [*_known(table), BY_NAME])
    sign = -1.0 if table.columns[at].higher_is_better else 1.0

    def place(row: Row) -> tuple[bool, bool, bool, float, str]:
        value = row.cells[at].value
        number = sign * value if isinstance(value, (int, float)) else 0.0
        lacking = "undefined" in row.cells[at].flags
        return row.kind == "baseline", value is None, lacking, number, str(value)

    return replace(table, rows=tuple(sorted(table.rows, key=place)))


def _fits(column: Column, name: str) -> bool:
    if column.key in (name, f"{name}_normalised"):
        return True
    if name == "change" and column.key.endswith(("_change_prediction", "_change_truth")):
        return True
    own = column.key.removesuffix("_normalised")
    metric = next((m for m in sorted(list_metrics(), key=len, reverse=True) if own.endswith(f"_{m}")), None)
    return bool(column.group) and metric == name


def _known(table: Table) -> list[str]:
    metrics = [name for name in list_metrics() if any(_fits(column, name) for column in table.columns)]
    return [*metrics, *(column.key for column in table.columns)]
