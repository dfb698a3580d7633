"""Mean densities: where people look in a set of videos on average (the centre bias)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from videosal.datasets.density_grid import add_up
from videosal.errors import DatasetError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from videosal.datasets.records import Dataset


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
