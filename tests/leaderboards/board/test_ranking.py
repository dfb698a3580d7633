from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from videosal.leaderboards import Leaderboard
from videosal.leaderboards.board.ranking import column_identity, describe_difference, split_of, usual_identities

if TYPE_CHECKING:
    from videosal.leaderboards.board.run_like import RunLike

MakeRun = Callable[..., Any]


def ranks(*runs: RunLike, **options: Any) -> list[tuple[str, str | None, str]]:
    """Name, rank and signs of the first figure of every run."""
    board = Leaderboard.from_runs(runs, columns=["cc"], **options)
    return [(row.label, cell.rank, cell.signs) for row in board.table.rows for cell in row.cells if cell.text]


def test_split_of(make_run: MakeRun) -> None:
    assert split_of(make_run(dataset="diem", split="ii")) == "diem:ii"


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"split": "train"}, "on different splits (dhf1k:val and dhf1k:train)"),
        ({"signature": "other"}, "under different protocols"),
        ({"signature": "protocol=standard|v1|maps=float"}, "under different protocols"),
        ({"info": {"videos": ["0601"]}}, "on different videos of dhf1k:val"),
        ({"info": {"fingerprint": "x"}}, "on different copies of dhf1k:val"),
        ({"identity": SimpleNamespace(column="x")}, "from different inputs"),
    ],
)
def test_what_keeps_runs_out_of_one_column(make_run: MakeRun, changes: dict[str, Any], difference: str) -> None:
    first, second = make_run(), make_run("other", **changes)
    assert column_identity(first) != column_identity(second)
    assert describe_difference(first, second) == difference


def test_runs_of_one_identity_stand_in_one_column_whatever_else_they_say(make_run: MakeRun) -> None:
    same = SimpleNamespace(column="x")
    runs = [make_run(identity=same), make_run("b", identity=same, info={"fingerprint": "x", "videos": ["1"]})]
    assert len({column_identity(run) for run in runs}) == 1
    assert column_identity(make_run()) == column_identity(make_run("b", model={"gflops": 2.0}))


def test_most_runs_of_a_split_decide(make_run: MakeRun) -> None:
    odd, *most = make_run("a", signature="odd"), make_run("b"), make_run("c")
    assert usual_identities([odd, *most]) == {"dhf1k:val": most[0]}


def test_runs_on_other_videos_are_ranked_among_themselves_and_say_so(make_run: MakeRun) -> None:
    names = "abcde"
    runs = [
        make_run(name, scores={"cc": at / 10}, info={"videos": ["0601"] if name in "abc" else ["0602"]})
        for at, name in enumerate(names, start=1)
    ]
    assert ranks(*runs) == [
        ("a", None, ""),
        ("b", "second", ""),
        ("c", "best", ""),
        ("d", "second", "¶"),
        ("e", "best", "¶"),
    ]
    [note] = [note for note in Leaderboard.from_runs(runs).table.notes if note.mark == "¶"]
    assert note.text.endswith("scored alike: on different videos of dhf1k:val (d, e)")


def test_one_name_on_other_videos_is_two_rows(make_run: MakeRun) -> None:
    runs = [make_run(info={"videos": [video]}) for video in ("0601", "0602")]
    assert [label for label, *_ in ranks(*runs)] == ["center", "center"]


def test_published_figures_are_ranked_among_themselves(make_run: MakeRun) -> None:
    alone = ranks(make_run("mine", scores={"cc": 0.99}), published="stsanet-table3")
    found = {label: rank for label, rank, _ in alone}
    assert found["mine"] is None
    assert {"best", "second"} <= set(found.values())
    several = [make_run("mine", scores={"cc": 0.99}), make_run("worse", scores={"cc": 0.1})]
    assert ("mine", "best", "") in ranks(*several, published="stsanet-table3")


def test_a_figure_of_fewer_frames_than_the_truth_allows_is_signed_and_takes_no_rank(make_run: MakeRun) -> None:
    runs = [
        make_run("cheat", scores={"cc": 0.713}, by_map={"cc": 110}, undefined={"cc": 110}),
        make_run("honest", scores={"cc": 0.645}),
        make_run("other", scores={"cc": 0.5}),
    ]
    assert ranks(*runs) == [("cheat", None, "∅"), ("honest", "best", ""), ("other", "second", "")]
    assert [label for label, *_ in ranks(*runs, sort="cc")] == ["honest", "other", "cheat"]
    board = Leaderboard.from_runs(runs, columns=["cc"])
    [note] = [note for note in board.table.notes if note.mark == "∅"]
    assert note.text.endswith("DHF1K val, CC in 110 of 5110 frames (cheat)")
    assert r"$\emptyset$" in board.to_latex()
    assert "dhf1k_val_cc=undefined" in board.to_csv()


def test_a_run_without_any_value_still_carries_the_sign(make_run: MakeRun) -> None:
    uniform = make_run("uniform", scores={"cc": float("nan")}, by_map={"cc": 184}, undefined={"cc": 184})
    assert " -∅ |" in Leaderboard.from_runs([uniform], columns=["cc"]).to_markdown()
