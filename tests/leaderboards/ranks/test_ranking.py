from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np
import pytest

from videosal.errors import InputError, RunError, TableError
from videosal.leaderboards import draw_ranking, rank_runs
from videosal.leaderboards.ranks.texts import to_csv, to_json, to_text

if TYPE_CHECKING:
    from pathlib import Path

VideoRun = Callable[..., Any]
LEVELS = {"good": 0.5, "fair": 0.499, "poor": 0.3, "bad": 0.2}


@pytest.fixture
def runs(video_run: VideoRun) -> list[Any]:
    """Four methods on two splits; good and fair hardly differ."""
    return [
        video_run(name, level, noise=0.05, seed=10 * at + part, n_videos=n_videos, split=split)
        for part, (split, n_videos) in enumerate((("val", 12), ("train", 9)))
        for at, (name, level) in enumerate(LEVELS.items())
    ]


def ranks_by_hand(values: list[float]) -> list[float]:
    """Places from 1, the highest first, ties at their mean; counted one by one."""
    return [1 + sum(v > value for v in values) + (values.count(value) - 1) / 2 for value in values]


def test_mean_ranks_and_borda_by_hand(runs: list[Any]) -> None:
    ranking = rank_runs(runs)
    ranks: dict[str, list[float]] = {name: [] for name in LEVELS}
    for split in ("val", "train"):
        members = [run for run in runs if run.split == split]
        for metric, sign in (("cc", 1), ("nss", 1), ("kld", -1)):
            means = [sign * float(run.frame_table.summary()["frame_mean"][metric]) for run in members]
            for run, rank in zip(members, ranks_by_hand(means), strict=True):
                ranks[run.name].append(rank)
    for place in ranking.places:
        assert place.mean_rank == pytest.approx(np.mean(ranks[place.name]))
        assert place.borda == pytest.approx(sum(4 - rank for rank in ranks[place.name]))
        assert place.low <= place.mean_rank <= place.high
        assert place.by_split == (
            pytest.approx(np.mean(ranks[place.name][:3])),
            pytest.approx(np.mean(ranks[place.name][3:])),
        )
    assert [place.name for place in ranking.places][2:] == ["poor", "bad"]
    assert (ranking.places[2].low, ranking.places[2].high) == (3, 3)
    assert ranking.places[0].high > 1  # good and fair change places when videos are drawn
    assert ranking.n_videos == 21
    assert sum(place.borda for place in ranking.places) == 6 * 4 * 3 / 2


def test_wins_are_counted_over_videos_and_metrics(runs: list[Any]) -> None:
    ranking = rank_runs(runs, metrics=["kld"])
    means = {run.name: [] for run in runs}  # type: ignore[var-annotated]
    for run in runs:
        means[run.name] += run.frame_table.videos["kld"].tolist()
    names = [place.name for place in ranking.places]
    for row, one in enumerate(names):
        for column, other in enumerate(names):
            if row != column:
                wanted = np.mean([a < b for a, b in zip(means[one], means[other], strict=True)])
                assert ranking.wins[row][column] == pytest.approx(wanted)


def test_friedman_and_the_critical_difference_by_hand(runs: list[Any]) -> None:
    ranking = rank_runs(runs, metrics=["cc"])
    blocks = []
    for split in ("val", "train"):
        columns = [run.frame_table.videos["cc"].tolist() for run in runs if run.split == split]
        blocks += [ranks_by_hand(list(row)) for row in zip(*columns, strict=True)]
    n, k = len(blocks), 4
    mean = np.mean(blocks, axis=0)
    statistic = 12 * n / (k * (k + 1)) * ((mean**2).sum() - k * (k + 1) ** 2 / 4)
    assert ranking.statistic == pytest.approx(statistic)
    assert ranking.p < 1e-6
    # q of Nemenyi's test for four methods at 0.05 is 2.569: Demsar (2006), Table 5a.
    assert ranking.critical_difference == pytest.approx(2.569 * math.sqrt(k * (k + 1) / (6 * n)), rel=1e-3)
    assert sorted(place.block_rank for place in ranking.places) == pytest.approx(sorted(mean))
    assert set(ranking.groups()[0]) == {"good", "fair"}


def test_two_methods_have_no_friedman_test(video_run: VideoRun) -> None:
    ranking = rank_runs([video_run("a", 0.5), video_run("b", 0.4, seed=1)])
    assert math.isnan(ranking.p)
    assert ranking.groups() == []
    assert "they need three methods" in to_text(ranking)
    with pytest.raises(TableError, match="needs three methods"):
        draw_ranking(ranking, "x.pdf")


def test_equal_methods_share_a_rank(video_run: VideoRun) -> None:
    ranking = rank_runs([video_run(name, 0.5) for name in "abc"])
    assert [place.mean_rank for place in ranking.places] == [2, 2, 2]
    assert (ranking.statistic, ranking.p) == (0, 1)
    assert ranking.groups() == [("a", "b", "c")]


def test_seeds_are_one_method(video_run: VideoRun) -> None:
    runs = [video_run(name, level, seed=seed) for name, level in (("a", 0.5), ("b", 0.3)) for seed in (1, 2)]
    assert [place.name for place in rank_runs(runs, seeds=True).places] == ["a", "b"]


def test_what_cannot_be_ranked(video_run: VideoRun, runs: list[Any]) -> None:
    with pytest.raises(TableError, match="'bad' has no run on dhf1k:train"):
        rank_runs(runs[:-1])
    with pytest.raises(TableError, match="one method is not enough"):
        rank_runs(runs[:1])
    with pytest.raises(TableError, match="nothing to rank"):
        rank_runs([])
    with pytest.raises(TableError, match="two runs are called 'good'"):
        rank_runs([*runs, runs[0]])
    for changes, message in (
        ({"signature": "other"}, "under different protocols"),
        ({"info": {"videos": ["0601"]}}, "on different videos of dhf1k:val"),
        ({"complete": False}, "is incomplete"),
        ({"by_map": {"cc": 2}}, "'b' on dhf1k:val takes no rank: its maps leave 2 frames without CC"),
        ({"scores": {"nss": 1}}, "has no cc"),
    ):
        with pytest.raises(TableError, match=message):
            rank_runs([video_run("a", 0.5), video_run("b", 0.4, **changes)], metrics=["cc"])


def test_formats(runs: list[Any], tmp_path: Path) -> None:
    ranking = rank_runs(runs)
    text = to_text(ranking)
    assert max(map(len, text.splitlines()[:13])) <= 80
    assert text.splitlines()[2].startswith(ranking.places[0].name)
    assert "| method" in to_text(ranking, "markdown")
    latex = to_text(ranking, "latex")
    assert r"\toprule" in latex
    assert all(line.startswith("% ") for line in latex.rstrip().splitlines()[-3:])
    rows = list(csv.DictReader(io.StringIO(to_csv(ranking))))
    assert [float(row["mean_rank"]) for row in rows] == [place.mean_rank for place in ranking.places]
    assert rows[0]["won against bad"] == "1.0"
    found = json.loads(to_json(ranking))
    assert found["places"][0]["name"] == ranking.places[0].name
    assert found["groups"][0] == list(ranking.groups()[0])
    drawn = draw_ranking(ranking, tmp_path / "cd.svg").read_text(encoding="utf-8")
    ElementTree.fromstring(drawn)
    assert draw_ranking(ranking, tmp_path / "cd.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(InputError, match="expected a file that ends"):
        draw_ranking(ranking, tmp_path / "cd.gif")


@pytest.mark.parametrize("ending", ["pdf", "png", "svg"])
def test_equal_rankings_are_equal_files_and_whole_ones(runs: list[Any], tmp_path: Path, ending: str) -> None:
    ranking = rank_runs(runs)
    first, second = (draw_ranking(ranking, tmp_path / f"{name}.{ending}").read_bytes() for name in "ab")
    assert first == second
    with pytest.raises(RunError, match=rf"cannot write .*cd\.{ending}"):
        draw_ranking(ranking, tmp_path / "gone" / f"cd.{ending}")
