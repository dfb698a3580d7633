from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest

from videosal.leaderboards.pages.svg_plots import legend, line_plot, strip_plot

NAN = math.nan
SPACE = "{http://www.w3.org/2000/svg}"


def parse(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1))


def test_a_strip_has_a_dot_per_defined_video_within_the_frame() -> None:
    plot = parse(strip_plot("CC <b>", {"a & b": [0.1, 0.5, NAN], "c": [0.9]}))
    dots = plot.findall(f".//{SPACE}circle")
    assert len(dots) == 3
    places = [float(dot.get("cx", "")) for dot in dots]
    assert places == [10, 180, 350]
    assert plot.get("aria-label") == "CC <b>"
    texts = [text.text for text in plot.iter(f"{SPACE}text")]
    assert texts == ["a & b", "c", "0.1", "0.5", "0.9"]


def test_the_bar_of_an_even_number_is_between_the_two_in_the_middle() -> None:
    plot = parse(strip_plot("CC", {"a": [0.0, 0.2, 0.6, 1.0]}))
    assert plot.find(f".//{SPACE}path").get("d", "").startswith("M146.0 ")  # type: ignore[union-attr]


def test_a_line_breaks_where_a_value_is_undefined() -> None:
    plot = parse(line_plot("x", {"a": [1, 2, NAN, 3, NAN]}, "frame"))
    line = plot.findall(f".//{SPACE}path")[-1].get("d", "")
    assert line.count("M") == 2
    assert "nan" not in line.lower()
    assert [text.text for text in plot.iter(f"{SPACE}text")] == ["3", "1", "1", "5", "frame"]


@pytest.mark.parametrize("values", [[], [NAN], [0.5], [0.5, 0.5]])
def test_degenerate_values_are_drawn(values: list[float]) -> None:
    for svg in (strip_plot("t", {"a": values}), line_plot("t", {"a": values}, "x")):
        parse(svg)
        assert "nan" not in svg.lower()


def test_the_legend_escapes_names() -> None:
    assert "&lt;i&gt;" in legend(["<i>"])
