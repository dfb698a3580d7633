"""Fixations that are lists of points: raw gaze and mouse clicks, with observers and repeats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.datasets.files.video.video_files import VideoFile
from videosal.datasets.sources.map_sources import FixationSource

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_KEPT_VIDEOS = 32  # a video of 50 observers and 3,000 frames takes 2 MB


@dataclass(frozen=True, slots=True)
class GazePoints:
    """The points of one video, sorted by frame.

    Attributes
    ----------
    n_frames : int
        Frames for which gaze was recorded, with points or without.
    points : ndarray, shape (n, 2), dtype int16
        (row, col).
    observer_of : ndarray, shape (n,), dtype int16
        Index into `observers` of each point.
    ends : ndarray, shape (n_frames + 1,), dtype int64
        The points of frame k (from 1) are ``points[ends[k - 1] : ends[k]]``.
    observers : tuple of str
        Their names; empty where the source does not tell them apart.
    """

    n_frames: int
    points: NDArray[np.int16]
    observer_of: NDArray[np.int16]
    ends: NDArray[np.int64]
    observers: tuple[str, ...]

    @classmethod
    def collect(
        cls,
        n_frames: int,
        frames: NDArray[Any],
        points: NDArray[Any],
        observer_of: NDArray[Any],
        observers: Sequence[str] = (),
    ) -> GazePoints:
        """Sort points by their frames (from 1); points of frames after `n_frames` are left out."""
        kept = (frames >= 1) & (frames <= n_frames)
        frames, points, observer_of = frames[kept], points[kept], observer_of[kept]
        order = np.argsort(frames, kind="stable")
        ends = np.searchsorted(frames[order], np.arange(n_frames + 1), side="right").astype(np.int64)
        return cls(
            n_frames,
            points[order].astype(np.int16).reshape(-1, 2),
            observer_of[order].astype(np.int16),
            ends,
            tuple(observers),
        )

    def at(self, number: int) -> slice:
        """Return which points belong to a frame."""
        return slice(int(self.ends[number - 1]), int(self.ends[number]))


Reader = Callable[..., GazePoints]


@dataclass(frozen=True)
class PointFixations(FixationSource):
    """Reads the points of a video at once and keeps those of a few videos.

    Attributes
    ----------
    files : tuple of Path
        What `reader` reads.
    shape : (int, int) or Path
        Height and width of the video, or a video file whose header tells them.
    reader : callable
        ``reader(files, shape, *options)`` returns `GazePoints`; a function of a module.
    options : tuple
        What else it depends on.
    note : str
        How the fixations are derived, in a few words.
    """

    files: tuple[Path, ...]
    shape: tuple[int, int] | Path
    reader: Reader
    options: tuple[Any, ...] = ()
    note: str = field(default="", kw_only=True)

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """1 to the last frame for which gaze was recorded."""
        return tuple(range(1, self._load().n_frames + 1))

    @cached_property
    def size(self) -> tuple[int, int]:
        """Size of the video."""
        return self.shape if isinstance(self.shape, tuple) else VideoFile(self.shape).size

    def paths(self) -> Sequence[str | Path]:
        """The files with the points."""
        return self.files

    def mask(self, number: int) -> NDArray[np.bool_] | None:
        """Mark the pixels of the points."""
        points = self.points(number)
        if points is None:
            return None
        mask = np.zeros(self.size, np.bool_)
        mask[points[:, 0], points[:, 1]] = True
        return mask

    def stored(self, number: int) -> NDArray[np.int64] | None:
        """Return the points."""
        return self.points(number)

    def points(self, number: int) -> NDArray[np.int64] | None:
        """Return the points of all observers, repeats kept."""
        gaze = self._load()
        return gaze.points[gaze.at(number)].astype(np.int64) if 1 <= number <= gaze.n_frames else None

    def observers(self, number: int) -> dict[str, NDArray[np.int64]] | None:
        """Return the points of each observer who has some in the frame."""
        gaze = self._load()
        if not gaze.observers or not 1 <= number <= gaze.n_frames:
            return None
        points, whose = gaze.points[gaze.at(number)].astype(np.int64), gaze.observer_of[gaze.at(number)]
        return {gaze.observers[index]: points[whose == index] for index in np.unique(whose)}

    @property
    def recipe(self) -> str:
        """How the fixations are derived."""
        return f"fixations={self.note}" if self.note else ""

    def _load(self) -> GazePoints:
        return _load(self.reader, self.files, self.size, self.options)


@lru_cache(maxsize=_KEPT_VIDEOS)
def _load(reader: Reader, files: tuple[Path, ...], shape: tuple[int, int], options: tuple[Any, ...]) -> GazePoints:
    return reader(files, shape, *options)
