"""The workers of a Dask scheduler, watched, so that nothing waits in silence for what does not come."""

from __future__ import annotations

import inspect
import logging
import time
from concurrent.futures import CancelledError, Executor
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from videosal.errors import InputError, RunError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_log = logging.getLogger(__name__)

LOOK = 5.0  # seconds without a result after which the cluster is looked at
PATIENCE = 300.0  # seconds without a worker that can take the work
_AGAIN = "what is finished is kept, run the same command again"


class DaskExecutor(Executor):
    """The workers of a scheduler; `results` runs calls on them.

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
        self._resources = {"GPU": 1} if gpu else None
        self._without = 0.0  # when there was first no worker
        self._told = 0.0

    def results(self, fn: Callable[..., Any], calls: Mapping[str, tuple[Any, ...]]) -> Iterator[Any]:
        """Call `fn` for each video and yield the results as they are done.

        The futures are those of Dask: a result whose worker dies before it is fetched is computed again, of which those
        of `Client.get_executor` know nothing.

        Parameters
        ----------
        fn : callable
        calls : mapping of str to tuple
            Its arguments, by the name of the video.

        Raises
        ------
        RunError
            No worker has come for `PATIENCE` seconds, the scheduler has gone, or a video was on workers that died.
        Exception
            What a call raised.
        """
        from distributed import KilledWorker

        videos = {self._submit(fn, arguments): video for video, arguments in calls.items()}
        done: SimpleQueue[Any] = SimpleQueue()
        for future in videos:
            future.add_done_callback(done.put)
        waiting = len(videos)
        while waiting:
            try:
                future = done.get(timeout=LOOK)
            except Empty:
                self._look(waiting)
                continue
            try:
                result = future.result(timeout=LOOK)
            except TimeoutError:  # its worker has died, or is slow to send
                done.put(future)
                self._look(waiting)
                continue
            except CancelledError:
                raise RunError(self._gone(videos[future])) from None
            except KilledWorker as error:
                raise RunError(
                    f"video {videos[future]} was on {error.allowed_failures + 1} Dask workers as they died, the last "
                    f"at {error.last_worker.address} (out of memory?): give workers more memory; {_AGAIN}"
                ) from error
            self._without = 0.0
            future.release()
            waiting -= 1
            yield result

    def _submit(self, fn: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        return self._client.submit(fn, *arguments, pure=False, resources=self._resources)

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
