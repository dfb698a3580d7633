"""Pairs predictions with ground truth, scores them, stores and resumes."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from videosal.benchmark.harness import run, score
    from videosal.benchmark.results import Run, load_run
    from videosal.benchmark.shards import merge_runs

_HOMES = {"run": "harness", "score": "harness", "Run": "results", "load_run": "results", "merge_runs": "shards"}

__all__ = ["Run", "load_run", "merge_runs", "run", "score"]


def __getattr__(name: str) -> Any:
    """Import a public name from its module when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
