"""A table as an HTML fragment."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from videosal.leaderboards.table import Cell, Note, Row, Table

_TAGS = {"best": "strong", "second": "u"}


def to_html(table: Table) -> str:
    """Return a ``figure`` with the table and its notes; every text is escaped.

    The best figure of a column is in ``strong`` and the second best in ``u``. Rows stand in one ``tbody`` per
    kind.
    """
    width = 1 + len(table.columns)
    lines = [
        '<figure class="videosal-leaderboard">',
        "<table>",
        "<thead>",
        *_header(table),
        "</thead>",
        *(line for kind, rows in table.sections() for line in _section(kind, rows, width)),
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


def _section(kind: str, rows: list[Row], width: int) -> list[str]:
    title = f'<tr><th scope="rowgroup" colspan="{width}">{escape(kind)}</th></tr>'
    return ["<tbody>", title, *(_row(row) for row in rows), "</tbody>"]


def _row(row: Row) -> str:
    notes = f"<sup>{escape(','.join(row.notes))}</sup>"
    cells = "".join(f"<td>{_cell(cell)}</td>" for cell in row.cells)
    return f'<tr><th scope="row">{escape(row.label)} {notes}</th>{cells}</tr>'


def _cell(cell: Cell) -> str:
    text = escape(cell.text) or "-"
    if cell.rank:
        text = f"<{_TAGS[cell.rank]}>{text}</{_TAGS[cell.rank]}>"
    return text + (f"<sup>{cell.signs}</sup>" if cell.signs else "")


def _note(note: Note) -> str:
    return f"<li><sup>{escape(note.mark)}</sup> {escape(note.text)}</li>"
