"""The grid on which densities of many frames and videos are averaged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.datasets.spacing import evenly_spaced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

GRID = (90, 160)
FRAMES_PER_VIDEO = 32  # evenly spaced; neighbouring frames are alike, so more of them change little


def average_frames(frames: Sequence[str], read_density: Callable[[str], NDArray[Any] | None]) -> NDArray[np.float64]:
    """Average the densities of up to 32 evenly spaced frames, each scaled to sum 1; shape (90, 160).

    Parameters
    ----------
    frames : sequence of str
        All frames of a video.
    read_density : callable
        Returns the density map of a frame, or None where there is none.
    """
    import cv2

    total = np.zeros(GRID)
    for index in evenly_spaced(len(frames), FRAMES_PER_VIDEO):
        density = read_density(frames[index])
        if density is not None and density.any():
            small = cv2.resize(density.astype(np.float64), GRID[::-1], interpolation=cv2.INTER_AREA)
            total += small / small.sum()
    return total / total.sum() if total.any() else total


def add_up(means: Iterable[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Add up the mean densities of videos, one after the other; shape (90, 160)."""
    total = np.zeros(GRID)
    for mean in means:
        total += mean
    return total
