"""DIEM's raw recordings: one event file per viewing.

Mital, Smith, Hill and Henderson, "Clustering of Gaze During Dynamic Scene Viewing is Predicted by Motion", Cognitive
Computation 2011. A file has no header and nine columns: frame, then x, y, pupil, event of the left and of the right
eye. The event is -1 for a lost sample, 0 for a blink, 1 for a fixation, 2 for a saccade. Positions are pixels of a
screen of 1280 x 960, in whose centre the video was shown unscaled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.datasets.files.guard.failures import reading
from videosal.datasets.sources.gaze_points import GazePoints
from videosal.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SCREEN = (960, 1280)  # height, width
_COLUMNS = 9
_FIXATION = 1


def read_events(files: tuple[Path, ...], size: tuple[int, int], outside: str) -> GazePoints:
    """Read the fixations of all viewers of a video.

    A viewer counts in a frame where both eyes fixate; the point is the mean of both.

    Parameters
    ----------
    files : tuple of Path
        The event files; each is one viewing and is called by its stem.
    size : (int, int)
        Height and width of the video.
    outside : {"drop", "clamp"}
        What becomes of points beside the video: left out, or moved to its border.

    Returns
    -------
    GazePoints

    Raises
    ------
    FileError
        A file is no event file.
    """
    viewings = [_read_viewing(file) for file in files]
    frames, points, whose = [], [], []
    for index, (_, numbers, positions) in enumerate(viewings):
        pixels = np.floor(positions - (np.array(SCREEN) - size) / 2).astype(np.int64)
        if outside == "clamp":
            pixels = np.clip(pixels, 0, np.array(size) - 1)
        inside = ((pixels >= 0) & (pixels < size)).all(axis=1)
        frames.append(numbers[inside])
        points.append(pixels[inside])
        whose.append(np.full(int(inside.sum()), index))
    return GazePoints.collect(
        max(last for last, _, _ in viewings),
        np.concatenate(frames),
        np.concatenate(points),
        np.concatenate(whose),
        [file.stem for file in files],
    )


def _read_viewing(path: Path) -> tuple[int, NDArray[np.int64], NDArray[np.float64]]:
    """Return the last frame, the frames in which both eyes fixate, and the (row, col) on the screen in them."""
    rows = _read_rows(path)
    last = int(rows[:, 0].max())
    both = (rows[:, 4] == _FIXATION) & (rows[:, 8] == _FIXATION)
    rows = rows[both]
    positions = np.stack([rows[:, 2] + rows[:, 6], rows[:, 1] + rows[:, 5]], axis=1) / 2
    return last, rows[:, 0].astype(np.int64), positions


def _read_rows(path: Path) -> NDArray[np.float64]:
    with reading(path, "DIEM event file"), path.open(encoding="latin-1") as lines:
        rows: NDArray[Any] = np.loadtxt(lines, delimiter="\t", ndmin=2)
    if not len(rows) or rows.shape[1] != _COLUMNS:
        raise FileError(f"{path}: {rows.shape[1]} columns in {len(rows)} rows, expected {_COLUMNS} as DIEM has")
    return rows
