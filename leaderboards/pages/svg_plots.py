"""Small plots as SVG text: sharp at every size, a few kilobytes, drawn without a library.

They are as wide as a phone's screen and hold their text at a readable size there, so a page sets them side by side
instead of scaling them.
"""

from __future__ import annotations

import math
from html import escape
from statistics import median
from typing import TYPE_CHECKING

from videosal.leaderboards.board.table import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Okabe and Ito's colours, which people with any kind of colour vision tell apart; yellow is left out.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
_DASHES = ("", "6 3", "2 2", "8 3 2 3")
WIDTH = 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 8, 30
_ROW = 48
_LETTERS = 34


def strip_plot(title: str, groups: Mapping[str, Sequence[float]]) -> str:
    """Draw one dot per video and a bar at the median, one row per group; NaN is left out."""
    found = {name: [value for value in values if math.isfinite(value)] for name, values in groups.items()}
    everything = [value for values in found.values() for value in values]
    low, high = _range(everything)
    height = _TOP + _ROW * len(found) + _BOTTOM
    parts = []
    for row, (name, values) in enumerate(found.items()):
        y, colour = _TOP + row * _ROW, COLOURS[row % len(COLOURS)]
        parts.append(_text(10, y + 11, _short(name), colour="#222"))
        places = [10 + (WIDTH - 20) * (value - low) / (high - low) for value in values]
        # Dots that would hide each other are set on five lines, in turn.
        parts += [
            f'<circle cx="{x:.1f}" cy="{y + 21 + 4 * (at % 5)}" r="2.5" fill="{colour}" fill-opacity="0.55"/>'
            for at, x in enumerate(sorted(places))
        ]
        if places:
            middle = median(places)
            parts.append(f'<path d="M{middle:.1f} {y + 17}v24" stroke="#222" stroke-width="2"/>')
    axis = _TOP + _ROW * len(found) + 6
    parts.append(f'<path d="M10 {axis}H{WIDTH - 10}" stroke="#777"/>')
    parts += [
        _text(10 + (WIDTH - 20) * share, axis + 14, _number(low + (high - low) * share), anchor=anchor)
        for share, anchor in ((0, "start"), (0.5, "middle"), (1, "end"))
    ]
    return _svg(title, height, parts)


def line_plot(title: str, lines: Mapping[str, Sequence[float]], x_label: str) -> str:
    """Draw one line per group over the places 1, 2, ...; a gap where a value is NaN."""
    everything = [value for values in lines.values() for value in values if math.isfinite(value)]
    low, high = _range(everything)
    length = max((len(values) for values in lines.values()), default=1)
    height = 170
    bottom = height - _BOTTOM
    parts = [
        f'<path d="M{_LEFT} {_TOP}V{bottom}H{WIDTH - _RIGHT}" stroke="#777" fill="none"/>',
        _text(_LEFT - 4, _TOP + 9, _number(high), anchor="end"),
        _text(_LEFT - 4, bottom, _number(low), anchor="end"),
        _text(_LEFT, height - 14, "1"),
        _text(WIDTH - _RIGHT, height - 14, str(length), anchor="end"),
        _text((WIDTH + _LEFT) / 2, height - 14, x_label, anchor="middle"),
    ]
    for row, values in enumerate(lines.values()):
        points = [
            (
                _LEFT + (WIDTH - _LEFT - _RIGHT) * at / max(1, length - 1),
                bottom - (bottom - _TOP) * (value - low) / (high - low),
            )
            if math.isfinite(value)
            else None
            for at, value in enumerate(values)
        ]
        style = f'stroke="{COLOURS[row % len(COLOURS)]}" stroke-dasharray="{_DASHES[row % len(_DASHES)]}"'
        parts.append(f'<path d="{_path(points)}" fill="none" stroke-width="1.6" {style}/>')
    return _svg(title, height, parts)


def legend(names: Sequence[str]) -> str:
    """The lines of `line_plot` with their names, as HTML."""
    items = []
    for row, name in enumerate(names):
        style = f'stroke="{COLOURS[row % len(COLOURS)]}" stroke-dasharray="{_DASHES[row % len(_DASHES)]}"'
        sample = f'<svg width="28" height="10" aria-hidden="true"><path d="M0 5h28" stroke-width="2" {style}/></svg>'
        items.append(f"<li>{sample} {escape(one_line(name))}</li>")
    return f'<ul class="legend">{"".join(items)}</ul>'


def _svg(title: str, height: int, parts: Sequence[str]) -> str:
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    return f'<svg class="plot" role="img" aria-label="{escape(title)}" {size}>{"".join(parts)}</svg>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", colour: str = "#555") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="12" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    steps, drawing = [], False
    for point in points:
        if point is not None:
            steps.append(f"{'L' if drawing else 'M'}{point[0]:.1f} {point[1]:.1f}")
            if not drawing:
                steps.append("h0.1")  # a value between two gaps is a dot
        drawing = point is not None
    return "".join(steps)


def _range(values: Sequence[float]) -> tuple[float, float]:
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _short(name: str) -> str:
    plain = one_line(name)
    return plain if len(plain) <= _LETTERS else plain[: _LETTERS - 1] + "…"


def _number(value: float) -> str:
    return f"{value:.3g}"
