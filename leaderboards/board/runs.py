"""The runs that go into a table: what is asked of them, and which are refused."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videosal.errors import InputError, TableError
from videosal.leaderboards.board.ranking import column_identity
from videosal.leaderboards.statistics.seeds import join_seeds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from videosal.leaderboards.board.run_like import RunLike


#: Models whose scores give those of the others their meaning, from chance to people.
BASELINES = ("uniform", "center", "mean-map", "human")


def gather_runs(
    runs: Iterable[RunLike | str | Path],
    *,
    metrics: Sequence[str],
    allow_incomplete: bool,
    seeds: bool = False,
) -> list[RunLike]:
    """Load the runs that are given as paths, and refuse what cannot stand in a table of these `metrics`.

    With `seeds`, runs of one name that were scored alike are repetitions of one model and become one.

    Raises
    ------
    InputError
        `runs` is one path or run, not several, or holds something else.
    RunError
        A path holds no readable run.
    TableError
        A run is incomplete and `allow_incomplete` is False; it has none of the metrics; a path is given twice;
        or, without `seeds`, two runs of one name were scored alike.
    """
    loaded = load_runs(runs)
    if not allow_incomplete:
        refuse_incomplete(loaded)
    for run in loaded:
        if not set(metrics) & set(run.metrics):
            asked = ", ".join(metrics)
            raise TableError(f"{_called(run)} has none of the table's metrics: score it with some of {asked}")
    if seeds:
        return join_seeds(loaded)
    _refuse_duplicates(loaded)
    return loaded


def load_runs(runs: Iterable[RunLike | str | Path]) -> list[RunLike]:
    """Load the runs that are given as paths.

    Raises
    ------
    InputError
        `runs` is one path or run, not several, or holds something else.
    RunError
        A path holds no readable run.
    TableError
        A path is given twice.
    """
    if isinstance(runs, (str, Path)) or hasattr(runs, "summary"):
        raise InputError(f"runs is {type(runs).__name__}, not a list: put it in brackets")
    loaded = [_load(run) for run in runs]
    paths = Counter(Path(run.path).resolve() for run in loaded if hasattr(run, "path"))
    for path, count in paths.items():
        if count > 1:
            raise TableError(f"{path} is given twice: leave one out")
    return loaded


def refuse_incomplete(runs: Sequence[RunLike]) -> None:
    """Raise `TableError` if one of the runs is incomplete."""
    incomplete = [run for run in runs if not run.complete]
    if not incomplete:
        return
    first = incomplete[0]
    more = f" (and {len(incomplete) - 1} more)" if len(incomplete) > 1 else ""
    scored, found = first.coverage.frames_scored, first.coverage.frames_found
    lack = f"{scored} of {found} frames scored" if scored < found else "a metric that not all frames are scored in"
    raise TableError(
        f"{_called(first)} is incomplete, with {lack}{more}: add the missing predictions and score again,"
        " or allow incomplete runs (allow_incomplete=True, --allow-incomplete), which are printed with a mark"
    )


def baseline_name(run: RunLike) -> str | None:
    """``uniform``, ``center``, ``mean-map`` or ``human`` where the run gives a bound, else None."""
    info: Mapping[str, Any] = getattr(run, "info", {})
    name = (info.get("model_spec") or {}).get("name")
    return name if name in BASELINES else None


def _load(run: RunLike | str | Path) -> RunLike:
    if not isinstance(run, (str, Path)):
        if not hasattr(run, "summary"):
            raise InputError(
                f"runs holds something of type {type(run).__name__}: give Run objects or paths of run directories"
            )
        return run
    # Here, because a table of Run objects or of published figures needs nothing that the harness imports.
    from videosal.benchmark import load_run

    return load_run(run)


def _refuse_duplicates(runs: Sequence[RunLike]) -> None:
    counts = Counter((run.name, column_identity(run)) for run in runs)
    for run in runs:
        if counts[run.name, column_identity(run)] > 1:
            raise TableError(
                f"{_called(run)} is given twice with the same protocol: leave one out, score one under another name, "
                "or ask for the mean over both (seeds=True, --seeds)"
            )


def _called(run: RunLike) -> str:
    return f"the run {run.name!r} on {run.title}"
