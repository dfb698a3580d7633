"""Rows in the making: what papers and runs put into the columns of a table."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from videosal.leaderboards.board.columns import attribute_value
from videosal.leaderboards.board.notes import run_flags, run_note
from videosal.leaderboards.board.ranking import column_identity, split_of
from videosal.leaderboards.board.runs import baseline_name
from videosal.leaderboards.board.table import Cell, make_cell, one_line
from videosal.leaderboards.published.tables import read_references

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from videosal.leaderboards.board.columns import Layout
    from videosal.leaderboards.board.run_like import RunLike
    from videosal.leaderboards.board.table import Column, Kind
    from videosal.leaderboards.published.tables import PublishedRow, PublishedTable

# What makes two descriptions those of different models. A runtime differs from machine to machine.
_IDENTITY = ("input_size", "gflops", "model_size_mb")


_YEAR = re.compile(r"[12]\d{3}", re.ASCII)


@dataclass(slots=True)
class Entry:
    """A row in the making: its cells by the key of their column, its notes as text, its runs by split."""

    label: str
    kind: Kind
    sources: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cells: dict[str, Cell] = field(default_factory=dict)
    references: list[str] = field(default_factory=list)
    runs: dict[str, RunLike] = field(default_factory=dict)


def published_entries(published: Sequence[PublishedTable], columns: Mapping[str, Column]) -> list[Entry]:
    """Rows of the papers; one method in several tables of a paper is one row, unless its figures differ."""
    entries: list[Entry] = []
    known: dict[tuple[str, str], Entry] = {}
    papers = read_references()
    for table in published:
        for row in table.rows:
            cells = _published_cells(row, columns)
            identity = (row.name, row.source.citation)
            entry = known.get(identity)
            if entry is None or any(entry.cells.get(key, cell) != cell for key, cell in cells.items()):
                entry = known[identity] = Entry(row.name, "as reported")
                entries.append(entry)
            entry.cells |= cells
            origin = "first-hand" if row.first_hand else "copied"
            cited = "" if table.number else f" from {row.source.citation}"
            entry.sources.append(f"{table.name}, {origin}{cited}")
            entry.notes.append(table.note(row))
            entry.references += [papers[key] for key in (row.reference, row.source.reference) if key]
    return entries


def scored_entry(runs: Sequence[RunLike], columns: Mapping[str, Column], layout: Layout) -> Entry:
    """The row of the runs of one model, each on another split."""
    entry = Entry(one_line(runs[0].name), "baseline" if baseline_name(runs[0]) else "scored")
    for column in layout.attributes:
        values = [attribute_value(column.key, run.model or {}) for run in runs]
        entry.cells[column.key] = make_cell(next((v for v in values if v is not None), None), column)
    for run in runs:
        summary = run.summary()
        metrics = [metric for metric in layout.metrics if metric in run.metrics]
        for metric in metrics:
            key = column_key(split_of(run), metric)
            spread = summary[f"{run.aggregation}_sd"][metric] if f"{run.aggregation}_sd" in summary else None
            entry.cells[key] = make_cell(
                float(summary[f"{run.aggregation}_mean"][metric]),
                columns[key],
                flags=(*run_flags(run), *(["undefined"] if summary["n_by_map"][metric] else [])),
                n_frames=run.coverage.frames_scored,
                spread=None if spread is None else float(spread),
                identity=column_identity(run),
            )
        entry.sources.append(one_line(f"{split_of(run)} {run.signature}"))
        entry.notes.append(run_note(run, summary, metrics))
        entry.runs[split_of(run)] = run
        entry.references += _model_reference(run)
    return entry


def share_rows(runs: Sequence[RunLike]) -> list[list[RunLike]]:
    """Gather the runs that share a row.

    They have one name, each is on another split, and they describe one model; where two of a name are on one
    split, only runs of one protocol share a row.
    """
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


def column_key(split_name: str, metric: str) -> str:
    """The name for machines of a column of scores: ``dhf1k_test_cc``."""
    plain = re.sub(r"[^\w-]+", "_", split_name).strip("_")
    return f"{plain}_{metric}"


def _published_cells(row: PublishedRow, columns: Mapping[str, Column]) -> dict[str, Cell]:
    cells = {key: make_cell(value, columns[key]) for key, value in row.attributes.items() if key in columns}
    for split_name, scores in row.scores.items():
        flags = ("doubtful",) if split_name in row.doubts else ()
        for metric, value in scores.items():
            if (key := column_key(split_name, metric)) in columns:
                cells[key] = make_cell(value, columns[key], flags=flags)
    return cells


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


def _model_reference(run: RunLike) -> list[str]:
    """The paper that the model's card names, as BibTeX: the citation is one text, so it is a note."""
    model = run.model or {}
    text = one_line(str(model.get("reference") or ""))
    if not text:
        return []
    key = re.sub(r"[^0-9A-Za-z]+", "", run.name) or "model"
    plain = re.sub(r"([&%$#_])", r"\\\1", re.sub(r"[{}\\~^]", " ", text))
    year = f",\n  year = {{{found}}}" if _YEAR.fullmatch(found := str(model.get("year"))) else ""
    return [f"@misc{{{key},\n  note = {{{plain}}}{year}\n}}"]
