from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import videosal.benchmark
from videosal.errors import InputError, TableError
from videosal.leaderboards.board.run_like import RunLike
from videosal.leaderboards.board.runs import gather_runs

MakeRun = Callable[..., RunLike]


def gather(*runs: RunLike | str | Path, allow_incomplete: bool = False) -> list[RunLike]:
    return gather_runs(runs, metrics=("cc", "nss"), allow_incomplete=allow_incomplete)


def test_runs_keep_their_order(make_run: MakeRun) -> None:
    runs = [make_run("b"), make_run("a")]
    assert gather(*runs) == runs


def test_paths_are_loaded(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def load_run(path: str | Path) -> RunLike:
        asked.append(path)
        return make_run(str(path))

    monkeypatch.setattr(videosal.benchmark, "load_run", load_run, raising=False)
    assert [run.name for run in gather("one", Path("two"))] == ["one", "two"]
    assert asked == ["one", Path("two")]


def test_incomplete_run_is_refused_with_counts_and_advice(make_run: MakeRun) -> None:
    run = make_run("salema", complete=False, coverage={"frames_found": 20, "frames_scored": 5})
    message = r"'salema' on DHF1K val is incomplete, with 5 of 20 frames scored: .*--allow-incomplete"
    with pytest.raises(TableError, match=message):
        gather(make_run(), run)


def test_error_counts_further_incomplete_runs(make_run: MakeRun) -> None:
    runs = [make_run(name, complete=False, coverage={"frames_scored": 5}) for name in "ab"]
    with pytest.raises(TableError, match=r"scored \(and 1 more\)"):
        gather(*runs)


def test_a_metric_that_is_still_being_added_is_told(make_run: MakeRun) -> None:
    with pytest.raises(TableError, match="incomplete, with a metric that not all frames are scored in: add"):
        gather(make_run(complete=False))


def test_incomplete_run_is_taken_on_request(make_run: MakeRun) -> None:
    run = make_run(complete=False)
    assert gather(run, allow_incomplete=True) == [run]


def test_partial_run_is_taken(make_run: MakeRun) -> None:
    run = make_run(partial=True)
    assert gather(run) == [run]


def test_run_without_a_metric_of_the_table_is_refused(make_run: MakeRun) -> None:
    with pytest.raises(TableError, match=r"'center' on DHF1K val has none of the table's metrics.*cc, nss"):
        gather(make_run(scores={"kld": 1.0}))


def test_same_name_split_and_signature_twice_is_refused(make_run: MakeRun) -> None:
    with pytest.raises(TableError, match="'center' on DHF1K val is given twice"):
        gather(make_run(), make_run("other"), make_run(scores={"cc": 0.1}))


def test_same_name_with_another_signature_or_split_is_taken(make_run: MakeRun) -> None:
    runs = [make_run(), make_run(signature="protocol=other"), make_run(split="train")]
    assert gather(*runs) == runs


@pytest.mark.parametrize("alone", ["some/run", Path("some/run")])
def test_a_path_alone_is_refused(alone: str | Path) -> None:
    with pytest.raises(InputError, match="not a list"):
        gather_runs(alone, metrics=("cc",), allow_incomplete=False)  # type: ignore[arg-type]


def test_a_run_alone_is_refused(make_run: MakeRun) -> None:
    with pytest.raises(InputError, match="FakeRun, not a list"):
        gather_runs(make_run(), metrics=("cc",), allow_incomplete=False)  # type: ignore[arg-type]


def test_something_else_is_refused() -> None:
    with pytest.raises(InputError, match="runs holds something of type int: give Run objects or paths"):
        gather(3)  # type: ignore[arg-type]
