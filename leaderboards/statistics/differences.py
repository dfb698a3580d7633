"""Why two runs differ: what was not the same when they were made, and how far each metric moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from videosal.benchmark.runs.identity import differences
from videosal.leaderboards.board.runs import load_runs

if TYPE_CHECKING:
    from pathlib import Path

    from videosal.benchmark import Run
    from videosal.benchmark.runs.identity import Strength

# Groups of the fields of run.json, in the order in which they are reported; what is in none comes under "other".
_GROUPS = {
    "protocol": ("signature", "protocol", "aggregation", "metrics", "baseline", "seed"),
    "data set": ("dataset", "split", "root", "fingerprint", "videos", "coverage"),
    "predictions": ("name", "kind", "predictions", "model", "model_spec", "method"),
}
# The group of each field of the identity that run.json tells in no other place.
_OF_IDENTITY = {
    "contents": "data set",
    "metric_code": "protocol",
    "negatives": "protocol",
    "calibration": "protocol",
    "sample": "protocol",
    "options": "predictions",
    "weights": "predictions",
    "code": "predictions",
    "plugins": "predictions",
    "suite": "versions",
}
# What follows from other fields, is told by the identity or the sessions, or differs between any two runs.
_LEFT_OUT = ("schema", "title", "notes", "finished", "identity", "sessions", "made_by", *_OF_IDENTITY)
_STRENGTHS: tuple[Strength, ...] = ("result", "row", "column")
_NAMED = 3  # names that are spelled out in a list of many


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that differs.

    Attributes
    ----------
    group : str
        ``protocol``, ``data set``, ``frames``, ``predictions``, ``versions``, ``command`` or ``other``.
    field : str
        Its name in ``run.json``; parts of the signature and of nested fields as ``signature.nss``.
    first, second : str
        What each run has; empty where it has nothing of the kind.
    """

    group: str
    field: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Move:
    """How far a metric moves from the first run to the second.

    Attributes
    ----------
    metric : str
        Its name.
    first, second : float
        Means that the protocol of each run takes, over all of its frames.
    common : float
        Mean over the frames where both have a value of ``second - first``; NaN where there is none.
    n_common, n_changed : int
        Frames where both have a value, and those of them where the values differ.
    largest : str
        ``VIDEO/FRAME`` where they differ most; empty where none does.
    """

    metric: str
    first: float
    second: float
    common: float
    n_common: int
    n_changed: int
    largest: str


def explain_runs(first: Run | str | Path, second: Run | str | Path) -> tuple[list[Difference], list[Move]]:
    """Name what differs between two runs, and how far each metric that both have moves.

    Raises
    ------
    RunError
        A path holds no readable run.
    TableError
        Both are the same path.
    """
    a, b = load_runs([first, second])
    return _find_differences(a, b), [_move(a, b, metric) for metric in a.metrics if metric in b.metrics]


def _find_differences(a: Any, b: Any) -> list[Difference]:
    found = []
    for group, fields in _GROUPS.items():
        for field in fields:
            found += _compare(group, field, a.info.get(field), b.info.get(field))
        if group == "data set":
            found += _frame_differences(a, b)
        found += _identity_differences(group, a, b)
    found += _session_differences(a, b)
    found += _identity_differences("versions", a, b)
    known = {*_LEFT_OUT, *(field for fields in _GROUPS.values() for field in fields)}
    others = [field for field in {**a.info, **b.info} if field not in known]
    return found + [d for field in others for d in _compare("other", field, a.info.get(field), b.info.get(field))]


def _identity_differences(group: str, a: Any, b: Any) -> list[Difference]:
    """What differs in the identities of two runs, of the fields of a group."""
    if a.identity is None or b.identity is None:
        return []
    found = {item.field: item for same in _STRENGTHS for item in differences(a.identity, b.identity, same)}
    return [
        Difference(group, item.words, item.before, item.now)
        for item in found.values()
        if _OF_IDENTITY.get(item.field) == group
    ]


def _session_differences(a: Any, b: Any) -> list[Difference]:
    """What differs in the last sessions of two runs; those before can have had other versions."""
    last = [run.info["sessions"][-1] for run in (a, b)]
    groups = {"versions": ("versions", "commit", "videosal_commit", "host"), "command": ("command",)}
    return [
        difference
        for group, names in groups.items()
        for name in names
        for difference in _compare(group, name, last[0].get(name), last[1].get(name))
    ]


def _compare(group: str, field: str, a: Any, b: Any) -> list[Difference]:
    if a == b:
        return []
    if field == "signature":
        a, b = _signature_parts(str(a)), _signature_parts(str(b))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return [d for key in {**a, **b} for d in _compare(group, f"{field}.{key}", a.get(key), b.get(key))]
    if field in ("videos", "metrics") and isinstance(a, list) and isinstance(b, list):
        return [Difference(group, field, _only(a, b), _only(b, a))]
    return [Difference(group, field, _text(a), _text(b))]


def _signature_parts(signature: str) -> dict[str, str]:
    parts = (part.partition("=") for part in signature.split("|"))
    return {name if value else "version": value or name for name, _, value in parts}


def _frame_differences(a: Any, b: Any) -> list[Difference]:
    frames = [_statuses(run) for run in (a, b)]
    found = []
    if set(frames[0]) != set(frames[1]):
        names = [list(part) for part in frames]
        found.append(Difference("frames", "frames", _only(names[0], names[1]), _only(names[1], names[0])))
    changed = [name for name in frames[0] if name in frames[1] and frames[0][name] != frames[1][name]]
    if changed:
        statuses = [f"{part[changed[0]]} for {changed[0]}" for part in frames]
        found.append(Difference("frames", f"status of {len(changed)} frames", statuses[0], statuses[1]))
    return found


def _statuses(run: Any) -> dict[str, str]:
    frames = run.frames
    return dict(zip(frames["video"] + "/" + frames["frame"], frames["status"], strict=True))


def _only(names: list[str], others: list[str]) -> str:
    """What is in one list alone, the first names spelled out."""
    known = set(others)
    extra = [name for name in names if name not in known]
    more = f" and {len(extra) - _NAMED} more" if len(extra) > _NAMED else ""
    return f"only here: {', '.join(extra[:_NAMED])}{more}" if extra else f"all {len(names)} are in the other"


def _text(value: Any) -> str:
    if value is None:
        return ""
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _move(a: Any, b: Any, metric: str) -> Move:
    keys = ["video", "frame"]
    both = a.frames[[*keys, metric]].merge(b.frames[[*keys, metric]], on=keys, suffixes=("_a", "_b")).dropna()
    moved = both[f"{metric}_b"] - both[f"{metric}_a"]
    changed = int((moved != 0).sum())
    top = both.loc[moved.abs().idxmax()] if changed else None
    first, second = (float(run.summary()[f"{run.aggregation}_mean"][metric]) for run in (a, b))
    largest = f"{top['video']}/{top['frame']}" if top is not None else ""
    common = float(moved.mean()) if len(both) else float("nan")
    return Move(metric, first, second, common, len(both), changed, largest)
