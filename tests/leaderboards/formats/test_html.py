from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

from videosal.leaderboards import Leaderboard, RunLike

MakeRun = Callable[..., RunLike]
HOSTILE = """<script>alert("x")</script> & 'y' <img src=x onerror=alert(1)>"""


class Reader(HTMLParser):
    """Rows with their texts and spans; fails where tags do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.widths: list[int] = []
        self.tags: list[str] = []
        self.seen: set[str] = set()
        self.feed(text)
        self.close()
        assert self.tags == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.seen.add(tag)
        if tag == "tr":
            self.rows.append([])
            self.widths.append(0)
        if tag in ("th", "td"):
            self.rows[-1].append("")
            self.widths[-1] += int(dict(attrs).get("colspan") or 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.tags.pop() == tag

    def handle_data(self, data: str) -> None:
        if "td" in self.tags or "th" in self.tags:
            self.rows[-1][-1] += data


def test_rows_and_spans_of_table1() -> None:
    found = Reader(Leaderboard.from_runs([], published="stsanet-table1").to_html())
    assert found.widths == [18, 13, 18] + [18] * 12
    assert found.rows[0][5:] == ["DHF1K (hidden test)", "Hollywood-2 (test)", "UCF (test)"]
    assert found.rows[1][:2] == ["CC ↑", "NSS ↑"]
    assert found.rows[2] == ["as reported"]
    assert found.rows[-1][:7] == [
        "STSANet a",
        "384\N{MULTIPLICATION SIGN}224",
        "193.3",
        "643",
        "0.035",
        "0.529",
        "3.010",
    ]


def test_marks_and_dashes() -> None:
    text = Leaderboard.from_runs([], published="stsanet-table1").to_html()
    assert "<td><strong>0.529</strong></td>" in text
    assert "<td><u>0.517</u></td>" in text
    assert "<td>-</td>" in text
    assert "<li><sup>a</sup> as reported by Wang et al." in text


def test_signs(make_run: MakeRun) -> None:
    text = Leaderboard.from_runs([make_run(partial=True)]).to_html()
    assert "<td>0.400<sup>†</sup></td>" in text
    assert "<li><sup>†</sup> partial copy" in text


def test_nothing_gets_in_through_a_name(make_run: MakeRun) -> None:
    run = make_run(HOSTILE, title=HOSTILE, signature=HOSTILE, partial=True, model={"input_size": HOSTILE})
    found = Reader(Leaderboard.from_runs([run]).to_html())
    assert not found.seen & {"script", "img"}
    assert found.rows[-1][0] == f"{HOSTILE} a"
    assert found.rows[0][2] == HOSTILE
