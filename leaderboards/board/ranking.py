"""Which runs may stand in one column of a table, and how those are marked that may not compete with most of it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from videosal.leaderboards.board.run_like import RunLike

_MAPS = "|maps="  # the last part of a signature: at which depth the maps were scored


def split_of(run: RunLike) -> str:
    """The name of the run's data set split, ``dhf1k:val``."""
    return f"{run.dataset}:{run.split}"


def column_identity(run: RunLike) -> str:
    """A text that is equal for the runs whose scores may be compared: one ground truth, scored in one way.

    It is that of the run's ``identity``; a run that has none is known by data set split, protocol signature, videos
    and fingerprint of its ground truth.
    """
    identity = getattr(run, "identity", None)
    if identity is not None:
        return f"{identity.column}{_MAPS}{run.signature.partition(_MAPS)[2]}"
    return json.dumps([split_of(run), run.signature, *_truth(run)])


def bounded_identity(run: RunLike) -> str:
    """The `column_identity` of the runs that a human bound is a bound of, though its density is another.

    That of the run itself, where it is no human bound.
    """
    identity = getattr(run, "identity", None)
    if identity is None or not identity.human:
        return column_identity(run)
    return f"{replace(identity, human='').column}{_MAPS}{run.signature.partition(_MAPS)[2]}"


def usual_identities(runs: Sequence[RunLike]) -> dict[str, RunLike]:
    """For each data set split, the first of the runs that were scored as most runs of the split are."""
    usual = {}
    for split in dict.fromkeys(map(split_of, runs)):
        members = [run for run in runs if split_of(run) == split]
        most, _ = Counter(map(column_identity, members)).most_common(1)[0]
        usual[split] = next(run for run in members if column_identity(run) == most)
    return usual


def describe_difference(first: RunLike, second: RunLike) -> str:
    """Say how two runs of different identity were scored: ``under different protocols``, ``on different videos``."""
    if split_of(first) != split_of(second):
        return f"on different splits ({split_of(first)} and {split_of(second)})"
    if differing := set(first.signature.split("|")) ^ set(second.signature.split("|")):
        same_rules = all(part.startswith("density=") for part in differing)
        return "against different densities" if same_rules else "under different protocols"
    (videos, copy), (other_videos, other_copy) = _truth(first), _truth(second)
    if videos != other_videos:
        return f"on different videos of {split_of(first)}"
    return f"on different copies of {split_of(first)}" if copy != other_copy else "from different inputs"


def _truth(run: RunLike) -> tuple[Any, Any]:
    info: Mapping[str, Any] = getattr(run, "info", {})
    return info.get("videos"), info.get("fingerprint")
