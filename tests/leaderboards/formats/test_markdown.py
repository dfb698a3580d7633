from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videosal.leaderboards import Leaderboard, RunLike
from videosal.leaderboards.formats.markdown import escape_markdown

MakeRun = Callable[..., RunLike]


def cells_of(line: str) -> list[str]:
    """Split a row at the pipes that are not escaped."""
    assert line.startswith("|")
    assert line.endswith("|")
    return [cell.strip() for cell in re.split(r"(?<!\\)(?:\\\\)*\|", line)[1:-1]]


def grid_of(text: str) -> list[list[str]]:
    return [cells_of(line) for line in text.splitlines() if line.startswith("|")]


def unescape(text: str) -> str:
    """What a reader sees, by the rules of CommonMark: backslash escapes, then entities."""
    return html.unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text))


def test_header_and_alignment() -> None:
    header, rule, *rows = grid_of(Leaderboard.from_runs([], published="stsanet-table1").to_markdown())
    assert header[:6] == ["Model", "Source", "Input size", "FLOPs (G)", "Model size (MB)", "Runtime (s)"]
    assert header[6] == "DHF1K (hidden test) CC ↑"
    assert header[10] == "DHF1K (hidden test) s-AUC ↑"
    assert all(set(cell) <= set(":-") for cell in rule)
    assert [cell[-1] for cell in rule] == ["-", "-"] + [":"] * 17
    assert {len(row) for row in rows} == {len(header)} == {19}
    assert len(rows) == 12


def test_published_rows_are_marked_and_cited() -> None:
    text = Leaderboard.from_runs([], published="stsanet-table1").to_markdown()
    rows = grid_of(text)[2:]
    assert {row[1] for row in rows} == {"as reported"}
    assert rows[-1][0] == "STSANet <sup>a</sup>"
    assert "\n- <sup>a</sup> as reported by Wang et al." in text


def test_best_is_bold_second_is_underlined_absent_is_a_dash() -> None:
    rows = {row[0]: row for row in grid_of(Leaderboard.from_runs([], published="stsanet-table1").to_markdown())}
    assert rows["STSANet <sup>a</sup>"][6] == "**0.529**"
    assert rows["TSFP-Net <sup>a</sup>"][6] == "<u>0.517</u>"
    assert rows["SalSAC <sup>a</sup>"][3] == "-"


def test_scored_rows_carry_their_signature_and_signs(make_run: MakeRun) -> None:
    run = make_run("mine", partial=True, complete=False, scores={"cc": 0.1, "nss": float("nan")})
    text = Leaderboard.from_runs([run], allow_incomplete=True).to_markdown()
    assert grid_of(text)[2] == ["mine <sup>a</sup>", "scored", "0.100†‡", "-†‡"]
    notes = text.split("\n\n")[1].splitlines()
    assert [note.split(" ")[1] for note in notes] == ["<sup>a</sup>", "<sup>†</sup>", "<sup>‡</sup>"]
    assert "protocol=standard|v1" in notes[0]
    assert "100 of 100 videos found" in notes[1]


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a|b", r"a\|b"),
        ("`x`", r"\`x\`"),
        ("<b>&", "&lt;b&gt;&amp;"),
        ("**x**", r"\*\*x\*\*"),
        ("[x](y)", r"\[x\](y)"),
        ("a\\", "a\\\\"),
        ("my_model_v2", "my_model_v2"),
        ("_my_", r"\_my\_"),
        ("$x$", r"\$x\$"),
    ],
)
def test_escape_markdown(text: str, escaped: str) -> None:
    assert escape_markdown(text) == escaped


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_escaped_text_reads_as_it_was(text: str) -> None:
    assert unescape(escape_markdown(text)) == text


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_escaped_text_opens_no_markup(text: str) -> None:
    tokens = ["", *re.findall(r"\\.|&[a-z]+;|.", escape_markdown(text)), ""]
    assert not set(tokens) & set("&`*[]<>|~$\\")
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if token == "_":
            assert before.isalnum()
            assert after.isalnum()


def test_hostile_names_stay_in_their_cell(make_run: MakeRun) -> None:
    name = "<script>alert(1)</script> | `x` \\"
    text = Leaderboard.from_runs([make_run(name, title=name)]).to_markdown()
    grid = grid_of(text)
    assert {len(row) for row in grid} == {7}
    assert unescape(grid[2][0]) == f"{name} <sup>a</sup>"
    assert "<script>" not in text
