from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from videosal import merge_runs, score
from videosal.datasets import load_dataset
from videosal.errors import InputError, RunError

if TYPE_CHECKING:
    from collections.abc import Iterator
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
    with pytest.raises(RunError, match="is not empty"):
        merge_runs([a], b)
    assert not merge_runs([a], tmp_path / "part").complete
    with pytest.raises(InputError, match="no runs"):
        merge_runs([], tmp_path / "none")
    for shard in ("0/2", "3/2", "1", "a/b", "1/2/3"):
        with pytest.raises(InputError, match="expected I/N"):
            score(**{**scored, "out": tmp_path / "c"}, shard=shard)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A real Dask scheduler and two real worker processes on this machine."""
    pytest.importorskip("distributed")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    scheduler_file = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker"]
    at = ["--scheduler-file", str(scheduler_file), "--no-dashboard"]
    processes = [subprocess.Popen([*dask, *at, "--host", "127.0.0.1", "--port", "0"], **quiet)]  # type: ignore[call-overload]
    try:
        processes += [
            subprocess.Popen([*worker, *at, "--nthreads", "1", "--no-nanny", "--host", "127.0.0.1"], **quiet)  # type: ignore[call-overload]
            for _ in range(2)
        ]
        yield _wait_for_workers(scheduler_file), processes[1:]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _wait_for_workers(scheduler_file: Path) -> str:
    from distributed import Client

    deadline = time.monotonic() + 60
    while not scheduler_file.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    with Client(scheduler_file=str(scheduler_file), set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
        return str(client.scheduler.address)


@pytest.mark.filterwarnings("ignore")  # of dask's own shutdown
def test_a_cluster_that_loses_a_worker_gives_the_same_bytes(
    scored: dict[str, Any], tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    address, workers = cluster
    killed: list[str] = []

    def kill_one(done: int, total: int, video: str) -> None:
        if not killed:
            os.kill(workers[0].pid, signal.SIGKILL)
            killed.append(video)

    whole = score(**scored)
    result = score(**{**scored, "out": tmp_path / "dask"}, dask=address, progress=kill_one)
    assert killed
    assert workers[0].wait(10) == -signal.SIGKILL
    pd.testing.assert_frame_equal(result.frames, whole.frames, check_exact=True)
    assert (tmp_path / "dask/scores.h5").read_bytes() == (scored["out"] / "scores.h5").read_bytes()


@pytest.mark.filterwarnings("ignore")  # of dask's own shutdown
def test_no_scheduler_at_the_address(scored: dict[str, Any]) -> None:
    pytest.importorskip("distributed")
    with pytest.raises(RunError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        score(**scored, dask="tcp://127.0.0.1:9")
