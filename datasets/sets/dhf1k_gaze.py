"""DHF1K's raw gaze: one text file per observer and video (``exportdata_train/P01/P01_Trail001.txt``).

The released maps are the ground truth and do not come out of these files again (the release's own script marks a grid
of points); the files tell the observers apart, which the maps do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from videosal.datasets.files.guard.failures import reading
from videosal.datasets.sources.gaze_points import GazePoints
from videosal.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SCREEN = (900, 1440)  # height, width; the video filled the width
FRAMES_PER_SECOND = 30
_COLUMNS = ("Time", "L POR X [px]", "L POR Y [px]", "L Event Info")


def read_gaze(files: tuple[Path, ...], size: tuple[int, int], n_frames: int) -> GazePoints:
    """Read the gaze samples that belong to fixations.

    Parameters
    ----------
    files : tuple of Path
        One per observer, who is called by what stands before the first ``_``.
    size : (int, int)
        Height and width of the video.
    n_frames : int
        Frames of the video; recordings run about a second longer.

    Returns
    -------
    GazePoints
        Samples beside the video are left out. A fixation of an observer lasts several samples per frame (250 Hz).

    Raises
    ------
    FileError
        A file is no gaze file of DHF1K.
    """
    frames, points, whose = [], [], []
    scale = size[1] / SCREEN[1]
    border = (SCREEN[0] - size[0] / scale) / 2  # black above and below the video
    for index, file in enumerate(files):
        seconds, positions = _read_samples(file)
        pixels = np.floor((positions - (border, 0)) * scale).astype(np.int64)
        inside = ((pixels >= 0) & (pixels < size)).all(axis=1)
        frames.append(np.floor(seconds[inside] * FRAMES_PER_SECOND).astype(np.int64) + 1)
        points.append(pixels[inside])
        whose.append(np.full(int(inside.sum()), index))
    return GazePoints.collect(
        n_frames,
        np.concatenate(frames),
        np.concatenate(points),
        np.concatenate(whose),
        [file.stem.partition("_")[0] for file in files],
    )


def _read_samples(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return time in seconds since the start and (row, col) on the screen of each sample of a fixation."""
    with reading(path, "gaze file of DHF1K"):
        lines = path.read_text(encoding="latin-1").splitlines()
        header = lines[0].split("\t") if lines else []
        time, x, y, event = (header.index(column) for column in _COLUMNS)
        rows = [line.split("\t") for line in lines[1:] if line]
        start = float(rows[0][time]) if rows else 0.0
        fixated = [row for row in rows if row[event].startswith("F")]
        seconds = np.array([float(row[time]) - start for row in fixated]) / 1e6
        positions = np.array([(float(row[y]), float(row[x])) for row in fixated]).reshape(-1, 2)
    if not np.isfinite(seconds).all() or not np.isfinite(positions).all():
        raise FileError(f"{path}: a time or a place that is no number")
    return seconds, positions
