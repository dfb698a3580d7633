"""Mean densities: where people look in a set of videos on average (the centre bias)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from videosal.errors import DatasetError

if TYPE_CHECKING:
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
    total = sum_of_means(dataset)
    if not total.any():
        raise DatasetError(f"{dataset.full_name} at {dataset.root} has no density maps to average")
    mean: NDArray[np.float64] = total / total.sum()
    return mean


def sum_of_means(dataset: Dataset) -> NDArray[np.float64]:
    """Add up `video_mean_density` over the videos of a split; shape (90, 160)."""
    total = np.zeros(GRID)
    for video in dataset:
        total += video_mean_density(video)
    return total


def video_mean_density(video: Video) -> NDArray[np.float64]:
    """Average the density maps of one video, each scaled to sum 1, on a common grid.

    Returns
    -------
    ndarray, shape (90, 160), dtype float64
        Sums to 1, or to 0 where the video has no density map but empty ones.
    """
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
