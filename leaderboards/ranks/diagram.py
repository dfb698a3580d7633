"""The critical-difference diagram of a ranking."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from videosal.errors import TableError
from videosal.leaderboards.board.table import one_line
from videosal.leaderboards.pictures.paper_figure import check_ending, paper_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from videosal.leaderboards.ranks.ranking import Ranking

_LETTERS = 28


def draw_ranking(ranking: Ranking, out: str | Path) -> Path:
    """Draw the mean ranks over videos on a line, and a bar over the methods that are not distinguishable.

    Parameters
    ----------
    ranking : Ranking
        Of three methods or more.
    out : path
        ``.pdf``, ``.png`` or ``.svg``.

    Raises
    ------
    TableError
        There are fewer than three methods.
    InputError
        `out` has another ending.
    RunError
        The file cannot be written.

    References
    ----------
    Demsar, JMLR 7 (2006) 1-30, Figure 1.
    """
    path = check_ending(Path(out).expanduser())
    if ranking.p != ranking.p:
        raise TableError("a critical-difference diagram needs three methods or more: compare two with videosal compare")
    n_methods = len(ranking.places)
    groups = ranking.groups()
    height = 0.8 + 0.12 * len(groups) + 0.22 * math.ceil(n_methods / 2)
    ranks = {place.name: place.block_rank for place in ranking.places}
    with paper_figure((6.5, height), path) as figure:
        axes = figure.add_subplot()
        axes.axis("off")
        axes.set_xlim(1 - 0.45 * (n_methods - 1), n_methods + 0.45 * (n_methods - 1))
        axes.set_ylim(height, 0)
        _draw_axis(axes, n_methods, ranking.critical_difference)
        for at, group in enumerate(groups):
            ends = [ranks[group[0]] - 0.03, ranks[group[-1]] + 0.03]
            axes.plot(ends, [0.66 + 0.12 * at] * 2, color="black", linewidth=3, solid_capstyle="butt")
        _draw_names(axes, sorted(ranks.items(), key=lambda item: item[1]), 0.75 + 0.12 * len(groups))
    return path


def _draw_axis(axes: Axes, n_methods: int, difference: float) -> None:
    axes.plot([1, n_methods], [0.5, 0.5], color="black", linewidth=1)
    for rank in range(1, n_methods + 1):
        axes.plot([rank, rank], [0.44, 0.5], color="black", linewidth=1)
        axes.text(rank, 0.4, str(rank), ha="center", va="bottom", fontsize=8)
    axes.plot([1, 1 + difference], [0.14, 0.14], color="black", linewidth=1.5, marker="|")
    axes.text(1 + difference, 0.14, f"  CD {difference:.2f}", ha="left", va="center", fontsize=8)


def _draw_names(axes: Axes, ranks: list[tuple[str, float]], top: float) -> None:
    """Write the better half at the left and the other at the right, each joined to its place on the line."""
    n_methods, half = len(ranks), math.ceil(len(ranks) / 2)
    for at, (name, rank) in enumerate(ranks):
        is_left = at < half
        y = top + 0.22 * (at if is_left else n_methods - 1 - at)
        edge = 1 - 0.05 * n_methods if is_left else n_methods + 0.05 * n_methods
        axes.plot([rank, rank, edge], [0.5, y, y], color="0.35", linewidth=0.8)
        label = one_line(name)
        label = label if len(label) <= _LETTERS else f"{label[: _LETTERS - 1]}…"
        text = f"{label} {rank:.2f} " if is_left else f" {rank:.2f} {label}"
        axes.text(edge, y, text.replace("$", r"\$"), ha="right" if is_left else "left", va="center", fontsize=8)
