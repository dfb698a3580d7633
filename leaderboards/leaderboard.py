"""The leaderboard: runs and published figures in the layout of a paper's table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from videosal.errors import InputError, TableError
from videosal.leaderboards.board.assemble import assemble
from videosal.leaderboards.board.columns import get_layout
from videosal.leaderboards.board.costs import read_profiles
from videosal.leaderboards.board.runs import gather_runs
from videosal.leaderboards.board.selection import narrow_layout, select_columns, select_rows, sort_rows
from videosal.leaderboards.formats.csv_json import to_csv, to_json
from videosal.leaderboards.formats.html import to_html
from videosal.leaderboards.formats.latex import to_latex
from videosal.leaderboards.formats.markdown import to_markdown
from videosal.leaderboards.published.tables import load_published
from videosal.leaderboards.statistics.slices import read_slices, slice_runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from videosal.leaderboards.board.run_like import RunLike
    from videosal.leaderboards.board.table import Marks, Table

MAX_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """A table of methods and their scores, ready to print.

    Attributes
    ----------
    table : Table
        Columns, rows, cells and notes, before any format.

    Examples
    --------
    >>> from videosal.leaderboards import Leaderboard
    >>> board = Leaderboard.from_runs([], published="stsanet-table1")
    >>> board.table.rows[-1].label
    'STSANet'
    """

    table: Table

    @classmethod
    def from_runs(
        cls,
        runs: Iterable[RunLike | str | Path],
        *,
        published: str | Iterable[str] | None = None,
        allow_incomplete: bool = False,
        layout: str = "table1",
        columns: Sequence[str] | None = None,
        rows: Sequence[str] | None = None,
        sort: str | None = None,
        digits: int | None = None,
        significance: bool = False,
        seeds: bool = False,
        by: str | Path | None = None,
        normalise: bool = False,
        change: bool = False,
        run_models: bool = False,
        profile: str | Path | None = None,
    ) -> Leaderboard:
        """Put runs and published rows into one table.

        Parameters
        ----------
        runs : iterable of Run, str or Path
            Runs, or the folders that they are stored in. May be empty.
        published : str or iterable of str, optional
            Published tables to stand above the runs, see :func:`videosal.leaderboards.list_published`. Default: the
            layout's own where there are no runs, and always in ``table3`` to ``table6``; an empty list is none.
        allow_incomplete : bool, default False
            Print runs with missing or unusable predictions, with a mark, instead of refusing them.
        layout : str, default "table1"
            Which columns there are, see :func:`videosal.leaderboards.list_layouts`.
        columns : sequence of str, optional
            Only these, in this order within each group: metrics (also those that the layout lacks), attributes
            (``gflops``) or keys (``dhf1k_test_cc``).
        rows : sequence of str, optional
            Only the methods with these names.
        sort : str, optional
            Column to order the rows by, best first; ``model`` orders by name. Default: papers, then runs as given.
        digits : int, optional
            Decimals of the scores.
        significance : bool, default False
            Mark what a paired test over videos does not tell from the best run of its column.
        seeds : bool, default False
            Print runs of one name that were scored alike as one row, with mean and standard deviation.
        by : path, optional
            Print the runs on slices of their videos, see :func:`videosal.leaderboards.read_slices`.
        normalise : bool, default False
            Beside each score its place between the runs of the center baseline (0) and of the human bound (1).
        change : bool, default False
            A diagnostic: how much the maps of each run change from frame to frame, beside the ground truth, see
            :func:`videosal.leaderboards.measure_change`. Reads the data set and the maps.
        run_models : bool, default False
            For `change`, make maps that were not saved again with the model that the run directory names.
        profile : path, optional
            What ``videosal profile MODEL... --json`` printed: the measured cost stands beside the published one, and a
            note says what the published figures are.

        Returns
        -------
        Leaderboard

        Raises
        ------
        TableError
            A run is incomplete and `allow_incomplete` is False; a run has no metric of the layout; two runs
            of one name were scored alike (split, videos, copy and signature); published rows stand beside slices; a
            bound for `normalise` is missing; there is nothing to print.
        UnknownNameError
            No published table, layout, row or column has that name.
        RunError
            A path holds no readable run.
        FileError
            The file `by` or `profile` cannot be used.
        InputError
            `runs` is a single path or run, or holds something else; `digits` is out of range.

        Notes
        -----
        A score is the mean that the run's protocol asks for: over frames, or over videos. Each data set split
        has its own columns, so results on a validation set never stand in the columns of a hidden test set. Rows
        of runs name their protocol signature in a note. Best and second best are found among runs that were scored
        alike, see :func:`videosal.leaderboards.board.ranking.column_identity`, and among published figures.
        """
        design = narrow_layout(get_layout(layout), columns or ())
        if digits is not None:
            if not 0 <= digits <= MAX_DIGITS:
                raise InputError(f"digits is {digits}, expected 0 to {MAX_DIGITS}")
            design = replace(design, digits=digits)
        gathered = gather_runs(runs, metrics=design.metrics, allow_incomplete=allow_incomplete, seeds=seeds)
        if published is None and by is None and (design.above_runs or not gathered):
            published = design.published
        names = [published] if isinstance(published, str) else list(dict.fromkeys(published or ()))
        reported = [load_published(name) for name in names]
        if rows:
            gathered, reported = select_rows(rows, gathered, reported)
        if by is not None:
            if reported:
                raise TableError("published rows have no figures per video: leave out published tables or slices")
            gathered = [run for part in slice_runs(gathered, read_slices(by)) for run in part]
        table = assemble(
            gathered,
            reported,
            design,
            significance=significance,
            normalise=normalise,
            change=change,
            run_models=run_models,
            profiles=read_profiles(profile) if profile is not None else (),
        )
        if columns:
            table = select_columns(table, columns)
        return cls(sort_rows(table, sort) if sort else table)

    def to_markdown(self, *, caption: str = "") -> str:
        """Return the table as GitHub Markdown: best in bold, second best underlined."""
        return to_markdown(self.table, caption=caption)

    def to_latex(self, *, marks: Marks = "colour", caption: str = "", label: str = "") -> str:
        """Return the table as a LaTeX float; a comment names the packages.

        Parameters
        ----------
        marks : {"colour", "bold"}
            Best in red and second best in blue, as in the paper; or best in bold and second best underlined.
        caption, label : str
            Of the float. Special characters of the caption are escaped.
        """
        return to_latex(self.table, marks=marks, caption=caption, label=label)

    def to_csv(self) -> str:
        """Return the table as CSV: figures in full precision, one header line."""
        return to_csv(self.table)

    def to_html(self, *, marks: Marks = "bold", caption: str = "", label: str = "") -> str:
        """Return the table as an HTML fragment: best in ``strong``, second best in ``u``, or in red and blue.

        Parameters
        ----------
        marks : {"bold", "colour"}
            As in `to_latex`.
        caption, label : str
            Caption of the table, and ``id`` of the fragment.
        """
        return to_html(self.table, marks=marks, caption=caption, label=label)

    def to_json(self) -> str:
        """Return columns, rows and notes as JSON."""
        return to_json(self.table)

    def to_bibtex(self) -> str:
        """Return the papers of the rows as BibTeX, each once; a comment names the rows whose paper is not known."""
        entries = dict.fromkeys(entry for row in self.table.rows for entry in row.references)
        without = dict.fromkeys(row.label for row in self.table.rows if not row.references)
        # BibTeX knows no comments: what is no entry is passed over, up to the next at sign.
        unknown = [f"% no reference known: {', '.join(without)}".replace("@", "(at)")] if without else []
        return "\n\n".join([*unknown, *entries]) + "\n"
