"""A table as GitHub Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tabulate import tabulate

from videosal.leaderboards.board.table import one_line

if TYPE_CHECKING:
    from videosal.leaderboards.board.table import Cell, Column, Note, Row, Table

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def to_markdown(table: Table, *, caption: str = "") -> str:
    """Return the caption, a pipe table and, below it, the notes.

    The best figure of a column is bold and the second best underlined; a dash stands for no figure.
    """
    grid = tabulate(
        [_row(row) for row in table.rows],
        headers=["Model", "Source", *(_heading(column) for column in table.columns)],
        tablefmt="pipe",
        # The cells are text with their decimals and marks: nothing to parse.
        disable_numparse=True,
        colalign=["left", "left", *("right" for _ in table.columns)],
    )
    above = [escape_markdown(one_line(caption)), ""] if caption else []
    return "\n".join([*above, grid, "", *map(_note, table.notes), ""])


def escape_markdown(text: str) -> str:
    """Escape what Markdown or HTML would read as markup, also in a cell, so that the text prints as it is."""
    escaped = re.sub(r"([\\`*\[\]~$|])", r"\\\1", text.translate(_ENTITIES))
    # An underscore between letters or digits is no markup: identifiers stay legible.
    return re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", escaped)


def _heading(column: Column) -> str:
    return escape_markdown(" ".join(part for part in (column.group, column.label, column.arrow) if part))


def _row(row: Row) -> list[str]:
    return [
        f"{escape_markdown(row.label)} <sup>{','.join(row.notes)}</sup>",
        row.kind,
        *(_cell(cell) for cell in row.cells),
    ]


def _cell(cell: Cell) -> str:
    text = escape_markdown(cell.text) or "-"
    if cell.rank == "best":
        text = f"**{text}**"
    elif cell.rank == "second":
        text = f"<u>{text}</u>"
    return text + cell.signs


def _note(note: Note) -> str:
    # Pipes mean nothing outside a table, and signatures are full of them.
    return f"- <sup>{note.mark}</sup> {escape_markdown(note.text).replace(chr(92) + '|', '|')}"
