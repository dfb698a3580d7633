"""The fixations of other videos that shuffled AUC takes as negatives."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from videosal.datasets.records import Dataset, Video


@dataclass(frozen=True, slots=True)
class Negatives:
    """Negatives of one video.

    Attributes
    ----------
    points : ndarray, shape (n, 2), dtype int64
        Distinct (row, col) at the size of the video's ground truth.
    sources : tuple of (str, str)
        Video and frame of each frame that was drawn.
    """

    points: NDArray[np.int64]
    sources: tuple[tuple[str, str], ...]


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
    others = [other for other in dataset if other.name != video.name]
    ends = np.cumsum([len(other.frame_names) for other in others], dtype=np.int64)
    generator = np.random.default_rng([seed, zlib.crc32(video.name.encode())])
    sources: list[tuple[str, str]] = []
    points = [np.empty((0, 2), np.int64)]
    for index in generator.permutation(int(ends[-1]) if others else 0):
        if len(sources) == count:
            break
        which = int(np.searchsorted(ends, index, side="right"))
        other = others[which]
        frame = other.frame_names[int(index - ends[which])]
        mask = other.fixations(frame)
        if mask is not None and mask.any():
            sources.append((other.name, frame))
            points.append(_scale_points(np.argwhere(mask), mask.shape, video.size))
    return Negatives(np.unique(np.concatenate(points), axis=0), tuple(sources))


def _scale_points(points: NDArray[np.int64], size: tuple[int, ...], target: tuple[int, int]) -> NDArray[np.int64]:
    """Move pixel centres from maps of one size to maps of another."""
    moved: NDArray[np.int64] = np.floor((points + 0.5) * (np.array(target) / np.array(size))).astype(np.int64)
    return moved
