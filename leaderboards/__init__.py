"""Stored results and published figures -> tables, statistics, figures.

A :class:`Leaderboard` puts runs and the figures of papers into one table and prints it as Markdown, LaTeX,
CSV, HTML or JSON; :func:`compare_runs` says which differences are more than chance, :func:`explain_runs` where
they come from; the figures and the report show the maps behind the scores.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from videosal.benchmark import RunMaps, measure_change, pack_submission, score_human
    from videosal.leaderboards.board.columns import list_layouts
    from videosal.leaderboards.board.run_like import CoverageLike, RunLike
    from videosal.leaderboards.leaderboard import Leaderboard
    from videosal.leaderboards.pages.report import write_report
    from videosal.leaderboards.pictures.figures import draw_comparison
    from videosal.leaderboards.pictures.frame_picking import pick_frames
    from videosal.leaderboards.pictures.overlays import blend_overlay, write_overlay_video
    from videosal.leaderboards.published.tables import (
        PublishedRow,
        PublishedSource,
        PublishedSplit,
        PublishedTable,
        list_published,
        load_published,
    )
    from videosal.leaderboards.ranks.diagram import draw_ranking
    from videosal.leaderboards.ranks.ranking import Place, Ranking, rank_runs
    from videosal.leaderboards.statistics.comparison import Comparison, compare_runs
    from videosal.leaderboards.statistics.differences import Difference, Move, explain_runs
    from videosal.leaderboards.statistics.gate import Verdict, judge_run
    from videosal.leaderboards.statistics.paired import PairedResult, compare_scores, mean_interval
    from videosal.leaderboards.statistics.slices import VideoSlice, read_slices

_HOMES = {
    "Comparison": "statistics.comparison",
    "CoverageLike": "board.run_like",
    "Difference": "statistics.differences",
    "Leaderboard": "leaderboard",
    "Move": "statistics.differences",
    "PairedResult": "statistics.paired",
    "Place": "ranks.ranking",
    "PublishedRow": "published.tables",
    "PublishedSource": "published.tables",
    "PublishedSplit": "published.tables",
    "PublishedTable": "published.tables",
    "Ranking": "ranks.ranking",
    "RunLike": "board.run_like",
    "Verdict": "statistics.gate",
    "VideoSlice": "statistics.slices",
    "blend_overlay": "pictures.overlays",
    "compare_runs": "statistics.comparison",
    "compare_scores": "statistics.paired",
    "draw_comparison": "pictures.figures",
    "draw_ranking": "ranks.diagram",
    "explain_runs": "statistics.differences",
    "judge_run": "statistics.gate",
    "list_layouts": "board.columns",
    "list_published": "published.tables",
    "load_published": "published.tables",
    "mean_interval": "statistics.paired",
    "pick_frames": "pictures.frame_picking",
    "rank_runs": "ranks.ranking",
    "read_slices": "statistics.slices",
    "write_overlay_video": "pictures.overlays",
    "write_report": "pages.report",
}

# Public names of this room that live in the one below.
_OF_BENCHMARK = ("RunMaps", "measure_change", "pack_submission", "score_human")

__all__ = [
    "Comparison",
    "CoverageLike",
    "Difference",
    "Leaderboard",
    "Move",
    "PairedResult",
    "Place",
    "PublishedRow",
    "PublishedSource",
    "PublishedSplit",
    "PublishedTable",
    "Ranking",
    "RunLike",
    "RunMaps",
    "Verdict",
    "VideoSlice",
    "blend_overlay",
    "compare_runs",
    "compare_scores",
    "draw_comparison",
    "draw_ranking",
    "explain_runs",
    "judge_run",
    "list_layouts",
    "list_published",
    "load_published",
    "mean_interval",
    "measure_change",
    "pack_submission",
    "pick_frames",
    "rank_runs",
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
