from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from videosal import merge_runs, run, score
from videosal.benchmark.runs import identify
from videosal.benchmark.scoring import recorder
from videosal.benchmark.workers import same_code
from videosal.datasets import load_dataset
from videosal.errors import InputError, RunError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MapMaker, TreeMaker


@pytest.fixture
def scored(dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path) -> dict[str, Any]:
    root = dhf1k_tree((601, 602, 603, 604, 605))
    maps = prediction_folder(load_dataset("dhf1k:val", root))
    return {"predictions": maps, "dataset": "dhf1k:val", "root": root, "out": tmp_path / "whole"}


@pytest.mark.parametrize("parts", [1, 2, 7])
def test_shards_merge_to_the_bytes_of_one_run(scored: dict[str, Any], tmp_path: Path, parts: int) -> None:
    score(**scored)
    folders = []
    for part in range(1, parts + 1):
        folders.append(tmp_path / f"part{part}")
        if part <= 5:
            shard = score(**{**scored, "out": folders[-1]}, shard=f"{part}/{parts}")
            assert shard.complete == (parts == 1)
    merged = merge_runs(folders[:5], tmp_path / "merged")
    assert merged.complete
    assert (tmp_path / "merged/scores.h5").read_bytes() == (scored["out"] / "scores.h5").read_bytes()


def test_shards_of_different_work_do_not_merge(scored: dict[str, Any], tmp_path: Path) -> None:
    a = score(**{**scored, "out": tmp_path / "a"}, shard="1/2").path
    b = score(**{**scored, "out": tmp_path / "b"}, shard="2/2", seed=3).path
    with pytest.raises(RunError, match="not parts of one run: they differ in the seed"):
        merge_runs([a, b], tmp_path / "merged")
    with pytest.raises(RunError, match="is in use: choose another --out"):
        merge_runs([a], b)
    assert not merge_runs([a], tmp_path / "part").complete
    with pytest.raises(InputError, match="no runs"):
        merge_runs([], tmp_path / "none")


def test_shards_that_other_code_scored_do_not_merge(
    scored: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = [tmp_path / "1", tmp_path / "2"]
    score(**{**scored, "out": parts[0], "shard": "1/2"})
    # As the same command with an edited copy of videosal would.
    for module in (identify, recorder, same_code):
        monkeypatch.setattr(module, "suite_digest", lambda: "0" * 16)
    score(**{**scored, "out": parts[1], "shard": "2/2"})
    with pytest.raises(RunError, match=r"not parts of one run: they differ in the code of videosal \(its files were"):
        merge_runs(parts, tmp_path / "merged")
    assert not (tmp_path / "merged").exists()
    for shard in ("0/2", "3/2", "1", "a/b", "1/2/3"):
        with pytest.raises(InputError, match="expected I/N"):
            score(**{**scored, "out": tmp_path / "c"}, shard=shard)


SUICIDE = """
import os, signal
import numpy as np


class Model:
    def predict(self, frames):
        for index in range(len(frames)):
            yield np.arange(12.0).reshape(3, 4) + index

    def predict_video(self, frames, name):
        if name == "0604":
            os.kill(os.getpid(), signal.SIGKILL)
        return self.predict(frames)
"""


def test_the_video_that_kills_a_process_is_named(scored: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(SUICIDE)
    with pytest.raises(RunError, match=r"^a worker process died while it scored video .*\b0604\b") as caught:
        run(f"{tmp_path / 'model.py'}:Model", "dhf1k:val", scored["root"], workers=2, out=tmp_path / "run")
    named = str(caught.value).partition(" (")[0].partition(" video ")[2].split(" or ")
    assert len(named) <= 2  # a process each


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_the_callers_own_keeps_its_cause(scored: dict[str, Any], workers: int) -> None:
    """It is not that the run directory cannot be written."""

    def fail(done: int, total: int, video: str) -> None:
        raise ConnectionResetError("the dashboard has gone")

    with pytest.raises(ConnectionResetError, match="the dashboard has gone"):
        score(**scored, progress=fail, workers=workers)
    assert score(**scored).complete


def test_a_run_directory_that_cannot_be_written_is_told(scored: dict[str, Any]) -> None:
    (scored["out"] / ".lock").mkdir(parents=True)
    with pytest.raises(RunError, match="cannot write to"):
        score(**scored)
