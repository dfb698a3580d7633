"""Merges runs and published rows into one table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from videosal.errors import TableError
from videosal.leaderboards.board.change_columns import add_change
from videosal.leaderboards.board.costs import add_costs
from videosal.leaderboards.board.notes import apart_note, doubt_note, lost_note, sign_notes, tied_note
from videosal.leaderboards.board.ranking import column_identity, split_of, usual_identities
from videosal.leaderboards.board.rows import column_key, published_entries, scored_entry, share_rows
from videosal.leaderboards.board.table import (
    KINDS,
    Cell,
    Column,
    Note,
    Row,
    Table,
    letters,
    one_line,
    rank_cells,
)
from videosal.leaderboards.statistics.normalise import normalise_scores
from videosal.leaderboards.statistics.significance import flag_ties
from videosal.metrics import metric_info

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from videosal.leaderboards.board.columns import Layout
    from videosal.leaderboards.board.rows import Entry
    from videosal.leaderboards.board.run_like import RunLike
    from videosal.leaderboards.published.tables import PublishedTable


def assemble(
    runs: Sequence[RunLike],
    published: Sequence[PublishedTable],
    layout: Layout,
    *,
    significance: bool = False,
    normalise: bool = False,
    change: bool = False,
    run_models: bool = False,
    profiles: Sequence[Mapping[str, Any]] = (),
) -> Table:
    """Build the table: published rows first, in the order of their papers, then the runs, then the baselines.

    Runs of one name share a row as long as each is on another data set split and they describe the same
    model. Where two of them are on the same split, only runs of one protocol share a row. Columns that
    describe models are left out where no row has a value. Figures that were scored otherwise than most of
    their column get a sign, and are ranked among those that were scored alike. With `significance`, figures get
    a sign that are not distinguishable from the best run; with `normalise`, each score has a column beside it
    with its place between center and human; with `change`, each split of a run has two columns on the change
    from frame to frame, for which `run_models` lets maps that were not saved be made again. `profiles` are
    measured costs, see `videosal.leaderboards.board.costs.read_profiles`.

    Raises
    ------
    TableError
        There is neither a run nor a published figure to print, or `normalise` finds no split with both bounds.
    """
    columns = {column.key: column for column in (*layout.attributes, *_score_columns(runs, published, layout))}
    entries = published_entries(published, columns)
    entries += [scored_entry(members, columns, layout) for members in share_rows(runs)]
    if profiles:
        columns = add_costs(entries, columns, profiles)
    entries.sort(key=lambda entry: KINDS.index(entry.kind))
    if not entries:
        raise TableError("nothing to print: give a run, or name a published table")
    _flag_apart(entries, runs, layout)
    tested = flag_ties(entries, layout.metrics) if significance else None
    if normalise:
        columns = normalise_scores(entries, columns)
    if change:
        columns = add_change(entries, columns, run_models=run_models)
    kept = [column for column in columns.values() if column.group or any(cell.text for cell in _cells(column, entries))]
    ranked = [_ranked(column, entries) for column in kept]
    texts = list(dict.fromkeys(text for entry in entries for text in entry.notes))
    marks = dict(zip(texts, letters(len(texts)), strict=True))
    rows = [
        Row(
            entry.label,
            entry.kind,
            tuple(dict.fromkeys(entry.sources)),
            tuple(dict.fromkeys(marks[text] for text in entry.notes)),
            cells,
            tuple(dict.fromkeys(entry.references)),
        )
        for entry, cells in zip(entries, zip(*ranked, strict=True), strict=True)
    ]
    signs = [*doubt_note(published), *apart_note(runs), *sign_notes(runs), *lost_note(runs, layout.metrics)]
    signs += [] if tested is None else tied_note(tested)
    notes = [*(Note(mark, text) for text, mark in marks.items()), *signs]
    return Table(tuple(kept), tuple(rows), tuple(notes))


def _score_columns(runs: Sequence[RunLike], published: Sequence[PublishedTable], layout: Layout) -> Iterable[Column]:
    """The groups of columns: one per split, those of the published tables first."""
    titles: dict[str, str] = {}
    metrics: dict[str, set[str]] = {}
    for table in published:
        for split in table.splits:
            found = {metric for row in table.rows for metric in row.scores.get(split.spec, {})}
            if found:
                _add_title(titles, split.spec, split.title)
                metrics.setdefault(split.spec, set()).update(found)
    for run in runs:
        _add_title(titles, split_of(run), run.title)
        metrics.setdefault(split_of(run), set()).update(run.metrics)
    for split_name, title in titles.items():
        for metric in layout.metrics:
            if metric in metrics[split_name]:
                info = metric_info(metric)
                key = column_key(split_name, metric)
                yield Column(key, title, info.label, layout.digits, higher_is_better=info.higher_is_better)


def _add_title(titles: dict[str, str], split_name: str, title: str) -> None:
    """Keep the heading of a split, made different from that of every other split."""
    if split_name not in titles:
        heading = one_line(title) or split_name
        titles[split_name] = f"{heading} ({split_name})" if heading in titles.values() else heading


def _flag_apart(entries: Sequence[Entry], runs: Sequence[RunLike], layout: Layout) -> None:
    """Flag the scored figures that were scored otherwise than most of their columns."""
    usual = {split: column_identity(run) for split, run in usual_identities(runs).items()}
    for entry in entries:
        for split_name, run in entry.runs.items():
            if column_identity(run) == usual[split_name]:
                continue
            for key in (column_key(split_name, metric) for metric in layout.metrics if metric in run.metrics):
                entry.cells[key] = replace(entry.cells[key], flags=("protocol", *entry.cells[key].flags))


def _ranked(column: Column, entries: Sequence[Entry]) -> list[Cell]:
    """The cells of a column with the best marked; baselines do not compete."""
    competing = [entry for entry in entries if entry.kind != "baseline"]
    rest = [entry for entry in entries if entry.kind == "baseline"]
    return [*rank_cells(column, _cells(column, competing)), *_cells(column, rest)]


def _cells(column: Column, entries: Iterable[Entry]) -> list[Cell]:
    return [entry.cells.get(column.key, Cell()) for entry in entries]
