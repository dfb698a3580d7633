"""A table as LaTeX."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from videosal.leaderboards.board.table import one_line

if TYPE_CHECKING:
    from videosal.leaderboards.board.table import Cell, Marks, Note, Row, Table

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    # Signatures are long and have no spaces: let the line break after each part.
    "|": r"\textbar{}\allowbreak{}",
    "`": r"\textasciigrave{}",
    '"': r"{\char34}",  # active in German babel, and \textquotedbl is not in every font encoding
    # At the start of a row these would be arguments of the \\ or \midrule before it.
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
    "\N{LEFT DOUBLE QUOTATION MARK}": "``",
    "\N{RIGHT DOUBLE QUOTATION MARK}": "''",
    "\N{MULTIPLICATION SIGN}": r"$\times$",
    "†": r"$\dagger$",
    "‡": r"$\ddagger$",
    "§": r"\S{}",
    "¶": r"\P{}",
    "∅": r"$\emptyset$",
    "≈": r"$\approx$",
    "±": r"$\pm$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
}
_TABLE = str.maketrans(_SPECIAL)
_MARKS = {
    "colour": {"best": r"\textcolor{red}", "second": r"\textcolor{blue}"},
    "bold": {"best": r"\textbf", "second": r"\underline"},
}
_SECTIONS = {
    "as reported": "As reported",
    "profiled": "Measured here",
    "scored": "Scored here",
    "baseline": "Baselines",
}


def to_latex(table: Table, *, marks: Marks = "colour", caption: str = "", label: str = "") -> str:
    """Return a ``table*`` float in the layout of the paper, notes below it in small print.

    Its first line is a comment that names the packages it needs. The best figure of a column is red and the
    second best blue, or bold and underlined; ``--`` stands for no figure. The table is shrunk to the width of the text
    where it is wider. Special characters are escaped, so names and notes print as they are.
    """
    groups = table.groups()
    width = 1 + len(table.columns)
    lines = [
        r"% Needs \usepackage{booktabs,graphicx,multirow,xcolor}",
        r"\begin{table*}[t]",
        r"\centering",
        *([rf"\caption{{{escape_latex(one_line(caption))}}}"] if caption else []),
        *([rf"\label{{{_plain_label(label)}}}"] if label else []),
        r"\setlength{\tabcolsep}{4pt}",
        r"\resizebox{\ifdim\width>\textwidth\textwidth\else\width\fi}{!}{%",
        rf"\begin{{tabular}}{{l{''.join('c' * len(columns) for _, columns in groups)}}}",
        r"\toprule",
        *_header(table),
        *(line for kind, rows in table.sections() for line in _section(kind, rows, width, marks)),
        r"\bottomrule",
        r"\end{tabular}%",
        "}",
        r"\par\smallskip",
        r"{\footnotesize\raggedright",
        *(_note(note) for note in table.notes),
        "}",
        r"\end{table*}",
    ]
    return "\n".join(lines) + "\n"


def escape_latex(text: str) -> str:
    """Escape what LaTeX would read as a command, so that the text prints as it is."""
    return text.translate(_TABLE)


def _header(table: Table) -> list[str]:
    """Two lines: headings of the groups, with a rule under each, and of the columns."""
    groups = table.groups()
    starts = accumulate((len(columns) for _, columns in groups), initial=2)
    upper, rules, lower = [r"\multirow{2}{*}{Model}"], [], [""]
    for (heading, columns), start in zip(groups, starts, strict=False):
        if heading:
            upper.append(rf"\multicolumn{{{len(columns)}}}{{c}}{{{escape_latex(heading)}}}")
            rules.append(rf"\cmidrule(lr){{{start}-{start + len(columns) - 1}}}")
            lower += [escape_latex(f"{column.label} {column.arrow}".strip()) for column in columns]
        else:
            upper.append(rf"\multirow{{2}}{{*}}{{{escape_latex(columns[0].label)}}}")
            lower.append("")
    return [_line(upper), "".join(rules), _line(lower)]


def _section(kind: str, rows: list[Row], width: int, marks: Marks) -> list[str]:
    title = [_line([rf"\multicolumn{{{width}}}{{l}}{{\textit{{{_SECTIONS[kind]}}}}}"])] if kind else []
    return [r"\midrule", *title, *(_line(_row(row, marks)) for row in rows)]


def _row(row: Row, marks: Marks) -> list[str]:
    return [
        rf"{escape_latex(row.label)}\textsuperscript{{{','.join(row.notes)}}}",
        *(_cell(cell, marks) for cell in row.cells),
    ]


def _cell(cell: Cell, marks: Marks) -> str:
    text = escape_latex(cell.text) or "--"
    if cell.rank:
        text = rf"{_MARKS[marks][cell.rank]}{{{text}}}"
    return text + (rf"\textsuperscript{{{escape_latex(cell.signs)}}}" if cell.signs else "")


def _note(note: Note) -> str:
    return rf"\textsuperscript{{{escape_latex(note.mark)}}}~{escape_latex(note.text)}\par"


def _plain_label(label: str) -> str:
    r"""A label is never printed: what could end it or start a command becomes a hyphen."""
    return "".join(character if character.isalnum() or character in ":-_./ " else "-" for character in one_line(label))


def _line(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"
