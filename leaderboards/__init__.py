"""Stored results and published figures -> tables.

A :class:`Leaderboard` puts runs and the figures of papers into one table and prints it as Markdown, LaTeX,
CSV, HTML or JSON.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from videosal.leaderboards.layouts import list_layouts
    from videosal.leaderboards.leaderboard import Leaderboard
    from videosal.leaderboards.published import (
        PublishedRow,
        PublishedSplit,
        PublishedTable,
        list_published,
        load_published,
    )
    from videosal.leaderboards.runs import CoverageLike, RunLike

__all__ = [
    "CoverageLike",
    "Leaderboard",
    "PublishedRow",
    "PublishedSplit",
    "PublishedTable",
    "RunLike",
    "list_layouts",
    "list_published",
    "load_published",
]

_HOMES = {
    "CoverageLike": "runs",
    "Leaderboard": "leaderboard",
    "PublishedRow": "published",
    "PublishedSplit": "published",
    "PublishedTable": "published",
    "RunLike": "runs",
    "list_layouts": "layouts",
    "list_published": "published",
    "load_published": "published",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
