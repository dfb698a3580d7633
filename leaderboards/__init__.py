"""Stored results and published figures -> tables, statistics, figures.

A :class:`Leaderboard` puts runs and the figures of papers into one table and prints it as Markdown, LaTeX,
CSV, HTML or JSON; :func:`compare_runs` says which differences are more than chance, :func:`explain_runs` where
they come from; the figures and the report show the maps behind the scores.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from videosal.benchmark import RunMaps, pack_submission, score_human
    from videosal.leaderboards.comparison import Comparison, compare_runs
    from videosal.leaderboards.differences import Difference, Move, explain_runs
    from videosal.leaderboards.figures import draw_comparison
    from videosal.leaderboards.frame_picking import pick_frames
    from videosal.leaderboards.layouts import list_layouts
    from videosal.leaderboards.leaderboard import Leaderboard
    from videosal.leaderboards.overlays import blend_overlay, write_overlay_video
    from videosal.leaderboards.published import (
        PublishedRow,
        PublishedSource,
        PublishedSplit,
        PublishedTable,
        list_published,
        load_published,
    )
    from videosal.leaderboards.report import write_report
    from videosal.leaderboards.runs import CoverageLike, RunLike
    from videosal.leaderboards.slices import VideoSlice, read_slices
    from videosal.leaderboards.statistics import PairedResult, compare_scores, mean_interval
    from videosal.leaderboards.temporal import measure_change

_HOMES = {
    "Comparison": "comparison",
    "CoverageLike": "runs",
    "Difference": "differences",
    "Leaderboard": "leaderboard",
    "Move": "differences",
    "PairedResult": "statistics",
    "PublishedRow": "published",
    "PublishedSource": "published",
    "PublishedSplit": "published",
    "PublishedTable": "published",
    "RunLike": "runs",
    "VideoSlice": "slices",
    "blend_overlay": "overlays",
    "compare_runs": "comparison",
    "compare_scores": "statistics",
    "draw_comparison": "figures",
    "explain_runs": "differences",
    "list_layouts": "layouts",
    "list_published": "published",
    "load_published": "published",
    "mean_interval": "statistics",
    "measure_change": "temporal",
    "pick_frames": "frame_picking",
    "read_slices": "slices",
    "write_overlay_video": "overlays",
    "write_report": "report",
}

# Public names of this room that live in the one below.
_OF_BENCHMARK = ("RunMaps", "pack_submission", "score_human")

__all__ = [
    "Comparison",
    "CoverageLike",
    "Difference",
    "Leaderboard",
    "Move",
    "PairedResult",
    "PublishedRow",
    "PublishedSource",
    "PublishedSplit",
    "PublishedTable",
    "RunLike",
    "RunMaps",
    "VideoSlice",
    "blend_overlay",
    "compare_runs",
    "compare_scores",
    "draw_comparison",
    "explain_runs",
    "list_layouts",
    "list_published",
    "load_published",
    "mean_interval",
    "measure_change",
    "pack_submission",
    "pick_frames",
    "read_slices",
    "score_human",
    "write_overlay_video",
    "write_report",
]


def __getattr__(name: str) -> object:
    if name in _OF_BENCHMARK:
        return getattr(importlib.import_module("videosal.benchmark"), name)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
