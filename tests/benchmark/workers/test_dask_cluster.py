"""A real Dask scheduler and real worker processes on this machine, and what happens to them."""

from __future__ import annotations

import importlib.util
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from videosal import __version__, run, score, score_each
from videosal.benchmark import executor
from videosal.benchmark.workers import dask_cluster
from videosal.datasets import load_dataset
from videosal.errors import RunError
from videosal.metrics import get_protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import MapMaker, TreeMaker

pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("ignore")  # of dask's own shutdown

MODEL = """
import os, signal
import helper


class Model:
    def predict(self, frames):
        for index in range(len(frames)):
            yield helper.SALIENCY + index

    def predict_video(self, frames, name):
        if name == "0602" and os.path.exists(os.path.join(os.path.dirname(__file__), "kill")):
            os.kill(os.getpid(), signal.SIGKILL)
        return self.predict(frames)
"""


class Cluster:
    """Processes of Dask; a worker has a working directory of its own, as on another machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "scheduler.json"
        self.address = ""
        self.workers: list[subprocess.Popen[bytes]] = []
        self._everything: list[subprocess.Popen[bytes]] = []

    def start(self, workers: int, *, allowed_failures: int = 3, **environment: str) -> Cluster:
        place = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(allowed_failures)}
        self.scheduler = self._start("dask_scheduler", "--port", "0", **place)
        deadline = time.monotonic() + 60
        while not self._file.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        alone = ("--nthreads", "1", "--no-nanny")
        self.workers = [self._start("dask_worker", *alone, **environment) for _ in range(workers)]
        from distributed import Client

        with Client(scheduler_file=str(self._file), set_as_default=False) as client:
            if workers:
                client.wait_for_workers(workers, timeout=60)
            self.address = str(client.scheduler.address)
        return self

    def stop(self) -> None:
        for process in self._everything:
            process.kill()
            process.wait()

    def _start(self, program: str, *options: str, **environment: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{program}", "--scheduler-file", str(self._file)]
        command += ["--no-dashboard", "--host", "127.0.0.1", *options]
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(
            command, stdout=quiet, stderr=quiet, cwd=self._folder, env={**os.environ, **environment}
        )
        self._everything.append(process)
        return process


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Cluster]]:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    cluster = Cluster(folder)
    try:
        yield cluster.start
    finally:
        cluster.stop()


@pytest.fixture
def scored(dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path) -> dict[str, Any]:
    root = dhf1k_tree((601, 602, 603, 604, 605))
    maps = prediction_folder(load_dataset("dhf1k:val", root))
    return {"predictions": maps, "dataset": "dhf1k:val", "root": root, "out": tmp_path / "whole"}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    (tmp_path / "model/model.py").write_text(MODEL)
    (tmp_path / "model/helper.py").write_text("import numpy as np\nSALIENCY = np.arange(12.0).reshape(3, 4)\n")
    return tmp_path / "model/model.py"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_cluster, "LOOK", 0.2)
    monkeypatch.setattr(dask_cluster, "PATIENCE", 1.0)


def test_a_cluster_that_loses_a_worker_gives_the_same_bytes(
    scored: dict[str, Any], tmp_path: Path, start: Callable[..., Cluster]
) -> None:
    cluster = start(2)
    killed: list[str] = []

    def kill_one(done: int, total: int, video: str) -> None:
        if not killed:
            os.kill(cluster.workers[0].pid, signal.SIGKILL)
            killed.append(video)

    whole = score(**scored)
    result = score(**{**scored, "out": tmp_path / "dask"}, dask=cluster.address, progress=kill_one)
    assert killed
    assert cluster.workers[0].wait(10) == -signal.SIGKILL
    pd.testing.assert_frame_equal(result.frames, whole.frames, check_exact=True)
    assert (tmp_path / "dask/scores.h5").read_bytes() == (scored["out"] / "scores.h5").read_bytes()


def test_relative_paths_mean_the_same_to_a_worker(
    scored: dict[str, Any],
    tmp_path: Path,
    model: Path,
    start: Callable[..., Cluster],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    cluster = start(1)
    whole = score(**scored)
    relative = {key: scored[key].relative_to(tmp_path) for key in ("predictions", "root")}
    result = score(**{**scored, **relative, "out": "dask"}, dask=cluster.address)
    pd.testing.assert_frame_equal(result.frames, whole.frames, check_exact=True)
    kept = run("model/model.py:Model", "dhf1k:val", relative["root"], save_maps="kept", dask=cluster.address)
    assert kept.complete
    assert len(list((tmp_path / "kept/0603").iterdir())) == 3
    assert not (tmp_path / "elsewhere/kept").exists()


def test_what_a_worker_does_not_see_is_named_with_its_host(
    scored: dict[str, Any], tmp_path: Path, start: Callable[..., Cluster], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "on this machine only"
    there = executor.needed_paths
    monkeypatch.setattr(executor, "needed_paths", lambda plan, jobs: (*there(plan, jobs), gone))
    cluster = start(1)
    expected = f"the worker on {socket.gethostname()} does not see {gone}: every worker must see the data"
    for _ in range(2):  # the worker says it again
        with pytest.raises(RunError) as caught:
            score(**scored, dask=cluster.address)
        assert str(caught.value).startswith(expected)


@pytest.mark.usefixtures("impatient")
def test_a_scheduler_without_workers_is_told(
    scored: dict[str, Any], start: Callable[..., Cluster], caplog: pytest.LogCaptureFixture
) -> None:
    cluster = start(0)
    with caplog.at_level(logging.WARNING, "videosal"), pytest.raises(RunError) as caught:
        score(**scored, dask=cluster.address)
    assert str(caught.value).startswith(f"no Dask worker at {cluster.address} for 1 s: start one (dask worker tcp://")
    (line,) = [record.getMessage() for record in caplog.records if record.name.startswith("videosal")]
    assert line.startswith(f"no Dask worker at {cluster.address}: 5 videos wait up to 1 s for one")


@pytest.mark.usefixtures("impatient")
def test_workers_without_a_gpu_are_no_workers_of_a_network(
    scored: dict[str, Any], tmp_path: Path, start: Callable[..., Cluster]
) -> None:
    cluster = start(1)
    with pytest.raises(RunError, match=r"no Dask worker with the resource GPU at .* --resources GPU=1\); what"):
        run("center", "dhf1k:val", scored["root"], device="cuda", dask=cluster.address, out=tmp_path / "run")


@pytest.mark.usefixtures("impatient")
def test_a_worker_that_is_only_slow_is_waited_for(
    scored: dict[str, Any], tmp_path: Path, model: Path, start: Callable[..., Cluster]
) -> None:
    (model.parent / "helper.py").write_text(
        "import time\nimport numpy as np\ntime.sleep(3)\nSALIENCY = np.arange(12.0).reshape(3, 4)\n"
    )
    cluster = start(1)
    result = run(f"{model}:Model", "dhf1k:val", scored["root"], dask=cluster.address, out=tmp_path / "run")
    assert result.complete


def test_a_scheduler_that_dies_is_told_and_the_run_goes_on_later(
    scored: dict[str, Any], tmp_path: Path, start: Callable[..., Cluster]
) -> None:
    cluster = start(1)

    def kill(done: int, total: int, video: str) -> None:
        cluster.scheduler.kill()
        cluster.scheduler.wait()

    begun = time.monotonic()
    with pytest.raises(RunError, match=r"^the Dask scheduler at tcp:.* has gone.* run the same command again$"):
        score(**{**scored, "out": tmp_path / "dask"}, dask=cluster.address, progress=kill)
    assert time.monotonic() - begun < 60
    assert score(**{**scored, "out": tmp_path / "dask"}).complete
    score(**scored)
    assert (tmp_path / "dask/scores.h5").read_bytes() == (scored["out"] / "scores.h5").read_bytes()


def test_a_video_that_kills_its_worker_is_named(
    dhf1k_tree: TreeMaker, tmp_path: Path, model: Path, start: Callable[..., Cluster]
) -> None:
    (model.parent / "kill").touch()
    cluster = start(2, allowed_failures=1)
    expected = r"^video 0602 was on 2 Dask workers as they died, the last at tcp://127\.0\.0\.1:\d+ \(out of memory\?\)"
    with pytest.raises(RunError, match=expected):
        run(f"{model}:Model", "dhf1k:val", dhf1k_tree((602,)), dask=cluster.address, out=tmp_path / "run")


def _copy_of_videosal(folder: Path) -> Path:
    """Copy the package, and the rooms into it."""
    import videosal

    shutil.copytree(Path(videosal.__file__).parent, folder / "videosal", ignore=_no_links)
    for room in ("metrics", "datasets", "models", "benchmark", "leaderboards"):
        (place,) = (importlib.util.find_spec(f"videosal.{room}") or pytest.fail(room)).submodule_search_locations or ()
        shutil.copytree(place, folder / "videosal" / room, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def _no_links(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name == "__pycache__" or (Path(folder) / name).is_symlink()}


@pytest.mark.parametrize("shape", ["edited", "another version"])
def test_a_worker_with_other_code_is_refused(
    scored: dict[str, Any], tmp_path: Path, start: Callable[..., Cluster], shape: str
) -> None:
    copy = _copy_of_videosal(tmp_path / "copy")
    if shape == "edited":
        file, before, after = "metrics/formulas.py", "\n", "\n# a comment more\n"
        version = f"another copy of version {__version__}"
    else:
        file, before, after = "__init__.py", "__version__ = ", '__version__ = "0.0.9"  # '
        version = f"version 0.0.9, not {__version__}"
    text = (copy / "videosal" / file).read_text()
    assert before in text
    (copy / "videosal" / file).write_text(text.replace(before, after, 1))
    cluster = start(1, PYTHONPATH=str(copy))
    with pytest.raises(RunError) as caught:
        score(**scored, dask=cluster.address)
    expected = f"the worker on {socket.gethostname()} runs other code of videosal ({version}, {copy}/videosal): install"
    assert str(caught.value).startswith(expected)
    assert not list((scored["out"] / "videos").glob("*"))


def test_a_copy_that_is_the_same_is_not_refused(
    scored: dict[str, Any], tmp_path: Path, start: Callable[..., Cluster]
) -> None:
    cluster = start(1, PYTHONPATH=str(_copy_of_videosal(tmp_path / "copy")))
    assert score(**scored, dask=cluster.address).complete


def test_no_scheduler_at_the_address(scored: dict[str, Any]) -> None:
    with pytest.raises(RunError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        score(**scored, dask="tcp://127.0.0.1:9")


def test_workers_need_not_know_a_protocol_by_name(
    scored: dict[str, Any], tmp_path: Path, start: Callable[..., Cluster]
) -> None:
    ours = get_protocol("unisal").replace(name="ours", nss_ddof=0)
    protocols = ["standard", ours]
    here = score_each(**{**scored, "out": tmp_path / "here"}, protocols=protocols)
    there = score_each(**{**scored, "out": tmp_path / "dask"}, protocols=protocols, dask=start(2).address)
    for one, other in zip(here, there, strict=True):
        assert (one.path / "scores.h5").read_bytes() == (other.path / "scores.h5").read_bytes()
