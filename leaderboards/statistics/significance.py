"""Which figures of a table are not distinguishable from the best run of their column."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from videosal.leaderboards.board.rows import column_key
from videosal.leaderboards.statistics.comparison import compare_metrics
from videosal.leaderboards.statistics.paired import holm
from videosal.leaderboards.statistics.precision import ALPHA, warn_of_few_videos
from videosal.metrics import metric_info

if TYPE_CHECKING:
    from collections.abc import Sequence

    from videosal.leaderboards.board.rows import Entry


def flag_ties(entries: Sequence[Entry], metrics: Sequence[str]) -> list[str] | None:
    """Flag the figures that a paired test over videos does not tell from the best run of their column.

    Only runs have figures per video, so published figures take no part; baselines, incomplete runs and figures that
    stand for fewer frames than the ground truth allows do not either. The best run is that of the runs that were scored
    in the same way. A column is read by itself, so the p values are corrected (Holm) for the runs that are held against
    its best; without a p value there is no flag.

    Returns
    -------
    list of str, or None
        What few videos cannot show, of the comparison with the fewest; None where none was made.
    """
    fewest: dict[int, int] = {}
    for split_name in dict.fromkeys(name for entry in entries for name in entry.runs):
        for metric in metrics:
            key = column_key(split_name, metric)
            sign = 1 if metric_info(metric).higher_is_better else -1
            taking_part = [entry for entry in entries if _takes_part(entry, split_name, key)]
            taking_part.sort(key=lambda entry: sign * float(entry.cells[key].value or 0), reverse=True)
            for identity in dict.fromkeys(entry.cells[key].identity for entry in taking_part):
                best, *rivals = (entry for entry in taking_part if entry.cells[key].identity == identity)
                pairs = [(best.runs[split_name], rival.runs[split_name], metric) for rival in rivals]
                results = [result for result, _ in compare_metrics(pairs, intervals=False)]
                for entry, p in zip(rivals, holm([result.p for result in results]), strict=True):
                    if p >= ALPHA:  # not where p is NaN
                        entry.cells[key] = replace(entry.cells[key], flags=(*entry.cells[key].flags, "tied"))
                for result in results:
                    fewest[result.n_videos] = max(len(rivals), fewest.get(result.n_videos, 0))
    return warn_of_few_videos(*min(fewest.items())) if fewest else None


def _takes_part(entry: Entry, split_name: str, key: str) -> bool:
    cell = entry.cells.get(key)
    if entry.kind != "scored" or split_name not in entry.runs or cell is None or cell.value is None:
        return False
    return not {*cell.flags} & {"undefined", "incomplete"}
