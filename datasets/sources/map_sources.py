"""Where the density maps and the fixations of one video come from.

Frames are told by number, from 1, as every release numbers them. A source reads what it is asked for and keeps no map.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.datasets.files.contents import FileStamp, stamp_file
from videosal.datasets.files.fixation_maps import fixated_pixels
from videosal.datasets.files.frame_files import MAT_SUFFIXES, file_size, numbered_files, read_map_file
from videosal.datasets.files.images import IMAGE_SUFFIXES
from videosal.datasets.files.luma import Coding, numbers_of, read_levels
from videosal.datasets.files.matlab import read_stack_map, read_stack_shape
from videosal.datasets.files.video.video_files import VideoFile
from videosal.datasets.records import mask_points
from videosal.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from videosal.datasets.sources.recipes import Recipe

FIXATION_SUFFIXES = frozenset({".png", ".bmp", ".tif", ".tiff"})  # a JPEG of a fixation map is no fixation map


class Source(ABC):
    """Maps of one video."""

    @property
    @abstractmethod
    def numbers(self) -> tuple[int, ...]:
        """Numbers of the frames that it has, ascending."""

    @property
    @abstractmethod
    def size(self) -> tuple[int, int]:
        """Height and width of the maps, from the header of one."""

    @abstractmethod
    def paths(self) -> Sequence[str | Path]:
        """The files that it reads."""

    def path_of(self, number: int) -> str:
        """The file that holds the map of a frame; empty where there is none."""
        del number
        return str(next(iter(self.paths()), ""))

    def stamps(self) -> list[FileStamp]:
        """The files that it reads, as the file system knows them; raises `FileError` where one has gone."""
        try:
            return [stamp_file(str(path)) for path in self.paths()]
        except OSError as error:
            raise FileError(f"{error.filename}: the ground truth has gone ({error.strerror})") from error


class DensitySource(Source):
    """Density maps of one video."""

    @abstractmethod
    def read(self, number: int) -> NDArray[Any] | None:
        """Return the map of a frame in its own dtype, shape (H, W), or None where there is none."""

    def levels(self, number: int) -> tuple[NDArray[Any], Coding] | None:
        """Return the map of a frame as levels of luma; None where it does not lie in a video, or there is none."""
        del number
        return None

    @property
    def recipe(self) -> str:
        """How the maps are made here; empty where they are read as they were released."""
        return ""


class FixationSource(Source):
    """Fixations of one video."""

    @abstractmethod
    def mask(self, number: int) -> NDArray[np.bool_] | None:
        """Return which pixels of a frame were fixated, shape (H, W), or None where nothing is known."""

    def stored(self, number: int) -> NDArray[Any] | None:
        """Return the fixations of a frame as they are stored: a map that is nonzero where fixated, or points."""
        return self.mask(number)

    def points(self, number: int) -> NDArray[np.int64] | None:
        """Return the fixations of a frame as (row, col), shape (n, 2), repeats kept where the source has them."""
        mask = self.mask(number)
        return None if mask is None else mask_points(mask)

    def observers(self, number: int) -> dict[str, NDArray[np.int64]] | None:
        """Return the fixations of a frame for each observer; None where the source does not tell them apart."""
        del number
        return None

    def original(self, number: int) -> tuple[str, NDArray[Any]] | None:
        """Return where the map of a frame lies and the map as it lies there; None where there is no map of pixels."""
        del number
        return None

    @property
    def recipe(self) -> str:
        """How the fixations are derived; empty where they are read as they were released."""
        return ""


class DensityFiles(DensitySource):
    """One image (or MATLAB file) per frame."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(folders)

    @cached_property
    def files(self) -> dict[int, str]:
        """The file of each frame."""
        return _ascending([numbered_files(folder, IMAGE_SUFFIXES | MAT_SUFFIXES) for folder in self.folders])

    @property
    def numbers(self) -> tuple[int, ...]:
        """Numbers of the files."""
        return tuple(self.files)

    @cached_property
    def size(self) -> tuple[int, int]:
        """Size of the first map."""
        return file_size(next(iter(self.files.values())))

    def paths(self) -> Sequence[str | Path]:
        """The maps."""
        return list(self.files.values())

    def path_of(self, number: int) -> str:
        """The map of a frame."""
        return self.files.get(number, "")

    def read(self, number: int) -> NDArray[Any] | None:
        """Read the map of a frame."""
        file = self.files.get(number)
        return None if file is None else read_map_file(file)


class FixationFiles(FixationSource):
    """One image or MATLAB file per frame, or both; a frame that has both is read from its image."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(folders)

    @cached_property
    def images(self) -> dict[int, str]:
        """The image of each frame that has one."""
        return _ascending([numbered_files(folder, FIXATION_SUFFIXES) for folder in self.folders])

    @cached_property
    def mats(self) -> dict[int, str]:
        """The MATLAB file of each frame that has one."""
        return _ascending([numbered_files(folder, MAT_SUFFIXES) for folder in self.folders])

    @cached_property
    def files(self) -> dict[int, str]:
        """The file of each frame that is read."""
        return dict(sorted({**self.mats, **self.images}.items()))

    @property
    def numbers(self) -> tuple[int, ...]:
        """Numbers of the files."""
        return tuple(self.files)

    @cached_property
    def size(self) -> tuple[int, int]:
        """Size of the first map that is not empty."""
        sizes = (file_size(file) for file in self.files.values())
        return next((size for size in sizes if 0 not in size), (1, 1))

    def paths(self) -> Sequence[str | Path]:
        """The files that are read."""
        return list(self.files.values())

    def path_of(self, number: int) -> str:
        """The file of a frame that is read."""
        return self.files.get(number, "")

    def mask(self, number: int) -> NDArray[np.bool_] | None:
        """Read the map of a frame: any value but zero is a fixation, NaN is none."""
        file = self.files.get(number)
        if file is None:
            return None
        image = read_map_file(file)
        if not image.size:  # MATLAB's [] for a frame without fixations
            return np.zeros(self.size, np.bool_)
        return fixated_pixels(image)

    def original(self, number: int) -> tuple[str, NDArray[Any]] | None:
        """Return the file of a frame and its map, before it is reduced to what is marked."""
        file = self.files.get(number)
        return None if file is None else (file, read_map_file(file))

    @cached_property
    def jpegs(self) -> dict[int, str]:
        """Files that are not read, because JPEG blurs the points of a fixation map."""
        return _ascending([numbered_files(folder, frozenset({".jpg", ".jpeg"})) for folder in self.folders])


class DensityStack(DensitySource):
    """One MATLAB 7.3 file for all frames: H x W x 1 x T."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def _shape(self) -> tuple[int, int, int]:
        return read_stack_shape(self.path)

    @property
    def numbers(self) -> tuple[int, ...]:
        """1 to T."""
        return tuple(range(1, self._shape[0] + 1))

    @property
    def size(self) -> tuple[int, int]:
        """H and W."""
        return self._shape[1:]

    def paths(self) -> Sequence[str | Path]:
        """The one file."""
        return [self.path]

    def read(self, number: int) -> NDArray[Any] | None:
        """Read one frame of the file; a frame of NaN, which such files give to an empty map, is zero."""
        if not 1 <= number <= self._shape[0]:
            return None
        stored = read_stack_map(self.path, number - 1)
        return np.nan_to_num(stored, copy=False) if stored.dtype.kind == "f" else stored


class FixationStack(FixationSource):
    """One MATLAB 7.3 file with the fixation maps of all frames."""

    def __init__(self, path: Path) -> None:
        self._stack = DensityStack(path)

    @property
    def numbers(self) -> tuple[int, ...]:
        """1 to T."""
        return self._stack.numbers

    @property
    def size(self) -> tuple[int, int]:
        """H and W."""
        return self._stack.size

    def paths(self) -> Sequence[str | Path]:
        """The one file."""
        return self._stack.paths()

    def mask(self, number: int) -> NDArray[np.bool_] | None:
        """Read the map of a frame: any value but zero is a fixation."""
        stored = self._stack.read(number)
        return None if stored is None else np.asarray(stored != 0)

    def original(self, number: int) -> tuple[str, NDArray[Any]] | None:
        """Return the map of a frame, before it is reduced to what is marked."""
        stored = self._stack.read(number)
        return None if stored is None else (f"{self._stack.path}, frame {number},", stored)


class DensityVideo(DensitySource):
    """A video file whose frames are the density maps."""

    def __init__(self, path: Path) -> None:
        self.path, self.file = path, VideoFile(path)

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """1 to the number of frames."""
        return tuple(range(1, len(self.file) + 1))

    @property
    def size(self) -> tuple[int, int]:
        """Size of the video."""
        return self.file.size

    def paths(self) -> Sequence[str | Path]:
        """The video file."""
        return [self.path]

    def levels(self, number: int) -> tuple[NDArray[Any], Coding] | None:
        """Decode the map of a frame; going back starts the file again."""
        if not 1 <= number <= len(self.file):
            return None
        return read_levels(self.file.read(number - 1), str(self.path))

    def read(self, number: int) -> NDArray[Any] | None:
        """Decode the map of a frame by the rule ``gray16``."""
        return numbers_of(self.levels(number))


@dataclass(frozen=True)
class MadeDensities(DensitySource):
    """Density maps that are made from the fixations by a recipe, each when it is asked for."""

    fixations: FixationSource
    made_by: Recipe

    @property
    def numbers(self) -> tuple[int, ...]:
        """Those of the fixations."""
        return self.fixations.numbers

    @property
    def size(self) -> tuple[int, int]:
        """That of the fixations."""
        return self.fixations.size

    def paths(self) -> Sequence[str | Path]:
        """None: the fixations are files of their own."""
        return []

    def read(self, number: int) -> NDArray[Any] | None:
        """Make the map of a frame."""
        points = self.fixations.points(number)
        return None if points is None else self.made_by.make(points, self.size)

    @property
    def recipe(self) -> str:
        """The recipe in a few words."""
        return f"density={self.made_by.text}"


def _ascending(found: Sequence[Mapping[int, str]]) -> dict[int, str]:
    """Merge the files of several folders; the first folder that has a frame counts."""
    merged: dict[int, str] = {}
    for files in found:
        for number, file in files.items():
            merged.setdefault(number, file)
    return dict(sorted(merged.items()))
