"""A table for programs: CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import TYPE_CHECKING, Any

from videosal.leaderboards.board.table import one_line

if TYPE_CHECKING:
    from videosal.leaderboards.board.table import Cell, Row, Table


def to_csv(table: Table) -> str:
    """Return one header line and one line per row, figures in full precision.

    Columns: ``model``; ``source`` (``as reported: TABLE`` or ``scored: SPLIT SIGNATURE``, several joined by
    ``; ``); ``flags`` (``KEY=partial`` and so on for every figure that has a sign in the printed table,
    joined by ``; ``); ``spread`` (``KEY=SD`` where a figure stands for several runs); then the columns of
    figures by their key (``gflops``, ``dhf1k_test_cc``). No figure is an empty field. A text that a
    spreadsheet would take for a formula begins with an apostrophe.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["model", "source", "flags", "spread", *(column.key for column in table.columns)])
    for row in table.rows:
        values = ["" if cell.value is None else cell.value for cell in row.cells]
        texts = [row.label, f"{row.kind}: {'; '.join(row.sources)}", _flags(table, row), _spreads(table, row)]
        writer.writerow([harmless(value) if isinstance(value, str) else value for value in (*texts, *values)])
    return stream.getvalue()


def harmless(text: str) -> str:
    """Return a text that a spreadsheet shows and does not run: on one line, and no formula."""
    plain = one_line(text)
    return f"'{plain}" if plain.startswith(("=", "+", "-", "@")) else plain


def to_json(table: Table) -> str:
    """Return the table as a JSON object with ``columns``, ``rows`` and ``notes``.

    The ``cells`` of a row are in the order of the columns: ``value`` in full precision (null where there is
    none), ``text`` as printed, ``rank`` (``best``, ``second`` or null) and ``flags`` (a list). JSON has
    no infinity: such a value is null, and its text says ``inf``.
    """
    content = {
        "columns": [
            {
                "key": column.key,
                "group": column.group,
                "label": column.label,
                "higher_is_better": column.higher_is_better,
            }
            for column in table.columns
        ],
        "rows": [
            {
                "model": row.label,
                "kind": row.kind,
                "sources": row.sources,
                "notes": row.notes,
                "cells": [_json_cell(cell) for cell in row.cells],
            }
            for row in table.rows
        ],
        "notes": [{"mark": note.mark, "text": note.text} for note in table.notes],
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _flags(table: Table, row: Row) -> str:
    return "; ".join(
        f"{column.key}={name}" for column, cell in zip(table.columns, row.cells, strict=True) for name in cell.flags
    )


def _spreads(table: Table, row: Row) -> str:
    cells = zip(table.columns, row.cells, strict=True)
    return "; ".join(f"{column.key}={cell.spread}" for column, cell in cells if cell.spread is not None)


def _json_cell(cell: Cell) -> dict[str, Any]:
    finite = isinstance(cell.value, str) or (cell.value is not None and math.isfinite(cell.value))
    return {
        "value": cell.value if finite else None,
        "text": cell.text,
        "spread": cell.spread,
        "rank": cell.rank,
        "flags": cell.flags,
    }
