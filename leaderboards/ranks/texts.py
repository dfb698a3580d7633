"""A ranking as text, Markdown, LaTeX, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from videosal.leaderboards.board.table import one_line
from videosal.metrics import metric_info

if TYPE_CHECKING:
    from videosal.leaderboards.ranks.ranking import Ranking

#: The table style of each format that is made of tables.
STYLES = {"text": "simple", "markdown": "github", "latex": "latex_booktabs"}


def to_text(ranking: Ranking, style: str = "text") -> str:
    """Return two tables, the ranks and the wins, and what is known of their differences.

    Parameters
    ----------
    ranking : Ranking
        See `rank_runs`.
    style : {"text", "markdown", "latex"}
        For a terminal, GitHub, or a paper (package booktabs).
    """
    from tabulate import tabulate

    names = [_name(place.name, style) for place in ranking.places]
    several = len(ranking.splits) > 1
    rows: list[list[str]] = []
    for name, place in zip(names, ranking.places, strict=True):
        interval = "-" if place.low != place.low else f"[{place.low:.2f}, {place.high:.2f}]"
        splits = [f"{rank:.2f}" for rank in place.by_split] if several else []
        rows.append([name, f"{place.mean_rank:.2f}", interval, f"{place.borda:g}", *splits])
    headers = ["method", "mean rank", "95 % interval", "Borda", *(ranking.splits if several else ())]
    wins = [
        [name, *("-" if at == row else f"{100 * share:.0f}" for at, share in enumerate(shares))]
        for row, (name, shares) in enumerate(zip(names, ranking.wins, strict=True))
    ]
    numbers = [str(at) for at in range(1, len(names) + 1)]
    wins = [[f"{number} {line[0]}", *line[1:]] for number, line in zip(numbers, wins, strict=True)]
    tables = [
        tabulate(
            table,
            heads,
            tablefmt=STYLES[style],
            disable_numparse=True,
            colalign=("left", *["right"] * (len(heads) - 1)),
        )
        for table, heads in ((rows, headers), (wins, ["better in % of videos than", *numbers]))
    ]
    comment = "% " if style == "latex" else ""
    notes = "\n".join(f"{comment}{line}" for line in describe(ranking))
    return "\n\n".join([*tables, notes]) + "\n"


def to_csv(ranking: Ranking) -> str:
    """Return one line per method, figures in full precision; the win share against each other method under its name."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    names = [place.name for place in ranking.places]
    splits = [f"mean_rank {split}" for split in ranking.splits]
    heads = [
        "method",
        "mean_rank",
        "low",
        "high",
        "borda",
        "block_rank",
        *splits,
        *(f"won against {name}" for name in names),
    ]
    writer.writerow(heads)
    for row, place in enumerate(ranking.places):
        figures = [place.mean_rank, place.low, place.high, place.borda, place.block_rank, *place.by_split]
        shares = ["" if at == row else share for at, share in enumerate(ranking.wins[row])]
        writer.writerow([place.name, *("" if figure != figure else figure for figure in figures), *shares])
    return stream.getvalue()


def to_json(ranking: Ranking) -> str:
    """Return the fields of a `Ranking` and its groups; NaN becomes null."""
    content = {**asdict(ranking), "groups": ranking.groups()}
    return json.dumps(_plain(content), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def describe(ranking: Ranking) -> list[str]:
    """Say what was ranked, and which differences are more than chance."""
    labels = ", ".join(metric_info(metric).label for metric in ranking.metrics)
    lines = [f"ranked in {labels} on {', '.join(ranking.splits)}: {ranking.n_videos} videos, every metric counts alike"]
    if ranking.p != ranking.p:
        return [*lines, "no Friedman test and no critical difference: they need three methods; see videosal compare"]
    lines.append(
        f"Friedman over the videos: chi-squared {ranking.statistic:.2f}, p {ranking.p:.2g}; "
        f"critical difference of mean ranks over videos {ranking.critical_difference:.2f} (Nemenyi, 0.05)"
    )
    groups = ranking.groups()
    lines += [f"not distinguishable: {', '.join(map(one_line, group))}" for group in groups]
    return lines if groups else [*lines, "all methods are distinguishable"]


def _name(name: str, style: str) -> str:
    text = one_line(name)
    return text.replace("|", "\\|") if style == "markdown" else text


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if value != value else value
