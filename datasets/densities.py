"""Mean densities: where people look in a set of videos on average (the centre bias)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from videosal.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from videosal.datasets.records import Dataset, Video

GRID = (90, 160)
FRAMES_PER_VIDEO = 32  # evenly spaced; neighbouring frames are alike, so more of them change little


def mean_density(dataset: Dataset) -> NDArray[np.float64]:
    """Average the density maps of a split, each video with the same weight.

    Parameters
    ----------
    dataset : Dataset
        The split; up to 32 evenly spaced frames of each video are read.

    Returns
    -------
    ndarray, shape (90, 160), dtype float64
        Sums to 1.

    Raises
    ------
    DatasetError
        No video of the split has a density map.
    """
    total = add_up(video.mean_density() for video in dataset)
    if not total.any():
        raise DatasetError(f"{dataset.full_name} at {dataset.root} has no density maps to average")
    mean: NDArray[np.float64] = total / total.sum()
    return mean


def add_up(means: Iterable[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Add up the mean densities of videos, one after the other; shape (90, 160)."""
    total = np.zeros(GRID)
    for mean in means:
        total += mean
    return total


def average_frames(video: Video) -> NDArray[np.float64]:
    """Read what `videosal.datasets.Video.mean_density` is made of, and average it."""
    import cv2

    names = video.frame_names
    chosen = np.unique(np.linspace(0, len(names) - 1, min(len(names), FRAMES_PER_VIDEO)).round().astype(int))
    total = np.zeros(GRID)
    for index in chosen:
        density = video.density(names[index])
        if density is not None and density.any():
            small = cv2.resize(density.astype(np.float64), GRID[::-1], interpolation=cv2.INTER_AREA)
            total += small / small.sum()
    return total / total.sum() if total.any() else total
