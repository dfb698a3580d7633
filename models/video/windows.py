"""Sliding windows: a clip of frames around every frame, for networks that look at several frames at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from videosal.errors import InputError, ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

T = TypeVar("T")


def sliding_windows(frames: Sequence[T], *, length: int, target: int) -> Iterator[list[T]]:
    """Give one window of frames for every frame of a video.

    The window of frame n holds the frames n - target to n - target + length - 1. Before the first and after
    the last frame, that frame is repeated. Each frame is read once, and only `length` of them are held.

    Parameters
    ----------
    frames : sequence
        Frames of one video; ``frames[i]`` may decode.
    length : int
        Number of frames in a window.
    target : int
        Place in the window, from 0, of the frame that the window is for. STSANet has length 32 and target 15;
        length - 1 is the causal case, which looks at no later frame.

    Yields
    ------
    list
        `length` frames. Frames are shared between windows: do not change them.

    Raises
    ------
    InputError
        `length` is less than 1, or `target` is outside the window.
    """
    _check_window(length, target)
    return _slide(frames, length, target)


class WindowedModel:
    """A model made of a function from windows of frames to maps.

    Parameters
    ----------
    predict_clips : callable
        Takes a list of at most `batch` windows, each a list of `length` (transformed) frames, and returns one
        (h, w) map per window: a (B, h, w) array or a sequence of arrays.
    length, target : int
        The window, as in `sliding_windows`.
    batch : int, optional
        Number of windows that are given at once; the last call of a video may get fewer. The windows
        are the same for any number.
    transform : callable, optional
        Applied once to each frame, an (H, W, 3) uint8 RGB array, before it enters a window: resizing,
        scaling.

    Raises
    ------
    InputError
        `length` or `batch` is less than 1, or `target` is outside the window.
    """

    def __init__(
        self,
        predict_clips: Callable[[list[list[Any]]], Any],
        *,
        length: int,
        target: int,
        batch: int = 1,
        transform: Callable[[NDArray[np.uint8]], Any] | None = None,
    ) -> None:
        _check_window(length, target)
        if batch < 1:
            raise InputError(f"batch is {batch}, expected at least 1 window at once")
        self.predict_clips = predict_clips
        self.length = length
        self.target = target
        self.batch = batch
        self.transform = transform

    def predict(self, frames: Sequence[NDArray[np.uint8]]) -> Iterator[NDArray[Any]]:
        """Give the map of each frame of a video, in order.

        Parameters
        ----------
        frames : sequence of ndarray, shape (H, W, 3), dtype uint8
            RGB frames of one video.

        Yields
        ------
        ndarray, shape (h, w)
            What `predict_clips` returned for the window of the frame.

        Raises
        ------
        ModelError
            `predict_clips` returned another number of maps than it got windows.
        """
        source = frames if self.transform is None else _TransformedFrames(frames, self.transform)
        clips = sliding_windows(source, length=self.length, target=self.target)
        while batch := list(islice(clips, self.batch)):
            maps = self.predict_clips(batch)
            if len(maps) != len(batch):
                raise ModelError(f"predict_clips returned {len(maps)} maps for {len(batch)} windows")
            yield from map(np.asarray, maps)


class _TransformedFrames(Sequence[Any]):
    """Frames that pass through a function as they are read."""

    def __init__(self, frames: Sequence[NDArray[np.uint8]], transform: Callable[[NDArray[np.uint8]], Any]) -> None:
        self._frames = frames
        self._transform = transform

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: Any) -> Any:
        return self._transform(self._frames[index])


def _check_window(length: int, target: int) -> None:
    if length < 1:
        raise InputError(f"length is {length}, expected at least 1 frame in a window")
    if not 0 <= target < length:
        raise InputError(f"target is {target}, expected 0 to {length - 1} in a window of {length} frames")


def _slide(frames: Sequence[T], length: int, target: int) -> Iterator[list[T]]:
    total = len(frames)
    if not total:
        return
    frame = frames[0]
    ring: deque[T] = deque(maxlen=length)
    # The indices of all windows in one run; outside the video the frame that was read last stands in.
    for index in range(-target, total - 1 + length - target):
        if 0 < index < total:
            frame = frames[index]
        ring.append(frame)
        if len(ring) == length:
            yield list(ring)
