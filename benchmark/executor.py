"""Where jobs run: in this process, in several, or on a cluster. One interface, and the same bits from each."""

from __future__ import annotations

import os
import signal
import uuid
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from videosal.benchmark.scoring import Scorer, VideoScores
from videosal.errors import InputError, RunError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from videosal.benchmark.plan import Job, Plan
    from videosal.datasets import Dataset


@dataclass(frozen=True, slots=True)
class Session:
    """What a process needs once to score the jobs of an evaluation."""

    plan: Plan
    token: str = field(default_factory=lambda: uuid.uuid4().hex)


class SerialExecutor(Executor):
    """Runs each call at once, in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call `fn`; what it raises is raised here."""
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def run_jobs(session: Session, jobs: Sequence[Job], executor: Executor, dataset: Dataset) -> Iterator[VideoScores]:
    """Score the videos of `jobs`, which are those of `dataset`, and yield each result as it is done.

    The scores do not depend on the executor; the order in which they come does.

    Raises
    ------
    RunError
        A worker process died.
    VideosalError
        A video could not be scored.
    """
    if isinstance(executor, SerialExecutor):
        scorer = Scorer(session.plan, dataset)
        yield from (executor.submit(scorer.score, job).result() for job in jobs)  # one after the other
        return
    futures = [executor.submit(score_job, session, job) for job in jobs]
    try:
        for future in as_completed(futures):
            yield future.result()
    except BrokenProcessPool as error:
        raise RunError(
            "a worker process died (out of memory, or killed): what is finished is kept, run the same command again; "
            "in a script of your own, call videosal under if __name__ == '__main__'"
        ) from error
    finally:
        for future in futures:
            future.cancel()


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
        with _dask_executor(dask, gpu=gpu) as executor:
            yield executor
    elif workers == 1:
        yield SerialExecutor()
    else:
        with _process_executor(workers) as executor:
            yield executor


def score_job(session: Session, job: Job) -> VideoScores:
    """Score one job with the scorer that this process keeps for the session."""
    if _kept.get("token") != session.token:
        _kept.clear()
        _kept.update(token=session.token, scorer=Scorer(session.plan))
    scorer: Scorer = _kept["scorer"]
    return scorer.score(job)


_kept: dict[str, Any] = {}  # of this process: the scorer of the last session


@contextmanager
def _process_executor(workers: int) -> Iterator[Executor]:
    import multiprocessing

    pool = ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context("spawn"), initializer=_start_worker, initargs=(os.getpid(),)
    )
    try:
        yield pool
    except KeyboardInterrupt:
        for worker in multiprocessing.active_children():
            worker.terminate()  # nothing is lost: this process alone writes results
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _start_worker(parent: int) -> None:
    """Prepare a worker: one thread each, since the workers share the cores."""
    import threading

    import cv2

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C reaches the workers too: they end without a traceback
    os.environ["OMP_NUM_THREADS"] = "1"
    cv2.setNumThreads(1)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """End this worker when its parent has been killed and cannot end it."""
    import time

    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


@contextmanager
def _dask_executor(address: str, *, gpu: bool) -> Iterator[Executor]:
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError("--dask needs dask.distributed: pip install 'videosal[cluster]'") from error
    try:
        client = Client(address, timeout=10, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise RunError(f"no Dask scheduler answers at {address} ({error})") from error
    with client:
        yield client.get_executor(pure=False, **({"resources": {"GPU": 1}} if gpu else {}))  # type: ignore[no-untyped-call]
