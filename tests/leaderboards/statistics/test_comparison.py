from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from videosal.errors import TableError, UnknownNameError
from videosal.leaderboards import compare_runs

if TYPE_CHECKING:
    import pandas as pd

VideoRun = Callable[..., Any]


def test_every_pair_in_every_metric_with_the_correction_over_all(video_run: VideoRun) -> None:
    found = compare_runs([video_run("a", 0.5), video_run("b", 0.4, seed=1), video_run("c", 0.3, seed=2)])
    assert [(c.first, c.second, c.metric) for c in found] == [
        (a, b, metric) for a, b in (("a", "b"), ("a", "c"), ("b", "c")) for metric in ("cc", "nss", "kld")
    ]
    assert all(c.p_holm >= c.result.p for c in found)
    assert max(c.p_holm for c in found) == pytest.approx(min(1, max(c.result.p for c in found) * 9), rel=1)
    cc, nss, kld = found[:3]
    assert cc.result.difference == pytest.approx(0.1, abs=0.02)
    assert nss.result.difference == pytest.approx(5 * cc.result.difference)
    assert kld.result.difference < 0
    assert kld.result.wins == cc.result.wins == 12


def test_means_are_those_of_the_protocol(video_run: VideoRun) -> None:
    a, b = video_run("a", 0.5), video_run("b", 0.4, seed=1)
    [frame] = compare_runs([a, b], metrics=["cc"])
    assert frame.result.first == pytest.approx(a.frames["cc"].mean())
    by_video = [
        video_run(name, level, seed=seed, aggregation="video") for name, level, seed in (("a", 0.5, 0), ("b", 0.4, 1))
    ]
    [video] = compare_runs(by_video, metrics=["cc"])
    assert video.result.first == pytest.approx(a.frames.groupby("video")["cc"].mean().mean())


def test_only_frames_with_both_values_count(video_run: VideoRun) -> None:
    a, b = video_run("a", 0.5, noise=0), video_run("b", 0.4, noise=0)
    table: pd.DataFrame = b.table.copy()
    table.loc[0, "cc"] = float("nan")
    table = table.drop(index=1)
    [found] = compare_runs([a, video_run("b", 0.4, noise=0, table=table)], metrics=["cc"])
    assert found.result.n_videos == 11
    assert found.result.difference == pytest.approx(0.1)


def test_as_dict_has_no_nan(video_run: VideoRun) -> None:
    [found] = compare_runs([video_run("a", 0.5, noise=0), video_run("b", 0.4, noise=0)], metrics=["cc"])
    values = found.as_dict()
    assert values["metric"] == "cc"
    assert "result" not in values
    assert all(value == value for value in values.values())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "a"}, "two runs are called 'a'"),
        ({"split": "train"}, r"on different splits \(dhf1k:val and dhf1k:train\)"),
        ({"signature": "other"}, "different protocols: videosal explain"),
        ({"info": {"fingerprint": "x"}}, "different copies"),
        ({"info": {"videos": ["0001"]}}, "different videos of dhf1k:val"),
        ({"identity": SimpleNamespace(column="x")}, "from different inputs"),
        ({"complete": False}, "incomplete"),
    ],
)
def test_runs_that_cannot_be_compared(video_run: VideoRun, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TableError, match=message):
        compare_runs([video_run("a", 0.5), video_run(**{"name": "b", "level": 0.4, **changes})])


def test_other_wrong_input(video_run: VideoRun) -> None:
    with pytest.raises(TableError, match="two or more"):
        compare_runs([video_run("a", 0.5)])
    pair = [video_run("a", 0.5), video_run("b", 0.4)]
    with pytest.raises(UnknownNameError, match="did you mean"):
        compare_runs(pair, metrics=["ccc"])
    with pytest.raises(TableError, match="has no sim"):
        compare_runs(pair, metrics=["sim"])
    with pytest.raises(TableError, match="no metric in common"):
        compare_runs([pair[0], video_run("b", 0.4, scores={"sim": 1})])
    incomplete = video_run("b", 0.4, complete=False)
    assert compare_runs([pair[0], incomplete], allow_incomplete=True)


def test_undefined_is_in_a_comparison_what_the_protocol_says(video_run: VideoRun) -> None:
    def runs(**info: Any) -> list[Any]:
        tables = [video_run(name, level, noise=0).table.copy() for name, level in (("a", 0.5), ("b", 0.4))]
        tables[1].loc[tables[1]["video"] == "0003", "cc"] = float("nan")
        named = zip("ab", (0.5, 0.4), tables, strict=True)
        return [video_run(name, level, table=table, info=info) for name, level, table in named]

    [deleted] = compare_runs(runs(), metrics=["cc"])
    assert (deleted.result.n_videos, deleted.result.difference) == (11, pytest.approx(0.1))
    [zero] = compare_runs(runs(undefined_as="zero"), metrics=["cc"])
    a, b = (run.frames["cc"].fillna(0).mean() for run in runs())
    assert (zero.result.n_videos, zero.result.difference) == (12, pytest.approx(a - b))


def test_there_is_no_verdict_where_a_map_takes_the_value_from_a_frame(video_run: VideoRun) -> None:
    honest, cheat = video_run("honest", 0.5), video_run("cheat", 0.5, by_map={"cc": 3})
    cc, nss = compare_runs([honest, cheat], metrics=["cc", "nss"])
    assert cc.lost == (0, 3)
    assert (cc.result.wins, cc.result.ties, cc.result.losses) == (0, 0, 0)
    assert all(cc.as_dict()[name] is None for name in ("low", "high", "p", "p_holm", "effect"))
    assert cc.result.n_videos == 12
    assert nss.lost == (0, 0)
    assert nss.p_holm == nss.result.p  # corrected for those that have one
