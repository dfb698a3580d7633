"""Where jobs run: in this process, in several, or on a cluster. One interface, and the same bits from each."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import uuid
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videosal.benchmark.scoring.scorer import Scorer
from videosal.benchmark.workers.dask_cluster import DaskExecutor, open_dask
from videosal.benchmark.workers.same_code import check_code
from videosal.benchmark.workers.travel import check_paths, make_absolute, make_job_absolute, needed_paths
from videosal.code_identity import suite_digest, suite_version
from videosal.errors import InputError, RunError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from videosal.benchmark.plan import Plan, SharedJob
    from videosal.benchmark.scoring.video_scores import VideoScores
    from videosal.datasets import Dataset


@dataclass(frozen=True, slots=True)
class Session:
    """What a process needs once to score the jobs of an evaluation: plans that differ in their protocol.

    `paths` are files and folders that it must see, `suite` and `version` the code that it must run.
    """

    plans: tuple[Plan, ...]
    paths: tuple[Path, ...] = ()
    suite: str = field(default_factory=suite_digest)
    version: str = field(default_factory=suite_version)
    token: str = field(default_factory=lambda: uuid.uuid4().hex)


class SerialExecutor(Executor):
    """Runs each call at once, in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call `fn`; what it raises is raised here."""
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def run_jobs(
    session: Session, jobs: Sequence[SharedJob], executor: Executor, dataset: Dataset
) -> Iterator[list[VideoScores]]:
    """Score the videos of `jobs`, which are those of `dataset`, and yield the results of each as it is done.

    The scores do not depend on the executor; the order in which they come does.

    Raises
    ------
    RunError
        A worker died, there is none, it does not see the data, or the scheduler has gone. What was scored is done.
    VideosalError
        A video could not be scored.
    """
    if isinstance(executor, SerialExecutor):
        scorer = Scorer(session.plans, dataset)
        yield from (executor.submit(scorer.score, job).result() for job in jobs)  # one after the other
        return
    if isinstance(executor, DaskExecutor):
        jobs = [make_job_absolute(job) for job in jobs]
        plans = tuple(map(make_absolute, session.plans))
        session = replace(session, plans=plans, paths=needed_paths(plans[0], jobs))
        calls = {job.video: _seal(session, job, number) for number, job in enumerate(jobs)}
        yield from executor.results(score_sealed, calls)
        return
    futures = [executor.submit(score_job, session, job, number) for number, job in enumerate(jobs)]
    try:
        for future in as_completed(futures):
            yield future.result()
    except BrokenProcessPool as error:
        raise RunError(
            f"a worker process died{_in_flight(executor, jobs)} (out of memory, or killed): what is finished is kept, "
            "run the same command again; in a script of your own, call videosal under if __name__ == '__main__'"
        ) from error
    finally:
        for future in futures:
            future.cancel()


def _in_flight(executor: Executor, jobs: Sequence[SharedJob]) -> str:
    """Name the videos that the processes of a broken pool were scoring: one of them may be why."""
    states = executor.states if isinstance(executor, _ProcessPool) else []
    names = [job.video for job, state in zip(jobs, states, strict=False) if state == _STARTED]
    return f" while it scored video {' or '.join(names)}" if names else ""


@contextmanager
def open_executor(workers: int, dask: str | None = None, *, gpu: bool = False) -> Iterator[Executor]:
    """Give the executor for a number of processes, or for the workers of a Dask scheduler.

    Parameters
    ----------
    workers : int
        Number of processes on this machine; 1 is this process itself.
    dask : str, optional
        Address of a Dask scheduler (``tcp://host:8786``) whose workers see the same files.
    gpu : bool
        Ask Dask for workers that were started with ``--resources GPU=1``.

    Raises
    ------
    InputError
        `workers` is less than 1, or Dask is not installed.
    RunError
        There is no scheduler at the address.
    """
    if workers < 1:
        raise InputError(f"workers is {workers}, expected 1 or more")
    if dask is not None:
        with open_dask(dask, gpu=gpu) as executor:
            yield executor
    elif workers == 1:
        yield SerialExecutor()
    else:
        with _process_executor(workers) as pool:
            yield pool


def _seal(session: Session, job: SharedJob, number: int) -> tuple[str, str, bytes]:
    return session.suite, session.version, pickle.dumps((session, job, number))


def score_sealed(suite: str, version: str, work: bytes) -> list[VideoScores]:
    """Score what `_seal` packed; records of another version are not opened, since they may be of another shape."""
    check_code(suite, version)
    return score_job(*pickle.loads(work))


def score_job(session: Session, job: SharedJob, number: int) -> list[VideoScores]:
    """Score one job, the one of this number, with the scorer that this process keeps for the session."""
    states = _kept.get("states", ())
    if number < len(states):
        states[number] = _STARTED
    if _kept.get("token") != session.token or "scorer" not in _kept:
        _kept.pop("scorer", None)  # do not hold two models
        check_code(session.suite, session.version)
        check_paths(session.paths)
        _kept.update(scorer=Scorer(session.plans), token=session.token)
    scorer: Scorer = _kept["scorer"]
    results = scorer.score(job)
    if number < len(states):
        states[number] = _DONE
    return results


_kept: dict[str, Any] = {}  # of this process: the scorer of the last session, and the states of its pool
_STARTED, _DONE = 1, 2
_TRACKED = 1 << 16  # jobs whose state is kept


class _ProcessPool(ProcessPoolExecutor):
    """Processes that leave word of what they are at, in memory that outlives them and that no lock guards."""

    def __init__(self, workers: int) -> None:
        import multiprocessing

        context = multiprocessing.get_context("spawn")
        self.states = context.RawArray("b", _TRACKED)
        super().__init__(workers, mp_context=context, initializer=_start_worker, initargs=(os.getpid(), self.states))


@contextmanager
def _process_executor(workers: int) -> Iterator[Executor]:
    import multiprocessing

    script = getattr(sys.modules["__main__"], "__file__", None)
    if script is not None and not Path(script).exists():  # each worker runs the script again
        raise InputError("a script from standard input cannot start workers: save it as a file, or take workers=1")
    pool = _ProcessPool(workers)
    try:
        yield pool
    except KeyboardInterrupt:
        for worker in multiprocessing.active_children():
            worker.terminate()  # nothing is lost: this process alone writes results
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _start_worker(parent: int, states: Any) -> None:
    """Prepare a worker: one thread each, since the workers share the cores."""
    import threading

    import cv2

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C reaches the workers too: they end without a traceback
    os.environ["OMP_NUM_THREADS"] = "1"
    _kept["states"] = states
    cv2.setNumThreads(1)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """End this worker when its parent has been killed and cannot end it."""
    import time

    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
