"""The other fixations that shuffled AUC takes as negatives, as each protocol wants them. Built once per video."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.datasets.files.frame_files import read_map_file
from videosal.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from videosal.datasets.records import Dataset, Video

    Rescale = Callable[[NDArray[np.int64], tuple[int, int], tuple[int, int]], NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Negatives:
    """Negatives of one video.

    Attributes
    ----------
    points : ndarray, shape (n, 2), dtype int64
        Distinct (row, col), but for `all_negatives`, at the size of the video's fixations.
    sources : tuple of (str, str)
        Video and frame of each frame that was drawn; empty where none was drawn.
    taken_away : mapping of str to ndarray, shape (n, 2)
        For each frame that has its own, the points that are no negatives in it.
    """

    points: NDArray[np.int64]
    sources: tuple[tuple[str, str], ...] = ()
    taken_away: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)

    def for_frame(self, frame: str) -> NDArray[np.int64]:
        """Return the negatives of the frame called `frame`; shape (n, 2)."""
        own = self.taken_away.get(frame)
        if own is None or not len(own) or not len(self.points):
            return self.points
        width = int(max(self.points[:, 1].max(), own[:, 1].max())) + 1
        kept = np.isin(self.points @ (width, 1), own @ (width, 1), invert=True)
        return self.points[kept]


def draw_negatives(dataset: Dataset, video: Video, *, count: int = 10, seed: int = 0) -> Negatives:
    """Unite the fixations of frames that are drawn from the other videos of a split.

    The draw depends on the seed, the video's name and the split alone, so it is the same in every process and for
    every model. Frames without fixations are passed over. Coordinates are scaled rows by rows and columns by columns.

    Parameters
    ----------
    dataset : Dataset
        The split.
    video : Video
        The video to score; none of its own frames is drawn.
    count : int
        Number of frames; all there are, if there are fewer.
    seed : int
        Start of the draw.

    Returns
    -------
    Negatives
        Without points where the split has no other video.
    """
    return _draw([other for other in dataset if other.name != video.name], video, count, seed, _scale_points)


def draw_from_all(
    dataset: Dataset, video: Video, *, count: int = 10, seed: int = 0, rescale: Rescale | None = None
) -> Negatives:
    """Unite the fixations of frames that are drawn from the whole split, `video` among it, as DHF1K's own code does.

    Parameters and result are those of `draw_negatives`. DHF1K's code draws anew for every frame; here one draw serves
    a video.

    Parameters
    ----------
    rescale : callable, optional
        Another way to move points (n, 2) from a frame of one size to a frame of another, such as
        `videosal.metrics.rescale_points` with its axes swapped.
    """
    return _draw(list(dataset), video, count, seed, rescale or _scale_points)


def all_negatives(dataset: Dataset, video: Video) -> Negatives:
    """Take the fixations of all frames of the other videos of a split, repeats kept, as pysaliency and SALICON do.

    They are read once per process, and kept at 8 bytes each.

    Returns
    -------
    Negatives
        Its points repeat; without points where the split has no other video.
    """
    points = [
        _scale_points(found, other.gaze_size, video.gaze_size)
        for other, found in zip(dataset, _points_of_videos(dataset), strict=True)
        if other.name != video.name
    ]
    return Negatives(np.concatenate([np.empty((0, 2), np.int64), *points]))


def same_video_negatives(video: Video) -> Negatives:
    """Unite the fixations of all frames of the video itself, as STAViS does; in each frame, its own are taken away.

    Returns
    -------
    Negatives
        `Negatives.for_frame` gives those of a frame.
    """
    own = {frame: points for frame in video.frame_names if (points := _fixated(video, frame)) is not None}
    return Negatives(_unite(list(own.values())), taken_away=own)


def negatives_from_map(path: Path, video: Video) -> Negatives:
    """Take the marked pixels of a map that is given as a file, such as the shuffle map of DHF1K or DIEM20.

    Parameters
    ----------
    path : Path
        Image, ``.npy`` or MATLAB file (5 or 7.3); every value above zero is a negative. A map of another size than the
        video's is scaled rows by rows and columns by columns.
    video : Video
        The video to score.

    Raises
    ------
    FileError
        The file is damaged, or marks nothing.
    """
    stored = read_map_file(path)
    points = np.argwhere(stored > 0)
    if not len(points):
        raise FileError(f"{path}: no pixel is above zero, and a map of other fixations marks some")
    return Negatives(np.unique(_scale_points(points, stored.shape, video.gaze_size), axis=0))


def _draw(videos: Sequence[Video], video: Video, count: int, seed: int, rescale: Rescale) -> Negatives:
    ends = np.cumsum([len(other.frame_names) for other in videos], dtype=np.int64)
    generator = np.random.default_rng([seed, zlib.crc32(video.name.encode())])
    sources: list[tuple[str, str]] = []
    points: list[NDArray[np.int64]] = []
    for index in generator.permutation(int(ends[-1]) if videos else 0):
        if len(sources) == count:
            break
        which = int(np.searchsorted(ends, index, side="right"))
        other = videos[which]
        frame = other.frame_names[int(index - ends[which])]
        found = _fixated(other, frame)
        if found is not None and len(found):
            sources.append((other.name, frame))
            points.append(rescale(found, other.gaze_size, video.gaze_size))
    return Negatives(_unite(points), tuple(sources))


@lru_cache(maxsize=1)
def _points_of_videos(dataset: Dataset) -> list[NDArray[np.int32]]:
    found = ([video.fixation_points(frame) for frame in video.frame_names] for video in dataset)
    nothing = np.empty((0, 2), np.int32)
    return [np.concatenate([nothing, *(x for x in points if x is not None)], dtype=np.int32) for points in found]


def _fixated(video: Video, frame: str) -> NDArray[np.int64] | None:
    """Return the fixated pixels of a frame, each once."""
    points = video.fixation_points(frame)
    return None if points is None else np.unique(points, axis=0)


def _unite(points: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.unique(np.concatenate([np.empty((0, 2), np.int64), *points]), axis=0)


def _scale_points(
    points: NDArray[np.integer[Any]], size: tuple[int, ...], target: tuple[int, int]
) -> NDArray[np.int64]:
    """Move pixel centres from maps of one size to maps of another."""
    moved: NDArray[np.int64] = np.floor((points + 0.5) * (np.array(target) / np.array(size))).astype(np.int64)
    return moved
