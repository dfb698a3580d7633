"""The sentences under a table that say what stands behind the figures of the runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from videosal.leaderboards.board.table import SIGNS, Note, one_line
from videosal.metrics import metric_info

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from videosal.leaderboards.board.run_like import CoverageLike, RunLike
    from videosal.leaderboards.published.tables import PublishedTable

_MEANINGS = {
    "protocol": "scored under another protocol signature than the rest of its column, takes no rank",
    "tied": "not distinguishable from the best run of its column "
    "(paired permutation test over videos, Holm correction, p at least 0.05)",
}


def run_note(run: RunLike, summary: pd.DataFrame, metrics: Sequence[str]) -> str:
    """Say how a run was scored: split, aggregation, frames and videos, protocol signature, undefined frames.

    Runs of one split that were scored in the same way get the same sentence, and so share a note.
    """
    covered = f"{_count(run.coverage.frames_scored, 'frame')} of {_count(run.coverage.videos_found, 'video')}"
    undefined = {metric: int(summary["n_undefined"][metric]) for metric in metrics}
    without = ", ".join(
        f"{metric_info(metric).label} in {_count(count, 'frame')}" for metric, count in undefined.items() if count
    )
    text = f"scored on {run.title}, {run.aggregation} mean over {covered}: {run.signature}"
    repeated = getattr(run, "n_runs", 1)
    if repeated > 1:
        text = f"mean ± standard deviation of {repeated} runs, each {text}"
    method = getattr(run, "info", {}).get("method")
    if method:
        text = f"{method}, {text}"
    return one_line(f"{text}; undefined and left out: {without}" if without else text)


def run_flags(run: RunLike) -> tuple[str, ...]:
    """Name what a run lacks, as the keys of :data:`videosal.leaderboards.board.table.SIGNS`."""
    lacks = {"partial": run.partial, "incomplete": not run.complete}
    return tuple(name for name, lacking in lacks.items() if lacking)


def sign_notes(runs: Sequence[RunLike]) -> list[Note]:
    """Explain the signs of the runs that cover less than they should, with the names of the runs."""
    partial = [(run, f"{run.title}, {_found(run.coverage)}") for run in runs if run.partial]
    incomplete = [(run, f"{run.title}, {_scored(run.coverage)}") for run in runs if not run.complete]
    meanings = {
        "partial": ("partial copy of the data set", partial),
        "incomplete": ("incomplete, predictions are missing, unusable or not scored yet", incomplete),
    }
    return [_sign_note(SIGNS[name], meaning, cases) for name, (meaning, cases) in meanings.items() if cases]


def doubt_note(published: Sequence[PublishedTable]) -> list[Note]:
    """Explain the sign of doubtful figures, with the methods and what is wrong with each."""
    cases = [
        f"{row.name} on {split.title}: {row.doubts[split.spec]}"
        for table in published
        for row in table.rows
        for split in table.splits
        if split.spec in row.doubts
    ]
    return [Note(SIGNS["doubtful"], one_line(f"doubtful, takes no rank: {'; '.join(cases)}"))] if cases else []


def flag_note(flag: str) -> list[Note]:
    """Explain the sign of a flag that needs no names."""
    return [Note(SIGNS[flag], _MEANINGS[flag])]


def _sign_note(sign: str, meaning: str, cases: Sequence[tuple[RunLike, str]]) -> Note:
    names: dict[str, list[str]] = {}
    for run, case in cases:
        names.setdefault(case, [])
        if run.name not in names[case]:
            names[case].append(run.name)
    told = "; ".join(f"{case} ({', '.join(called)})" for case, called in names.items())
    return Note(sign, one_line(f"{meaning}: {told}"))


def _found(coverage: CoverageLike) -> str:
    if coverage.videos_expected is None:
        found = f"{_count(coverage.videos_found, 'video')} found"
    else:
        found = f"{coverage.videos_found} of {_count(coverage.videos_expected, 'video')} found"
    if coverage.frames_expected is None:
        return found
    return f"{found}, {coverage.frames_found} of {_count(coverage.frames_expected, 'frame')}"


def _scored(coverage: CoverageLike) -> str:
    return f"{coverage.frames_scored} of {_count(coverage.frames_found, 'frame')} scored"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
