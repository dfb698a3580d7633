"""Clips that worker processes read ahead, with errors that stay what they were."""

from __future__ import annotations

import io
import pickle
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from torch import Tensor
from torch.utils.data import DataLoader, get_worker_info
from torch.utils.data import Dataset as TorchDataset

from videosal.errors import RunError, VideosalError
from videosal.registry import import_for_pickle, plugin_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from videosal.models.training.clips import ClipSample

T = TypeVar("T")

BATCHES_AHEAD = 2  # of each worker


def load_clips(
    clips: TorchDataset[ClipSample],
    groups: Sequence[list[int]],
    *,
    workers: int,
    join: Callable[[list[ClipSample]], T],
) -> Iterator[T]:
    """Read groups of clips, in order.

    Parameters
    ----------
    clips : Dataset of ClipSample
        Such as `TrainingClips`, after `set_epoch`.
    groups : sequence of list of int
        The indices of each batch.
    workers : int
        Processes that read ahead, `BATCHES_AHEAD` groups each. 0 reads here, when a group is asked for. They are
        started afresh, as a copy of a process whose OpenCV has threads hangs: a script must call this under ``if
        __name__ == "__main__"``, and `clips` travels there by pickle.
    join : callable
        What makes a batch of a group, in the worker, such as `collate`.

    Yields
    ------
    What `join` returns for each group.

    Raises
    ------
    VideosalError
        What reading raised, as it was raised: text and type, without the worker's traceback.
    RunError
        The memory that processes share is full.
    """
    loader: DataLoader[T | VideosalError] = DataLoader(
        _Guarded(clips),  # type: ignore[arg-type]  # the loader has the type of what `join` returns
        batch_sampler=groups,
        num_workers=workers,
        prefetch_factor=BATCHES_AHEAD if workers else None,
        collate_fn=_Join(join),
        worker_init_fn=_start_worker,
        multiprocessing_context="spawn" if workers else None,
    )
    for found in loader:
        if isinstance(found, VideosalError):
            raise found
        yield found


class _Guarded(TorchDataset["ClipSample | VideosalError"]):
    """Returns our errors, as a loader would add its own text to what is raised."""

    def __init__(self, clips: TorchDataset[ClipSample]) -> None:
        self.clips = clips

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel with the places of the plug-ins, one of which the data set may come from."""
        return _arrive, (plugin_files(), pickle.dumps(self.clips))

    def __getitem__(self, index: int) -> ClipSample | VideosalError:
        try:
            return self.clips[index]
        except VideosalError as error:
            return error


def _arrive(plugins: dict[str, Path], clips: bytes) -> _Guarded:
    return _Guarded(_Unpickler(io.BytesIO(clips), plugins).load())


class _Unpickler(pickle.Unpickler):
    """Imports a plug-in when something of it is met."""

    def __init__(self, file: io.BytesIO, plugins: dict[str, Path]) -> None:
        super().__init__(file)
        self._plugins = plugins

    def find_class(self, module: str, name: str) -> Any:
        import_for_pickle(module, self._plugins)
        return super().find_class(module, name)


class _Join(Generic[T]):
    def __init__(self, join: Callable[[list[ClipSample]], T]) -> None:
        self.join = join

    def __call__(self, found: list[ClipSample | VideosalError]) -> T | VideosalError:
        samples = []
        for sample in found:
            if isinstance(sample, VideosalError):
                return sample
            samples.append(sample)
        joined = self.join(samples)
        try:
            _share(joined)
        except RuntimeError as error:
            return RunError(
                f"the memory that processes share is full ({str(error).splitlines()[0]}): start the container with a "
                "larger --shm-size, or give fewer --workers, or --workers 0"
            )
        return joined


def _share(joined: Any) -> None:
    """Move what a worker has read to where the main process sees it.

    The queue between them would do it too; but where that fails it says nothing, and the main process waits for ever.
    """
    if get_worker_info() is None:
        return
    for item in joined if isinstance(joined, list) else [joined]:
        for field in fields(item):
            if isinstance(value := getattr(item, field.name), Tensor):
                value.share_memory_()  # type: ignore[no-untyped-call]


def _start_worker(_: int) -> None:
    import cv2

    cv2.setNumThreads(1)  # the workers are what runs in parallel
