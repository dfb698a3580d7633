from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from videosal.errors import InputError, TableError
from videosal.leaderboards import pick_frames

MakeRun = Callable[..., Any]


def scored(make_run: MakeRun, name: str, values: dict[str, list[float]], metric: str = "cc") -> Any:
    rows = [(video, f"{n:04d}", value) for video, found in values.items() for n, value in enumerate(found, 1)]
    table = pd.DataFrame(rows, columns=["video", "frame", metric]).assign(status="ok")
    return make_run(name, scores={metric: 0.5}, table=table)


def test_best_worst_and_median_come_from_different_videos_first(make_run: MakeRun) -> None:
    run = scored(make_run, "a", {"v": [0.1, 0.2, 0.4], "w": [0.9, 0.8, 0.5]})
    assert pick_frames([run], "worst", 3) == [("v", "0001"), ("w", "0003"), ("v", "0002")]
    assert pick_frames([run], "best", 2) == [("w", "0001"), ("v", "0003")]
    assert set(pick_frames([run], "median", 2)) == {("v", "0003"), ("w", "0003")}
    assert len(pick_frames([run], "best", 99)) == 6


def test_lower_is_better_turns_best_and_worst(make_run: MakeRun) -> None:
    run = scored(make_run, "a", {"v": [1, 2]}, metric="kld")
    assert pick_frames([run], "best", 1) == [("v", "0001")]
    assert pick_frames([run], "worst", 1) == [("v", "0002")]


def test_disagreement_is_the_spread_over_runs(make_run: MakeRun) -> None:
    runs = [scored(make_run, "a", {"v": [0.1, 0.5, np.nan]}), scored(make_run, "b", {"v": [0.1, 0.9, 5]})]
    assert pick_frames(runs, "disagreement", 9) == [("v", "0002"), ("v", "0001")]
    with pytest.raises(InputError, match="cannot disagree"):
        pick_frames(runs[:1], "disagreement", 1)


def test_no_frame_in_common(make_run: MakeRun) -> None:
    with pytest.raises(TableError, match="no frame in common"):
        pick_frames([scored(make_run, "a", {"v": [1]}), scored(make_run, "b", {"w": [1]})], "best", 1)
    with pytest.raises(TableError, match="no metric in common"):
        pick_frames([scored(make_run, "a", {"v": [1]}), scored(make_run, "b", {"v": [1]}, "kld")], "best", 1)
