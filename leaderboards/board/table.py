"""The table that every format prints: columns, rows, cells, marks and notes."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Sign of a cell with a flag, in the order in which the signs are printed and explained.
SIGNS = {"doubtful": "§", "protocol": "¶", "partial": "†", "incomplete": "‡", "undefined": "∅", "tied": "≈"}

#: Sections of the rows, in the order in which they are printed.
KINDS = ("as reported", "profiled", "scored", "baseline")

# Classes of characters that turn the direction of writing, and end it again.
_TURNS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")

Kind = Literal["as reported", "profiled", "scored", "baseline"]

#: How the best and the second best figure are shown: red and blue, or bold and underlined.
Marks = Literal["colour", "bold"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of figures.

    Attributes
    ----------
    key : str
        Name for machines, such as ``dhf1k_test_cc``.
    group : str
        Heading that the column shares with its neighbours; empty for what describes a model.
    label : str
        Its own heading.
    digits : int or None
        Decimals of its figures; None for text.
    higher_is_better : bool or None
        Direction of a score; None for a column that ranks nothing.
    """

    key: str
    group: str
    label: str
    digits: int | None = 3
    higher_is_better: bool | None = None

    @property
    def arrow(self) -> str:
        """``↑``, ``↓`` or nothing."""
        return {True: "↑", False: "↓", None: ""}[self.higher_is_better]


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure.

    Attributes
    ----------
    value : float, str or None
        In full precision; None where there is none or where it is undefined.
    text : str
        As printed, without marks; empty for None.
    flags : tuple of str
        Of the keys of :data:`SIGNS`, those that hold: ``doubtful`` (the source is in conflict with another),
        ``protocol`` (scored otherwise than most of its column: protocol, videos or ground truth), ``partial`` (the
        copy of the data set holds less than the set), ``incomplete`` (predictions are missing or unusable),
        ``undefined`` (maps leave frames without a value for which the ground truth allows one), ``tied`` (not
        distinguishable from the best run).
    n_frames : int or None
        Frames behind the figure of a run.
    spread : float or None
        Standard deviation over the runs behind the figure, where there are several.
    rank : {"best", "second", None}
        Place within the column, see :func:`rank_cells`.
    identity : str
        Equal for figures that may be compared; empty where nobody knows how they were scored, as for published ones.
    """

    value: float | str | None = None
    text: str = ""
    flags: tuple[str, ...] = ()
    n_frames: int | None = None
    spread: float | None = None
    rank: Literal["best", "second"] | None = None
    identity: str = ""

    @property
    def signs(self) -> str:
        """The signs that follow the figure and that a note explains."""
        return "".join(sign for name, sign in SIGNS.items() if name in self.flags)


@dataclass(frozen=True, slots=True)
class Row:
    """One method.

    Attributes
    ----------
    label : str
        Its name, on one line.
    kind : {"as reported", "profiled", "scored", "baseline"}
        Whether a paper, nothing but a profile, or a run is behind it; a baseline is a run that gives the others
        their meaning, such as chance.
    sources : tuple of str
        The published tables, or the protocol signatures of the runs.
    notes : tuple of str
        Marks of the notes that belong to the row.
    cells : tuple of Cell
        One per column.
    references : tuple of str
        BibTeX entries of the row, as text.
    """

    label: str
    kind: Kind
    sources: tuple[str, ...]
    notes: tuple[str, ...]
    cells: tuple[Cell, ...]
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence under the table: its mark (a letter or a sign) and its text on one line."""

    mark: str
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Columns, rows and notes; knows nothing of the format that it is printed in."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[Note, ...]

    def groups(self) -> list[tuple[str, list[Column]]]:
        """The columns by heading, in order; a column without a heading is a group of its own."""
        found: list[tuple[str, list[Column]]] = []
        for heading, columns in groupby(self.columns, key=lambda column: column.group):
            members = list(columns)
            found += [(heading, members)] if heading else [("", [column]) for column in members]
        return found

    def sections(self) -> list[tuple[str, list[Row]]]:
        """The rows by kind, in order; rows of mixed order are one section without a name."""
        found: list[tuple[str, list[Row]]] = [
            (kind, list(rows)) for kind, rows in groupby(self.rows, key=lambda row: row.kind)
        ]
        kinds = [kind for kind, _ in found]
        return found if len(set(kinds)) == len(kinds) else [("", list(self.rows))]


def make_cell(
    value: float | str | None,
    column: Column,
    *,
    flags: tuple[str, ...] = (),
    n_frames: int | None = None,
    spread: float | None = None,
    identity: str = "",
) -> Cell:
    """Make a cell; NaN counts as no value, but the cell still says what its run lacks."""
    if value is None or (not isinstance(value, str) and math.isnan(value)):
        return Cell(None, "", flags, n_frames, identity=identity)
    if isinstance(value, str):
        value = one_line(value)
    text = print_value(value, column.digits)
    if spread is not None:
        text += f" ± {print_value(spread, column.digits)}"
    return Cell(value, text, flags, n_frames, spread, identity=identity)


def print_value(value: float | str, digits: int | None) -> str:
    """Print a figure with `digits` decimals, or a text on one line with a times sign in sizes.

    A positive figure too small to show is printed as ``<0.001``, because zero would be a claim.
    """
    if isinstance(value, str) or digits is None:
        return re.sub(r"(?<=\d)x(?=\d)", "\N{MULTIPLICATION SIGN}", one_line(str(value)))
    text = f"{value:.{digits}f}"
    if value > 0 and float(text) == 0:
        return f"<{10**-digits:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def rank_cells(column: Column, cells: Sequence[Cell]) -> list[Cell]:
    """Mark the best and the second best figure of a column, among those that were scored in the same way.

    Printed figures are compared, so figures that look the same share the mark. Only figures of one identity compete
    with each other; published ones are among themselves. Of these, those compete that are neither doubtful, nor of a
    partial copy or an incomplete run, nor undefined in frames for which the ground truth allows a value. Where there
    are none, figures of partial copies compete that stand for equally many frames. A figure that competes with no
    other gets no mark.
    """
    ranked = list(cells)
    for identity in dict.fromkeys(cell.identity for cell in cells):
        competing = _competing([cell for cell in cells if cell.identity == identity])
        if column.higher_is_better is None or len(competing) < 2:
            continue
        places = sorted({_printed(cell) for cell in competing}, reverse=column.higher_is_better)
        ranks: dict[float, Literal["best", "second"]] = dict(zip(places, ("best", "second"), strict=False))
        ranked = [replace(cell, rank=ranks.get(_printed(cell))) if cell in competing else cell for cell in ranked]
    return ranked


def one_line(text: str) -> str:
    """Return the text on one line: runs of white space become one space, control characters go.

    So do those that turn the direction of what follows, behind which a text can hide. Half a character, of a name that
    is no text, is written as its escape, since no file takes it.
    """
    spaced = " ".join(text.encode("utf-8", "backslashreplace").decode().split())
    return "".join(c for c in spaced if unicodedata.category(c) != "Cc" and unicodedata.bidirectional(c) not in _TURNS)


def letters(count: int) -> list[str]:
    """Marks for `count` notes: a, b, ..., z, aa, ab, ..."""
    return [_letter(number) for number in range(count)]


def _competing(cells: Sequence[Cell]) -> list[Cell]:
    fit = [cell for cell in cells if cell.value is not None and not {*cell.flags} & {"doubtful", "undefined"}]
    whole = [cell for cell in fit if not {*cell.flags} & {"partial", "incomplete"}]
    if whole:
        return whole
    partial = [cell for cell in fit if "incomplete" not in cell.flags]
    return partial if len({cell.n_frames for cell in partial}) == 1 else []


def _printed(cell: Cell) -> float:
    text = cell.text.partition(" ")[0]  # without the spread
    # "<0.001" stands between zero and 0.001, the next figure that can be printed.
    return float(text[1:]) / 2 if text.startswith("<") else float(text)


def _letter(number: int) -> str:
    first = _letter(number // 26 - 1) if number >= 26 else ""
    return first + chr(ord("a") + number % 26)
