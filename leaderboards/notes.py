"""The sentences under a table that say what stands behind the figures of the runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from videosal.leaderboards.table import SIGNS, Note, one_line
from videosal.metrics import metric_info

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from videosal.leaderboards.runs import CoverageLike, RunLike


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
    return one_line(f"{text}; undefined and left out: {without}" if without else text)


def shortfall(run: RunLike) -> tuple[str, ...]:
    """Name what a run lacks, as the keys of :data:`videosal.leaderboards.table.SIGNS`."""
    lacks = {"partial": run.partial, "incomplete": not run.complete}
    return tuple(name for name in SIGNS if lacks[name])


def sign_notes(runs: Sequence[RunLike]) -> list[Note]:
    """Explain the signs of the runs that cover less than they should, with the names of the runs."""
    partial = [(run, f"{run.title}, {_found(run.coverage)}") for run in runs if run.partial]
    incomplete = [(run, f"{run.title}, {_scored(run.coverage)}") for run in runs if not run.complete]
    meanings = {
        "partial": ("partial copy of the data set", partial),
        "incomplete": ("incomplete, predictions are missing, unusable or not scored yet", incomplete),
    }
    return [_sign_note(SIGNS[name], meaning, cases) for name, (meaning, cases) in meanings.items() if cases]


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
