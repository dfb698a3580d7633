"""A table as an HTML fragment."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from videosal.leaderboards.board.table import Cell, Marks, Note, Row, Table

_TAGS = {
    "bold": {"best": ("<strong>", "</strong>"), "second": ("<u>", "</u>")},
    "colour": {
        "best": ('<strong style="color:#c00000">', "</strong>"),
        "second": ('<span style="color:#0040c0">', "</span>"),
    },
}


def to_html(table: Table, *, marks: Marks = "bold", caption: str = "", label: str = "") -> str:
    """Return a ``figure`` with the table and its notes; every text is escaped.

    The best figure of a column is in ``strong`` and the second best in ``u``, or in red and blue. Rows stand in one
    ``tbody`` per kind.
    """
    width = 1 + len(table.columns)
    identity = f' id="{escape(label)}"' if label else ""
    lines = [
        f'<figure class="videosal-leaderboard"{identity}>',
        "<table>",
        *([f"<caption>{escape(caption)}</caption>"] if caption else []),
        "<thead>",
        *_header(table),
        "</thead>",
        *(line for kind, rows in table.sections() for line in _section(kind, rows, width, marks)),
        "</table>",
        "<figcaption>",
        "<ul>",
        *(_note(note) for note in table.notes),
        "</ul>",
        "</figcaption>",
        "</figure>",
    ]
    return "\n".join(lines) + "\n"


def _header(table: Table) -> list[str]:
    upper, lower = ['<th scope="col" rowspan="2">Model</th>'], []
    for heading, columns in table.groups():
        if heading:
            upper.append(f'<th scope="colgroup" colspan="{len(columns)}">{escape(heading)}</th>')
            labels = [f"{column.label} {column.arrow}".strip() for column in columns]
            lower += [f'<th scope="col">{escape(label)}</th>' for label in labels]
        else:
            upper.append(f'<th scope="col" rowspan="2">{escape(columns[0].label)}</th>')
    return [f"<tr>{''.join(upper)}</tr>", f"<tr>{''.join(lower)}</tr>"]


def _section(kind: str, rows: list[Row], width: int, marks: Marks) -> list[str]:
    title = [f'<tr><th scope="rowgroup" colspan="{width}">{escape(kind)}</th></tr>'] if kind else []
    return ["<tbody>", *title, *(_row(row, marks) for row in rows), "</tbody>"]


def _row(row: Row, marks: Marks) -> str:
    notes = f"<sup>{escape(','.join(row.notes))}</sup>"
    cells = "".join(f"<td>{_cell(cell, marks)}</td>" for cell in row.cells)
    return f'<tr><th scope="row">{escape(row.label)} {notes}</th>{cells}</tr>'


def _cell(cell: Cell, marks: Marks) -> str:
    text = escape(cell.text) or "-"
    if cell.rank:
        start, end = _TAGS[marks][cell.rank]
        text = f"{start}{text}{end}"
    return text + (f"<sup>{cell.signs}</sup>" if cell.signs else "")


def _note(note: Note) -> str:
    return f"<li><sup>{escape(note.mark)}</sup> {escape(note.text)}</li>"
