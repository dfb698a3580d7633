from __future__ import annotations

from collections.abc import Callable

from videosal.leaderboards.board.notes import run_flags, run_note, sign_notes
from videosal.leaderboards.board.run_like import RunLike

MakeRun = Callable[..., RunLike]


def note(run: RunLike) -> str:
    return run_note(run, run.summary(), ["cc", "nss"])


def test_a_note_says_split_mean_counts_and_signature(sample_run: MakeRun) -> None:
    assert note(sample_run()) == ("scored on sample test, frame mean over 250 frames of 5 videos: protocol=standard|v1")


def test_a_note_names_the_video_mean_and_counts_in_the_singular(make_run: MakeRun) -> None:
    run = make_run(aggregation="video", coverage={"videos_found": 1, "frames_scored": 1})
    assert "video mean over 1 frame of 1 video:" in note(run)


def test_a_note_counts_undefined_frames(make_run: MakeRun) -> None:
    text = note(make_run(undefined={"nss": 2, "cc": 1, "sauc": 9}))
    assert text.endswith("; undefined and left out: CC in 1 frame, NSS in 2 frames")


def test_runs_scored_alike_share_a_note(sample_run: MakeRun) -> None:
    assert note(sample_run("center")) == note(sample_run("motion"))


def test_other_signatures_and_splits_have_other_notes(sample_run: MakeRun, make_run: MakeRun) -> None:
    runs = [sample_run(), sample_run(signature="protocol=other|v1"), make_run()]
    assert len({note(run) for run in runs}) == 3


def test_a_note_is_one_line(make_run: MakeRun) -> None:
    assert "\n" not in note(make_run(signature="a\nb"))


def test_shortfall(make_run: MakeRun) -> None:
    assert run_flags(make_run()) == ()
    assert run_flags(make_run(partial=True)) == ("partial",)
    assert run_flags(make_run(complete=False)) == ("incomplete",)
    assert run_flags(make_run(partial=True, complete=False)) == ("partial", "incomplete")


def test_whole_runs_need_no_sign(make_run: MakeRun) -> None:
    assert sign_notes([make_run()]) == []


def test_partial_copies_are_counted_once_with_the_names_of_their_runs(make_run: MakeRun) -> None:
    counts = {"videos_found": 1, "frames_found": 20, "frames_expected": 54000, "frames_scored": 20}
    runs = [make_run(name, partial=True, coverage=counts) for name in ("center", "motion")]
    again = make_run("motion", partial=True, coverage=counts, signature="other")
    [found] = sign_notes([*runs, again, make_run("whole")])
    assert found.mark == "†"
    assert found.text == (
        "partial copy of the data set: DHF1K val, 1 of 100 videos found, 20 of 54000 frames (center, motion)"
    )


def test_partial_copies_where_nobody_knows_what_is_expected(make_run: MakeRun) -> None:
    counts = {"videos_found": 2, "videos_expected": None, "frames_expected": None}
    [found] = sign_notes([make_run(partial=True, coverage=counts)])
    assert found.text.endswith(": DHF1K val, 2 videos found (center)")


def test_incomplete_runs_are_counted(make_run: MakeRun) -> None:
    runs = [
        make_run("a", complete=False, coverage={"frames_found": 20, "frames_scored": 5}),
        make_run("b", complete=False, coverage={"frames_found": 20, "frames_scored": 6}),
    ]
    [found] = sign_notes(runs)
    assert found.mark == "‡"
    assert found.text.endswith("DHF1K val, 5 of 20 frames scored (a); DHF1K val, 6 of 20 frames scored (b)")


def test_signs_come_in_the_order_of_their_print(make_run: MakeRun) -> None:
    assert [found.mark for found in sign_notes([make_run(partial=True, complete=False)])] == ["†", "‡"]


def test_a_note_says_where_undefined_counts_as_zero(make_run: MakeRun) -> None:
    text = note(make_run(undefined={"nss": 2}, info={"undefined_as": "zero"}))
    assert text.endswith("; undefined and counted as zero: NSS in 2 frames")
