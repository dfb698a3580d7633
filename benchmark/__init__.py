"""Pairs predictions with ground truth, scores them, stores and resumes."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from videosal.benchmark.bounds import score_human
    from videosal.benchmark.harness import run, run_each, score, score_each
    from videosal.benchmark.maps.run_maps import RunMaps
    from videosal.benchmark.maps.temporal import measure_change
    from videosal.benchmark.runs.results import Run, load_run
    from videosal.benchmark.runs.shards import merge_runs
    from videosal.benchmark.submission import pack_submission

_HOMES = {
    "Run": "runs.results",
    "RunMaps": "maps.run_maps",
    "load_run": "runs.results",
    "measure_change": "maps.temporal",
    "merge_runs": "runs.shards",
    "pack_submission": "submission",
    "run": "harness",
    "run_each": "harness",
    "score": "harness",
    "score_each": "harness",
    "score_human": "bounds",
}

__all__ = [
    "Run",
    "RunMaps",
    "load_run",
    "measure_change",
    "merge_runs",
    "pack_submission",
    "run",
    "run_each",
    "score",
    "score_each",
    "score_human",
]


def __getattr__(name: str) -> Any:
    """Import a public name from its module when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
