from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from videosal.benchmark.runs.frame_table import FrameTable
from videosal.benchmark.runs.video_means import VideoMeans

NAN = math.nan


def frames_of(cc: list[float], *, status: str = "oooooo", videos: str = "aaabbc") -> pd.DataFrame:
    names = {"o": "ok", "m": "missing"}
    return pd.DataFrame(
        {
            "video": list(videos),
            "frame": [f"{at:04d}" for at in range(len(videos))],
            "cc": cc,
            "status": [names[letter] for letter in status],
        }
    )


def table_of(cc: list[float], *, possible: dict[str, int] | None = None, zero: bool = False, **more: Any) -> FrameTable:
    allowed = None if possible is None else pd.DataFrame({"cc": possible})
    return FrameTable(lambda: frames_of(cc, **more), ["cc"], undefined_is_zero=zero, possible=allowed)


@pytest.mark.parametrize(
    ("zero", "frame_mean", "video_mean"),
    # 0.2 0.4 undefined | 0.6 missing | 0.9
    [
        (False, (0.2 + 0.4 + 0.6 + 0.9) / 4, (0.3 + 0.6 + 0.9) / 3),
        (True, (0.2 + 0.4 + 0.6 + 0.9) / 5, (0.2 + 0.6 + 0.9) / 3),
    ],
)
def test_both_means_under_both_rules(zero: bool, frame_mean: float, video_mean: float) -> None:
    row = table_of([0.2, 0.4, NAN, 0.6, NAN, 0.9], status="oooomo", zero=zero).summary().loc["cc"]
    assert row["frame_mean"] == pytest.approx(frame_mean, rel=1e-15)
    assert row["video_mean"] == pytest.approx(video_mean, rel=1e-15)
    assert row[["n", "n_undefined", "n_by_map"]].tolist() == [4, 1, 0]


@pytest.mark.parametrize("zero", [False, True])
def test_a_slice_means_what_the_whole_means(zero: bool) -> None:
    whole = table_of([0.2, 0.4, NAN, 0.6, 0.1, 0.9], zero=zero, possible={"a": 3, "b": 2, "c": 1})
    part = whole.keep(["a"])
    alone = table_of([0.2, 0.4, NAN], videos="aaa", status="ooo", zero=zero, possible={"a": 3})
    pd.testing.assert_frame_equal(part.summary(), alone.summary())
    assert part.frames["video"].tolist() == ["a", "a", "a"]
    assert part.summary().loc["cc", "frame_mean"] == pytest.approx(0.2 if zero else 0.3)
    assert part.summary().loc["cc", "n_by_map"] == 1
    pd.testing.assert_frame_equal(part.videos, whole.videos[:1])


def test_nothing_is_no_mean() -> None:
    row = table_of([NAN] * 6).summary().loc["cc"]
    assert math.isnan(row["frame_mean"])
    assert math.isnan(row["video_mean"])
    assert row["n_undefined"] == 6


def test_the_videos_keep_their_order_and_count_their_frames() -> None:
    videos = table_of([0.1] * 6, videos="ccbbba", status="omoooo").videos
    assert videos["video"].tolist() == ["c", "b", "a"]
    assert videos["n_frames"].tolist() == [2, 3, 1]
    assert videos["n_scored"].tolist() == [1, 3, 1]


def test_the_counts_are_those_behind_the_means() -> None:
    values = [0.2, 0.4, NAN, 0.6, NAN, 0.9]
    assert table_of(values, status="oooomo").counts["cc"].tolist() == [2, 1, 1]
    assert table_of(values, status="oooomo", zero=True).counts["cc"].tolist() == [3, 1, 1]


@pytest.mark.parametrize("zero", [False, True])
def test_a_pair_from_the_means_is_that_from_the_frames(zero: bool) -> None:
    values = np.random.default_rng(0).uniform(size=(2, 6)).tolist()
    values[0][1] = values[1][1] = NAN  # no fixations there
    allowed = {"a": 2, "b": 2, "c": 1}
    whole = [table_of(cc, zero=zero, possible=allowed) for cc in values]
    unknown = [table_of(cc, zero=zero) for cc in values]
    found, wanted = whole[0].pair(whole[1], "cc"), unknown[0].pair(unknown[1], "cc")
    pd.testing.assert_frame_equal(found, wanted, check_exact=True)
    assert found["n"].tolist() == ([3, 2, 1] if zero else [2, 2, 1])


def test_a_pair_of_whole_tables_reads_no_frame() -> None:
    means = table_of([0.1] * 6, possible={"a": 3, "b": 2, "c": 1}).by_video
    tables = [FrameTable(lambda: pytest.fail("frames are read"), ["cc"], means=means) for _ in "ab"]
    assert tables[0].pair(tables[1], "cc")["n"].tolist() == [3, 2, 1]
    assert tables[0].summary().loc["cc", "n"] == 6


def test_a_pair_counts_the_frames_that_both_have() -> None:
    cheat = table_of([0.9, NAN, NAN, 0.9, NAN, NAN], possible={"a": 3, "b": 2, "c": 1})
    other = table_of([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], possible={"a": 3, "b": 2, "c": 1})
    found = other.pair(cheat, "cc")
    assert found["first"].tolist() == [0.1, 0.4]
    assert found["n"].tolist() == [1, 1]
    assert cheat.summary().loc["cc", "n_by_map"] == 4


def test_the_mean_of_tables_is_that_of_every_frame() -> None:
    first = table_of([0.2, 0.4, 0.6, NAN, 0.1, 0.1])
    second = table_of([0.4, 0.6, NAN, NAN, 0.1, 0.1], status="oomooo")
    mean = FrameTable.mean_of([first, second])
    assert mean.frames["cc"].tolist()[:2] == pytest.approx([0.3, 0.5])
    assert mean.frames["cc"].isna().tolist() == [False, False, True, True, False, False]
    assert mean.frames["status"].tolist() == ["ok", "ok", "missing", "ok", "ok", "ok"]
    zero = FrameTable.mean_of([table_of([0.2] * 6, zero=True), table_of([NAN] + [0.2] * 5, zero=True)])
    assert zero.frames["cc"].tolist() == pytest.approx([0.1] + [0.2] * 5)


def test_means_come_back_from_json_bit_for_bit() -> None:
    import json

    table = table_of([1 / 3, 0.4, NAN, 0.6, NAN, NAN], status="oooomo", possible={"a": 3, "b": 1})
    found = table.by_video
    read = VideoMeans.from_json(json.loads(json.dumps(found.to_json(), allow_nan=False)), ["cc"])
    for part in ("status", "means", "n", "possible"):
        pd.testing.assert_frame_equal(
            getattr(read, part), getattr(found, part), check_exact=True, check_index_type=False
        )
    again = FrameTable(table._read, ["cc"], means=read)
    pd.testing.assert_frame_equal(again.summary(), table.summary(), check_exact=True)
