"""The leaderboard: runs and published figures in the layout of a paper's table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from videosal.leaderboards.assemble import assemble
from videosal.leaderboards.data_formats import to_csv, to_json
from videosal.leaderboards.html_table import to_html
from videosal.leaderboards.latex import to_latex
from videosal.leaderboards.layouts import get_layout
from videosal.leaderboards.markdown import to_markdown
from videosal.leaderboards.published import load_published
from videosal.leaderboards.runs import gather_runs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from videosal.leaderboards.runs import RunLike
    from videosal.leaderboards.table import Table


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
    ) -> Leaderboard:
        """Put runs and published rows into one table.

        Parameters
        ----------
        runs : iterable of Run, str or Path
            Runs, or the folders that they are stored in. May be empty where `published` is given.
        published : str or iterable of str, optional
            Published tables to stand above the runs, see :func:`videosal.leaderboards.list_published`.
        allow_incomplete : bool, default False
            Print runs with missing or unusable predictions, with a mark, instead of refusing them.
        layout : str, default "table1"
            Which columns there are, see :func:`videosal.leaderboards.list_layouts`.

        Returns
        -------
        Leaderboard

        Raises
        ------
        TableError
            A run is incomplete and `allow_incomplete` is False; a run has no metric of the layout; two runs
            have the same name, data set split and protocol signature; there is nothing to print.
        UnknownNameError
            No published table or layout has that name.
        RunError
            A path holds no readable run.
        InputError
            `runs` is a single path or run, or holds something else.

        Notes ----- A score is the mean that the run's protocol asks for: over frames, or over videos. Each
        data set split has its own columns, so results on a validation set never stand in the columns of a
        hidden test set. Rows of runs name their protocol signature in a note.
        """
        columns = get_layout(layout)
        names = [published] if isinstance(published, str) else list(dict.fromkeys(published or ()))
        reported = [load_published(name) for name in names]
        gathered = gather_runs(runs, metrics=columns.metrics, allow_incomplete=allow_incomplete)
        return cls(assemble(gathered, reported, columns))

    def to_markdown(self) -> str:
        """Return the table as GitHub Markdown: best in bold, second best underlined."""
        return to_markdown(self.table)

    def to_latex(self) -> str:
        """Return the table as a LaTeX float: best in red, second best in blue; a comment names the packages."""
        return to_latex(self.table)

    def to_csv(self) -> str:
        """Return the table as CSV: figures in full precision, one header line."""
        return to_csv(self.table)

    def to_html(self) -> str:
        """Return the table as an HTML fragment: best in ``strong``, second best in ``u``."""
        return to_html(self.table)

    def to_json(self) -> str:
        """Return columns, rows and notes as JSON."""
        return to_json(self.table)
