"""Clips that worker processes read ahead, with errors that stay what they were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from videosal.errors import VideosalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from videosal.models.training.clips import ClipSample

T = TypeVar("T")


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
        Processes that read ahead, two groups each. 0 reads here, when a group is asked for.
    join : callable
        What makes a batch of a group, in the worker, such as `collate`.

    Yields
    ------
    What `join` returns for each group.

    Raises
    ------
    VideosalError
        What reading raised, as it was raised: text and type, without the worker's traceback.
    """
    loader: DataLoader[T | VideosalError] = DataLoader(
        _Guarded(clips),  # type: ignore[arg-type]  # the loader has the type of what `join` returns
        batch_sampler=groups,
        num_workers=workers,
        collate_fn=_Join(join),
        worker_init_fn=_start_worker,
    )
    for found in loader:
        if isinstance(found, VideosalError):
            raise found
        yield found


class _Guarded(TorchDataset["ClipSample | VideosalError"]):
    """Returns our errors, as a loader would add its own text to what is raised."""

    def __init__(self, clips: TorchDataset[ClipSample]) -> None:
        self.clips = clips

    def __getitem__(self, index: int) -> ClipSample | VideosalError:
        try:
            return self.clips[index]
        except VideosalError as error:
            return error


class _Join(Generic[T]):
    def __init__(self, join: Callable[[list[ClipSample]], T]) -> None:
        self.join = join

    def __call__(self, found: list[ClipSample | VideosalError]) -> T | VideosalError:
        samples = []
        for sample in found:
            if isinstance(sample, VideosalError):
                return sample
            samples.append(sample)
        return self.join(samples)


def _start_worker(_: int) -> None:
    import cv2

    cv2.setNumThreads(1)  # the workers are what runs in parallel
