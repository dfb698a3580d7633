"""Run jobs in this process or in several; results come as they are done."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Any

from videosal.benchmark.scoring import Scorer, VideoScores
from videosal.benchmark.store import write_video
from videosal.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from videosal.benchmark.plan import Job, Plan

_scorer: Scorer | None = None  # of a worker process


def run_jobs(
    plan: Plan, jobs: Sequence[Job], run: Path, *, workers: int, density_sum: NDArray[Any] | None
) -> Iterator[VideoScores]:
    """Score the videos of `jobs`, write each result into `run`, and yield it.

    The scores do not depend on the number of workers; the order in which they come does.

    Raises
    ------
    RunError
        A worker process died.
    VideosalError
        A video could not be scored; the others that were under way are finished first.
    """
    if workers <= 1 or len(jobs) <= 1:
        scorer = Scorer(plan, density_sum)
        for job in jobs:
            yield _score_and_write(scorer, job, run)
        return
    import multiprocessing

    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(
        min(workers, len(jobs)), mp_context=context, initializer=_start, initargs=(plan, density_sum)
    )
    try:
        for future in as_completed([pool.submit(_work, job, run) for job in jobs]):
            yield future.result()
    except KeyboardInterrupt:
        for worker in multiprocessing.active_children():
            worker.terminate()  # nothing is lost: results are written whole or not at all
        raise
    except BrokenProcessPool as error:
        raise RunError(
            "a worker process died (out of memory, or killed): what is finished is kept, run the same command again; "
            "in a script of your own, call videosal under if __name__ == '__main__'"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _score_and_write(scorer: Scorer, job: Job, run: Path) -> VideoScores:
    result = scorer.score(job)
    write_video(run, result)
    return result


def _start(plan: Plan, density_sum: NDArray[Any] | None) -> None:
    """Prepare a worker: one thread each, since the workers share the cores."""
    global _scorer
    import cv2

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C reaches the workers too: they end without a traceback
    os.environ["OMP_NUM_THREADS"] = "1"
    cv2.setNumThreads(1)
    _scorer = Scorer(plan, density_sum)


def _work(job: Job, run: Path) -> VideoScores:
    assert _scorer is not None
    return _score_and_write(_scorer, job, run)
