"""Which figures of a table are not distinguishable from the best run of their column."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from videosal.leaderboards.board.rows import column_key
from videosal.leaderboards.statistics.comparison import compare_metric
from videosal.leaderboards.statistics.paired import holm
from videosal.metrics import metric_info

if TYPE_CHECKING:
    from collections.abc import Sequence

    from videosal.leaderboards.board.rows import Entry

#: A difference counts where its p value, corrected for all comparisons of the table, is below this.
ALPHA = 0.05


def flag_ties(entries: Sequence[Entry], metrics: Sequence[str]) -> bool:
    """Flag the figures that a paired test over videos does not tell from the best run of their column.

    Only runs have figures per video, so published figures take no part; baselines, incomplete runs and figures that
    stand for fewer frames than the ground truth allows do not either. The best run is that of the runs that were scored
    in the same way. The p values are corrected (Holm) for all comparisons of the table; without one there is no flag.

    Returns
    -------
    bool
        Whether any comparison was made.
    """
    pairs: list[tuple[Entry, str, float]] = []
    for split_name in dict.fromkeys(name for entry in entries for name in entry.runs):
        for metric in metrics:
            key = column_key(split_name, metric)
            sign = 1 if metric_info(metric).higher_is_better else -1
            taking_part = [entry for entry in entries if _takes_part(entry, split_name, key)]
            taking_part.sort(key=lambda entry: sign * float(entry.cells[key].value or 0), reverse=True)
            for identity in dict.fromkeys(entry.cells[key].identity for entry in taking_part):
                best, *rivals = (entry for entry in taking_part if entry.cells[key].identity == identity)
                for rival in rivals:
                    result = compare_metric(best.runs[split_name], rival.runs[split_name], metric)
                    pairs.append((rival, key, result.p))
    for (entry, key, _), p in zip(pairs, holm([p for *_, p in pairs]), strict=True):
        if p >= ALPHA:
            entry.cells[key] = replace(entry.cells[key], flags=(*entry.cells[key].flags, "tied"))
    return bool(pairs)


def _takes_part(entry: Entry, split_name: str, key: str) -> bool:
    cell = entry.cells.get(key)
    if entry.kind != "scored" or split_name not in entry.runs or cell is None or cell.value is None:
        return False
    return not {*cell.flags} & {"undefined", "incomplete"}
