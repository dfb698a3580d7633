"""The sentences under a table that say what stands behind the figures of the runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from videosal.leaderboards.board.ranking import column_identity, describe_difference, split_of, usual_identities
from videosal.leaderboards.board.table import SIGNS, Note, one_line
from videosal.metrics import metric_info

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from videosal.leaderboards.board.run_like import CoverageLike, RunLike
    from videosal.leaderboards.published.tables import PublishedTable

_TIED = (
    "not distinguishable from the best run of its column that was scored alike "
    "(paired permutation test over videos, Holm correction for the runs of the column, p at least 0.05)"
)


def run_note(run: RunLike, summary: pd.DataFrame, metrics: Sequence[str]) -> str:
    """Say how a run was scored: split, aggregation, frames and videos, protocol signature, undefined frames, and
    frames whose ground truth the copy lacks.

    Runs of one split that were scored in the same way get the same sentence, and so share a note.
    """
    covered = f"{_count(run.coverage.frames_scored, 'frame')} of {_count(run.coverage.videos_found, 'video')}"
    undefined = {metric: int(summary["n_undefined"][metric]) for metric in metrics}
    scored = run.coverage.frames_scored
    absent = {metric: scored - int(summary["n"][metric]) - count for metric, count in undefined.items()}
    without, lacking = (
        ", ".join(
            f"{metric_info(metric).label} in {_count(count, 'frame')}" for metric, count in counts.items() if count > 0
        )
        for counts in (undefined, absent)
    )
    text = f"scored on {run.title}, {run.aggregation} mean over {covered}: {run.signature}"
    repeated = getattr(run, "n_runs", 1)
    if repeated > 1:
        text = f"mean ± standard deviation of {repeated} runs, each {text}"
    method = getattr(run, "info", {}).get("method")
    if method:
        text = f"{method}, {text}"
    treated = "counted as zero" if getattr(run, "info", {}).get("undefined_as") == "zero" else "left out"
    text += f"; undefined and {treated}: {without}" if without else ""
    text += f"; left out, since the copy lacks the ground truth: {lacking}" if lacking else ""
    return one_line(text)


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


def apart_note(runs: Sequence[RunLike]) -> list[Note]:
    """Explain the sign of the runs that were scored otherwise than most runs of their split, and say in what."""
    usual = usual_identities(runs)
    cases = [
        (run, describe_difference(usual[split_of(run)], run))
        for run in runs
        if column_identity(run) != column_identity(usual[split_of(run)])
    ]
    meaning = "not scored like most of its column, ranked only among figures that were scored alike"
    return [_sign_note(SIGNS["protocol"], meaning, cases)] if cases else []


def lost_note(runs: Sequence[RunLike], metrics: Sequence[str]) -> list[Note]:
    """Explain the sign of the figures that maps keep from standing for all frames that the ground truth allows."""
    cases = []
    for run in runs:
        summary = run.summary()
        lost = {metric: int(summary["n_by_map"][metric]) for metric in metrics if metric in run.metrics}
        shares = (
            f"{metric_info(metric).label} in {count} of {_count(count + int(summary['n'][metric]), 'frame')}"
            for metric, count in lost.items()
            if count
        )
        if any(lost.values()):
            cases.append((run, f"{run.title}, {', '.join(shares)}"))
    meaning = "takes no rank, because maps leave frames without a value for which the ground truth allows one"
    return [_sign_note(SIGNS["undefined"], meaning, cases)] if cases else []


def tied_note(warnings: Sequence[str]) -> list[Note]:
    """Explain the sign of figures that a test does not tell from the best, and what the test cannot show."""
    return [Note(SIGNS["tied"], "; ".join([_TIED, *warnings]))]


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
