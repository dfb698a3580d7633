"""Tables, comparisons, slices, seeds and normalised scores print one figure, whatever is undefined or counts as 0."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from videosal.leaderboards import Leaderboard, compare_runs
from videosal.leaderboards.statistics.seeds import SeedRuns
from videosal.leaderboards.statistics.slices import VideoSlice, slice_runs

if TYPE_CHECKING:
    import pandas as pd

VideoRun = Callable[..., Any]
MEANS = {"frame": "frame_mean", "video": "video_mean"}


class _Run:
    """A run whose summary is that of its frames, as in a run directory."""

    def __init__(self, fake: Any) -> None:
        self._fake = fake
        self.frame_table = fake.frame_table

    def summary(self) -> pd.DataFrame:
        return self.frame_table.summary()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._fake, name)


@pytest.mark.parametrize("aggregation", ["frame", "video"])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), lost=st.floats(0, 0.6), zero=st.booleans())
def test_one_mean_everywhere(video_run: VideoRun, aggregation: str, seed: int, lost: float, zero: bool) -> None:
    generator = np.random.default_rng(seed)
    first, second = video_run("a", 0.5, seed=seed), video_run("b", 0.4, seed=seed + 1)
    gone = generator.random(len(first.table)) < lost
    gone[0] = False
    info = {"undefined_as": "zero"} if zero else {}
    runs = [
        _Run(
            replace(
                run,
                table=run.table.assign(cc=run.table["cc"].mask(gone)),
                scores={"cc": 0},
                aggregation=aggregation,
                info=info,
            )
        )
        for run in (first, second)
    ]
    wanted = [float(run.summary()[MEANS[aggregation]]["cc"]) for run in runs]
    board = Leaderboard.from_runs(runs, columns=["cc"])
    assert [row.cells[0].value for row in board.table.rows] == wanted
    [found] = compare_runs(runs)
    assert [found.result.first, found.result.second] == pytest.approx(wanted, rel=1e-14)
    every = VideoSlice("all", frozenset(str(int(video)) for video in first.table["video"]))
    every = replace(every, videos=every.videos | {"0"})
    [sliced] = slice_runs(runs, [every])
    assert [float(run.summary()[MEANS[aggregation]]["cc"]) for run in sliced] == wanted
    assert float(SeedRuns([runs[0], runs[0]]).summary()[MEANS[aggregation]]["cc"]) == wanted[0]


def test_a_normalised_score_is_that_of_the_printed_means(video_run: VideoRun) -> None:
    bounds = {name: {"info": {"model_spec": {"name": name}}} for name in ("center", "human")}
    runs = [
        _Run(video_run(name, level, **bounds.get(name, {})))
        for name, level in (("center", 0.2), ("mine", 0.4), ("human", 0.7))
    ]
    board = Leaderboard.from_runs(runs, columns=["cc"], normalise=True)
    low, mine, high = (float(run.summary()["frame_mean"]["cc"]) for run in runs)
    [row] = [row for row in board.table.rows if row.label == "mine"]
    keys = [column.key for column in board.table.columns]
    assert row.cells[keys.index("dhf1k_val_cc_normalised")].value == (mine - low) / (high - low)
