"""The workers of a Dask scheduler, watched, so that nothing waits in silence for what does not come."""

from __future__ import annotations

import inspect
import logging
import time
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from videosal.errors import InputError, RunError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_log = logging.getLogger(__name__)

LOOK = 5.0  # seconds without a result after which the cluster is looked at
PATIENCE = 300.0  # seconds without a worker that can take the work
_AGAIN = "what is finished is kept, run the same command again"


class DaskExecutor(Executor):
    """Runs each call on a worker of a scheduler.

    Parameters
    ----------
    client : distributed.Client
    address : str
        Of the scheduler.
    gpu : bool
        Only workers with the resource GPU take the calls.
    """

    def __init__(self, client: Any, address: str, *, gpu: bool) -> None:
        self.address = address
        self._client = client
        self._gpu = gpu
        self._pool = client.get_executor(pure=False, **({"resources": {"GPU": 1}} if gpu else {}))
        self._without = 0.0  # when there was first no worker
        self._told = 0.0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Send a call."""
        future: Future[Any] = self._pool.submit(fn, *args, **kwargs)
        return future

    def results(self, futures: Mapping[Future[Any], str]) -> Iterator[Any]:
        """Yield results as they are done.

        Parameters
        ----------
        futures : mapping of Future to str
            What `submit` gave, with the name of the video that each is about.

        Raises
        ------
        RunError
            No worker has come for `PATIENCE` seconds, the scheduler has gone, or a video killed its workers.
        Exception
            What a call raised.
        """
        from distributed import KilledWorker

        pending = set(futures)
        while pending:
            done, pending = wait(pending, timeout=LOOK, return_when=FIRST_COMPLETED)
            if not done:
                self._look(len(pending))
                continue
            self._without = 0.0
            for future in done:
                try:
                    yield future.result()
                except CancelledError:
                    raise RunError(self._gone(futures[future])) from None
                except KilledWorker as error:
                    raise RunError(
                        f"video {futures[future]} has killed {error.allowed_failures + 1} Dask workers, the last at "
                        f"{error.last_worker.address} (out of memory?): give workers more memory; {_AGAIN}"
                    ) from error

    def _look(self, waiting: int) -> None:
        """Complain where no worker can take the videos that wait."""
        if any(not self._gpu or worker.get("resources", {}).get("GPU", 0) >= 1 for worker in self._workers()):
            self._without = 0.0
            return
        now = time.monotonic()
        self._without = self._without or now - LOOK
        start = f"dask worker {self.address}{' --resources GPU=1' if self._gpu else ''}"
        what = "no Dask worker with the resource GPU" if self._gpu else "no Dask worker"
        if now - self._without >= PATIENCE:
            raise RunError(f"{what} at {self.address} for {PATIENCE:.0f} s: start one ({start}); {_AGAIN}")
        if now - self._told >= 60 or not self._told:
            self._told = now
            _log.warning(
                "%s at %s: %d videos wait up to %.0f s for one (%s)", what, self.address, waiting, PATIENCE, start
            )

    def _workers(self) -> list[dict[str, Any]]:
        ask = self._client.scheduler_info
        # Some versions tell of five workers only, unless asked for all.
        everyone = {"n_workers": -1} if "n_workers" in inspect.signature(ask).parameters else {}
        try:
            return list(ask(**everyone)["workers"].values())
        except (OSError, AttributeError, RuntimeError) as error:  # AttributeError: the client has closed itself
            raise RunError(self._gone()) from error

    def _gone(self, video: str = "") -> str:
        during = f" while video {video} was to be scored" if video else ""
        return f"the Dask scheduler at {self.address} has gone{during}: start it again; {_AGAIN}"


@contextmanager
def open_dask(address: str, *, gpu: bool) -> Iterator[DaskExecutor]:
    """Connect to a scheduler.

    Raises
    ------
    InputError
        Dask is not installed.
    RunError
        There is no scheduler at the address.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError("--dask needs dask.distributed: pip install 'videosal[cluster]'") from error
    try:
        client = Client(address, timeout=10, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise RunError(f"no Dask scheduler answers at {address} ({error})") from error
    try:
        yield DaskExecutor(client, address, gpu=gpu)
    finally:
        # A client that has lost its scheduler prints tracebacks of its own as it closes; our error says what is wrong.
        theirs = [logging.getLogger(name) for name in ("distributed.client", "distributed.utils")]
        for logger in theirs:
            logger.addFilter(_nothing)
        client.close()  # type: ignore[no-untyped-call]
        for logger in theirs:
            logger.removeFilter(_nothing)


def _nothing(_: logging.LogRecord) -> bool:
    return False
