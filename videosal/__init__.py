"""videosal: the benchmark suite for video saliency prediction.

Scores saliency maps against human gaze, runs registered models, and prints the tables of a paper. Start with
`score`, `run` and `videosal.leaderboards.Leaderboard`; the command ``videosal --help`` offers the same.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from videosal.errors import VideosalError

if TYPE_CHECKING:
    from videosal import benchmark, datasets, leaderboards, metrics, models
    from videosal.benchmark import Run, load_run, merge_runs, run, run_each, score, score_each
    from videosal.datasets import list_datasets, load_dataset, register_dataset
    from videosal.metrics import register_metric
    from videosal.models import create_model, list_models, register_model

__version__ = "0.1.0"

_ROOMS = ("benchmark", "datasets", "leaderboards", "metrics", "models")
_HOMES = {
    "Run": "benchmark",
    "create_model": "models",
    "list_datasets": "datasets",
    "list_models": "models",
    "load_dataset": "datasets",
    "load_run": "benchmark",
    "merge_runs": "benchmark",
    "register_dataset": "datasets",
    "register_metric": "metrics",
    "register_model": "models",
    "run": "benchmark",
    "run_each": "benchmark",
    "score": "benchmark",
    "score_each": "benchmark",
}

__all__ = [
    "Run",
    "VideosalError",
    "__version__",
    "benchmark",
    "create_model",
    "datasets",
    "leaderboards",
    "list_datasets",
    "list_models",
    "load_dataset",
    "load_run",
    "merge_runs",
    "metrics",
    "models",
    "register_dataset",
    "register_metric",
    "register_model",
    "run",
    "run_each",
    "score",
    "score_each",
]


def __getattr__(name: str) -> Any:
    """Import a public name from its room when it is first used: numpy, numba and torch load only then."""
    if name in _ROOMS:
        return importlib.import_module(f"videosal.{name}")
    if name in _HOMES:
        return getattr(importlib.import_module(f"videosal.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'videosal' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
