from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from videosal.errors import InputError, TableError
from videosal.leaderboards import judge_run
from videosal.leaderboards.statistics.seeds import join_seeds

VideoRun = Callable[..., Any]


def test_a_loss_beyond_chance_fails(video_run: VideoRun) -> None:
    [found] = judge_run(video_run("base", 0.5), video_run("new", 0.4, seed=1))
    assert found.worse
    assert found.metric == "nss"
    assert found.loss == pytest.approx(found.base - found.new)
    assert found.p == 1 / 2**12
    [better] = judge_run(video_run("base", 0.4), video_run("new", 0.5, seed=1))
    assert not better.worse
    assert better.p == 1


def test_lower_is_better_in_kld(video_run: VideoRun) -> None:
    kld, cc = judge_run(video_run("base", 0.5), video_run("new", 0.4, seed=1), metrics=["kld", "cc"])
    assert kld.loss > 0
    assert kld.new > kld.base
    assert kld.worse
    assert kld.p == cc.p == 2 / 2**12  # corrected for two


def test_what_is_within_the_margin_passes(video_run: VideoRun) -> None:
    runs = video_run("base", 0.5, noise=0.002), video_run("new", 0.48, noise=0.002, seed=1)
    assert judge_run(*runs, metrics=["cc"])[0].worse
    assert not judge_run(*runs, metrics=["cc"], margin=0.03)[0].worse
    assert judge_run(*runs, metrics=["cc"], margin=0.01)[0].worse


def test_p_is_the_share_of_the_flips_that_lose_as_much(video_run: VideoRun) -> None:
    """Against all flips, counted one by one; frame means weigh the videos by their frames."""
    base, new = video_run("base", 0.5, n_videos=7), video_run("new", 0.497, n_videos=7, seed=1)
    videos = base.frame_table.pair(new.frame_table, "nss")
    weights = videos["n"].to_numpy() / videos["n"].sum()
    shares = (videos["first"] - videos["second"] - 0.002).to_numpy() * weights
    sums = [float(np.dot(signs, shares)) for signs in product((1, -1), repeat=7)]
    wanted = np.mean([total >= shares.sum() - 1e-12 for total in sums])
    assert judge_run(base, new, margin=0.002)[0].p == wanted


def test_seeds_count_as_one_model(video_run: VideoRun) -> None:
    runs = join_seeds(
        [video_run(name, level, seed=seed) for name, level in (("a", 0.5), ("b", 0.4)) for seed in (1, 2)]
    )
    assert judge_run(*runs)[0].worse


def test_what_cannot_be_judged(video_run: VideoRun) -> None:
    base = video_run("base", 0.5)
    with pytest.raises(TableError, match=r"4 videos are too few to find a loss: p is 0\.0625 at best"):
        judge_run(video_run("base", 0.5, n_videos=4), video_run("new", 0.4, n_videos=4))
    assert judge_run(video_run("base", 0.5, n_videos=5), video_run("new", 0.4, n_videos=5))[0].worse
    with pytest.raises(TableError, match="different protocols"):
        judge_run(base, video_run("new", 0.4, signature="other"))
    with pytest.raises(TableError, match="'new' has maps that leave 3 frames without NSS"):
        judge_run(base, video_run("new", 0.4, by_map={"nss": 3}))
    with pytest.raises(TableError, match="incomplete"):
        judge_run(base, video_run("new", 0.4, complete=False))
    with pytest.raises(TableError, match="has no sim"):
        judge_run(base, video_run("new", 0.4), metrics=["sim"])
    with pytest.raises(InputError, match=r"margin is -0\.1"):
        judge_run(base, video_run("new", 0.4), margin=-0.1)
