"""Merges runs and published rows into one table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from videosal.errors import TableError
from videosal.leaderboards.layouts import attribute_value
from videosal.leaderboards.notes import run_note, shortfall, sign_notes
from videosal.leaderboards.runs import split_of
from videosal.leaderboards.table import (
    Cell,
    Column,
    Note,
    Row,
    Table,
    letters,
    make_cell,
    one_line,
    rank_cells,
)
from videosal.metrics import metric_info

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from videosal.leaderboards.layouts import Layout
    from videosal.leaderboards.published import PublishedTable
    from videosal.leaderboards.runs import RunLike

# What makes two descriptions those of different models. A runtime differs from machine to machine.
_IDENTITY = ("input_size", "gflops", "model_size_mb")


@dataclass(slots=True)
class _Entry:
    """A row in the making: its cells by the key of their column, its notes as text."""

    label: str
    kind: Literal["as reported", "scored"]
    sources: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cells: dict[str, Cell] = field(default_factory=dict)


def assemble(runs: Sequence[RunLike], published: Sequence[PublishedTable], layout: Layout) -> Table:
    """Build the table: published rows first, in the order of their papers, then the runs.

    Runs of one name share a row as long as each is on another data set split and they describe the same
    model. Where two of them are on the same split, only runs of one protocol share a row. Columns that
    describe models are left out where no row has a value.

    Raises
    ------
    TableError
        There is neither a run nor a published figure to print.
    """
    scores = _score_columns(runs, published, layout)
    columns = {column.key: column for column in (*layout.attributes, *scores)}
    entries = _published_entries(published, columns)
    entries += [_scored_entry(members, columns, layout) for members in _share_rows(runs)]
    if not entries:
        raise TableError("nothing to print: give a run, or name a published table")
    kept = [column for column in columns.values() if column.group or any(cell.text for cell in _cells(column, entries))]
    ranked = [rank_cells(column, _cells(column, entries)) for column in kept]
    texts = list(dict.fromkeys(text for entry in entries for text in entry.notes))
    marks = dict(zip(texts, letters(len(texts)), strict=True))
    rows = [
        Row(entry.label, entry.kind, tuple(entry.sources), tuple(marks[text] for text in entry.notes), cells)
        for entry, cells in zip(entries, zip(*ranked, strict=True), strict=True)
    ]
    notes = [*(Note(mark, text) for text, mark in marks.items()), *sign_notes(runs)]
    return Table(tuple(kept), tuple(rows), tuple(notes))


def _score_columns(runs: Sequence[RunLike], published: Sequence[PublishedTable], layout: Layout) -> Iterable[Column]:
    """The groups of columns: one per split, those of the published tables first."""
    titles: dict[str, str] = {}
    metrics: dict[str, set[str]] = {}
    for table in published:
        for split in table.splits:
            _add_title(titles, split.spec, split.title)
            found = metrics.setdefault(split.spec, set())
            found.update(*(row.scores.get(split.spec, {}) for row in table.rows))
    for run in runs:
        _add_title(titles, split_of(run), run.title)
        metrics.setdefault(split_of(run), set()).update(run.metrics)
    for split_name, title in titles.items():
        for metric in layout.metrics:
            if metric in metrics[split_name]:
                info = metric_info(metric)
                key = _key(split_name, metric)
                yield Column(key, title, info.label, higher_is_better=info.higher_is_better)


def _add_title(titles: dict[str, str], split_name: str, title: str) -> None:
    """Keep the heading of a split, made different from that of every other split."""
    if split_name not in titles:
        heading = one_line(title) or split_name
        titles[split_name] = f"{heading} ({split_name})" if heading in titles.values() else heading


def _published_entries(published: Sequence[PublishedTable], columns: Mapping[str, Column]) -> list[_Entry]:
    """Rows of the papers; one method in several tables of a paper is one row, unless its figures differ."""
    entries: list[_Entry] = []
    known: dict[tuple[str, str | None, str], _Entry] = {}
    for table in published:
        for row in table.rows:
            values: dict[str, float | str] = dict(row.attributes)
            for split_name, scores in row.scores.items():
                values |= {_key(split_name, metric): value for metric, value in scores.items()}
            cells = {key: make_cell(value, columns[key]) for key, value in values.items() if key in columns}
            identity = (row.name, row.reference, table.doi)
            entry = known.get(identity)
            if entry is None or any(entry.cells.get(key, cell) != cell for key, cell in cells.items()):
                entry = known[identity] = _Entry(row.name, "as reported")
                entries.append(entry)
            entry.cells |= cells
            entry.sources.append(table.name)
            entry.notes.append(table.note)
    return entries


def _share_rows(runs: Sequence[RunLike]) -> list[list[RunLike]]:
    """Gather the runs that share a row."""
    named: dict[str, list[RunLike]] = {}
    for run in runs:
        named.setdefault(run.name, []).append(run)
    rows = []
    for members in named.values():
        if _fit_one_row(members):
            rows.append(members)
            continue
        for protocol in dict.fromkeys(run.protocol for run in members):
            rows += _first_fit([run for run in members if run.protocol == protocol])
    return rows


def _first_fit(runs: Sequence[RunLike]) -> list[list[RunLike]]:
    rows: list[list[RunLike]] = []
    for run in runs:
        row = next((row for row in rows if _fit_one_row([*row, run])), None)
        if row is None:
            rows.append([run])
        else:
            row.append(run)
    return rows


def _fit_one_row(runs: Sequence[RunLike]) -> bool:
    """Whether each run is on another split and they describe one model."""
    if len({split_of(run) for run in runs}) < len(runs):
        return False
    described = [{name: attribute_value(name, run.model or {}) for name in _IDENTITY} for run in runs]
    return all(len({values[name] for values in described} - {None}) <= 1 for name in _IDENTITY)


def _scored_entry(runs: Sequence[RunLike], columns: Mapping[str, Column], layout: Layout) -> _Entry:
    entry = _Entry(one_line(runs[0].name), "scored")
    for column in layout.attributes:
        values = [attribute_value(column.key, run.model or {}) for run in runs]
        entry.cells[column.key] = make_cell(next((v for v in values if v is not None), None), column)
    for run in runs:
        summary = run.summary()
        metrics = [metric for metric in layout.metrics if metric in run.metrics]
        for metric in metrics:
            key = _key(split_of(run), metric)
            mean = float(summary[f"{run.aggregation}_mean"][metric])
            entry.cells[key] = make_cell(
                mean, columns[key], shortfall=shortfall(run), n_frames=run.coverage.frames_scored
            )
        entry.sources.append(f"{split_of(run)} {run.signature}")
        entry.notes.append(run_note(run, summary, metrics))
    return entry


def _cells(column: Column, entries: Sequence[_Entry]) -> list[Cell]:
    return [entry.cells.get(column.key, Cell()) for entry in entries]


def _key(split_name: str, metric: str) -> str:
    return f"{split_name.replace(':', '_')}_{metric}"
