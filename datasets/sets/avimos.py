"""AViMoS: the data set of the AIM 2024 challenge on video saliency prediction (ECCV 2024 workshops).

1,500 videos in Full HD. Densities are videos (10 bits, one per clip), fixations are lists of points per frame, with
repeats, in JSON; the file ``TrainTestSplit.json`` of the copy says which video is in which split.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.datasets.files.guard.failures import reading
from videosal.datasets.files.images import natural_key
from videosal.datasets.layout_adapter import LayoutAdapter
from videosal.datasets.layouts import Found, Layout, LayoutMatch
from videosal.datasets.records import Split
from videosal.datasets.sources.gaze_points import GazePoints, PointFixations
from videosal.errors import DatasetError, FileError

if TYPE_CHECKING:
    from pathlib import Path

    from videosal.datasets.sources.map_sources import FixationSource

SPLIT_FILE = "TrainTestSplit.json"
SPLITS = ("train", "public-test", "private-test")

OFFICIAL = Layout(
    "official release",
    densities=("SaliencyTrain/Train/{video}.mp4", "SaliencyTest/Test/{video}.mp4"),
    fixations=("FixationsTrain/Train/{video}/fixations.json", "FixationsTest/Test/{video}/fixations.json"),
    frames=("Videos/{video}.mp4",),
)


class Avimos(LayoutAdapter):
    """1,000 training videos, 500 test videos in two parts."""

    name = "avimos"
    title = "AViMoS"
    layouts = (OFFICIAL,)

    def splits(self) -> tuple[Split, ...]:
        """The three splits; how the 500 test videos are divided stands in the copy."""
        return tuple(
            Split(split, f"{self.title} {split.replace('-', ' ')}", videos=1000 if split == "train" else None)
            for split in SPLITS
        )

    def names_in(self, copy: LayoutMatch, split: str) -> list[str]:
        """Names that the copy's list gives to the split."""
        members = read_split_file(copy.root)[split]
        return [name for name in copy.videos if name in members]

    def expected(self, copy: LayoutMatch, split: str) -> dict[str, int | None]:
        """The videos that the copy's list names."""
        return dict.fromkeys(sorted(read_split_file(copy.root)[split], key=natural_key))

    def video_name(self, text: str) -> str | None:
        """Take any name: the list of the copy decides."""
        return text

    def frame_name(self, video: str, number: int) -> str:
        """Four digits."""
        del video
        return f"{number:04d}"

    def open_fixations(self, copy: LayoutMatch, name: str, places: list[Found]) -> FixationSource | None:
        """Read lists of points; the size of the frame is that of the density video, or of the video itself."""
        if not places:
            return None
        videos = [place.path for kind in (copy.densities, copy.frames) for place in kind.get(name, [])]
        if not videos:
            raise DatasetError(f"{places[0].path}: neither a density video nor the video says how large the frames are")
        return PointFixations((places[0].path,), videos[0], read_points)


def read_points(files: tuple[Path, ...], size: tuple[int, int]) -> GazePoints:
    """Read the points of a video: a list per frame of (row, column), repeats kept.

    Raises
    ------
    FileError
        The file is no such list, or a point lies outside the frame.
    """
    (path,) = files
    with reading(path, "list of (row, column) per frame"):
        frames = json.loads(path.read_text(encoding="utf-8"))
        counts = [len(points) for points in frames]
        points = np.array([point for frame in frames for point in frame], np.float64).reshape(-1, 2)
    if not np.isfinite(points).all() or (abs(points) > 1 << 31).any():
        raise FileError(f"{path}: a point that is no number of pixels")
    pixels = np.floor(points).astype(np.int64)
    if ((pixels < 0) | (pixels >= size)).any():
        raise FileError(f"{path}: a point lies outside the frame of {size[0]} rows and {size[1]} columns")
    numbers = np.repeat(np.arange(1, len(counts) + 1), counts)
    return GazePoints.collect(len(counts), numbers, pixels, np.zeros(len(pixels)))


def read_split_file(root: Path) -> dict[str, frozenset[str]]:
    """Read which video is in which split from ``TrainTestSplit.json``.

    Its keys are told by their words: ``public`` and ``private`` name the test sets, ``train`` the training set.
    """
    path = root / SPLIT_FILE
    try:
        return _read_split_file(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror or error}), and it says the splits") from error


@lru_cache(maxsize=4)
def _read_split_file(path: Path, modified: int) -> dict[str, frozenset[str]]:
    del modified
    with reading(path, "file of lists of names of videos"):
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return {
            split: frozenset(
                re.sub(r"\.mp4$", "", str(name), flags=re.IGNORECASE)
                for key, names in content.items()
                if split.partition("-")[0] in key.lower()
                for name in names
            )
            for split in SPLITS
        }
