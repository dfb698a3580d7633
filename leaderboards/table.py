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

#: Sign of a cell whose run covers less than it should, in the order in which the signs are printed.
SIGNS = {"partial": "†", "incomplete": "‡"}


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
    shortfall : tuple of str
        Of ``partial`` (the copy of the data set holds less than the set) and ``incomplete`` (predictions are
        missing or unusable), those that hold for the run behind the figure.
    n_frames : int or None
        Frames behind the figure of a run.
    rank : {"best", "second", None}
        Place within the column, see :func:`rank_cells`.
    """

    value: float | str | None = None
    text: str = ""
    shortfall: tuple[str, ...] = ()
    n_frames: int | None = None
    rank: Literal["best", "second"] | None = None

    @property
    def signs(self) -> str:
        """The signs that follow the figure and that a note explains."""
        return "".join(sign for name, sign in SIGNS.items() if name in self.shortfall)


@dataclass(frozen=True, slots=True)
class Row:
    """One method.

    Attributes
    ----------
    label : str
        Its name, on one line.
    kind : {"as reported", "scored"}
        Whether a paper or a run is behind it.
    sources : tuple of str
        The published tables, or the protocol signatures of the runs.
    notes : tuple of str
        Marks of the notes that belong to the row.
    cells : tuple of Cell
        One per column.
    """

    label: str
    kind: Literal["as reported", "scored"]
    sources: tuple[str, ...]
    notes: tuple[str, ...]
    cells: tuple[Cell, ...]


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
        """The rows by kind, in order."""
        return [(kind, list(rows)) for kind, rows in groupby(self.rows, key=lambda row: row.kind)]


def make_cell(
    value: float | str | None,
    column: Column,
    *,
    shortfall: tuple[str, ...] = (),
    n_frames: int | None = None,
) -> Cell:
    """Make a cell; NaN counts as no value, but the cell still says what its run lacks."""
    if value is None or (not isinstance(value, str) and math.isnan(value)):
        return Cell(None, "", shortfall, n_frames)
    return Cell(value, print_value(value, column.digits), shortfall, n_frames)


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
    """Mark the best and the second best figure of a column.

    Printed figures are compared, so figures that look the same share the mark. Only what is comparable
    competes: the figures without signs or, in a column that has none, figures of partial copies that stand
    for equally many frames. A figure that competes with no other gets no mark.
    """
    competing = _competing(cells)
    if column.higher_is_better is None or len(competing) < 2:
        return list(cells)
    places = sorted({_printed(cell) for cell in competing}, reverse=column.higher_is_better)
    ranks: dict[float, Literal["best", "second"]] = dict(zip(places, ("best", "second"), strict=False))
    return [replace(cell, rank=ranks.get(_printed(cell))) if cell in competing else cell for cell in cells]


def one_line(text: str) -> str:
    """Return the text on one line: runs of white space become one space, control characters go."""
    spaced = " ".join(text.split())
    return "".join(character for character in spaced if unicodedata.category(character) != "Cc")


def letters(count: int) -> list[str]:
    """Marks for `count` notes: a, b, ..., z, aa, ab, ..."""
    return [_letter(number) for number in range(count)]


def _competing(cells: Sequence[Cell]) -> list[Cell]:
    given = [cell for cell in cells if cell.value is not None]
    whole = [cell for cell in given if not cell.shortfall]
    if whole:
        return whole
    partial = [cell for cell in given if "incomplete" not in cell.shortfall]
    return partial if len({cell.n_frames for cell in partial}) == 1 else []


def _printed(cell: Cell) -> float:
    # "<0.001" stands between zero and 0.001, the next figure that can be printed.
    return float(cell.text[1:]) / 2 if cell.text.startswith("<") else float(cell.text)


def _letter(number: int) -> str:
    first = _letter(number // 26 - 1) if number >= 26 else ""
    return first + chr(ord("a") + number % 26)
