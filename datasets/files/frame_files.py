"""Files that hold one frame each: which files of a folder they are, how large their maps are, and reading them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videosal.datasets.files.headers import image_size
from videosal.datasets.files.images import IMAGE_SUFFIXES, image_files, is_plain_file, read_map, suffix_of
from videosal.datasets.files.matlab import map_shape, read_mat_map
from videosal.errors import FileError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAT_SUFFIXES = frozenset({".mat"})

# Of two files of one frame that differ in their ending, the first of these counts: a lossy copy never before the other.
_PREFERENCE = (".png", ".bmp", ".tif", ".tiff", ".mat", ".jpg", ".jpeg")

_FRAME_FILE = re.compile(r"(.*?)([0-9]+)(\.[^.]+)", re.DOTALL)  # what stands before the number, number, suffix


def numbered_files(folder: Path, suffixes: frozenset[str]) -> dict[int, str]:
    """Find the files of a folder that are one frame each, by number: the one rule for ground truth and frames.

    A frame's file ends in its number (``0001.png``, ``img_00001.jpg``, ``Diving-Side_001_001.png``). What stands
    before the number is the same for all frames of a folder, so a file that begins otherwise is none of them. Of
    ``0001.png`` and ``0001.jpg`` the one without loss counts.

    Returns
    -------
    dict of int to str
        Ascending.

    Raises
    ------
    FileError
        Two files are the same frame, or there are as many files with one beginning as with another.
    """
    by_beginning: dict[str, dict[int, str]] = {}
    doubles: dict[str, list[tuple[int, str]]] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            match = _FRAME_FILE.fullmatch(entry.name)
            if match and match[3].lower() in suffixes and is_plain_file(entry):
                files, number = by_beginning.setdefault(match[1], {}), int(match[2])
                if files.setdefault(number, entry.name) is not entry.name:
                    doubles.setdefault(match[1], []).append((number, entry.name))
    if not by_beginning:
        return {}
    beginning = _common_beginning(folder, by_beginning)
    common = by_beginning[beginning]
    for number, name in sorted(doubles.get(beginning, ())):
        common[number] = _choose_one(folder, number, common[number], name)
    # Text, since a Path for each of a million files takes seconds.
    return {number: f"{folder}{os.sep}{common[number]}" for number in sorted(common)}


def frame_images(folder: Path) -> list[Path]:
    """List the images of a folder that are the frames of a video, in the order of their numbers.

    Where no name ends in a number, as in a folder of photographs, every image is a frame.

    Raises
    ------
    FileError
        As in `numbered_files`.
    """
    numbered = numbered_files(folder, IMAGE_SUFFIXES)
    return [Path(file) for file in numbered.values()] or image_files(folder)


def _choose_one(folder: Path, number: int, *names: str) -> str:
    """Choose between two files of one frame, whatever order the disk has."""
    first, second = sorted(names, key=lambda name: _PREFERENCE.index(suffix_of(name)))
    if suffix_of(first) == suffix_of(second):
        both = " and ".join(sorted(names))
        raise FileError(f"{folder}: frame {number} has two files, {both}: keep one of them")
    return first


def _common_beginning(folder: Path, by_beginning: dict[str, dict[int, str]]) -> str:
    """Return what the names of most files begin with; of as many, those that are nothing but a number."""
    most = max(map(len, by_beginning.values()))
    equal = sorted(beginning for beginning, files in by_beginning.items() if len(files) == most)
    if len(equal) > 1 and equal[0]:
        examples = " and ".join(min(by_beginning[beginning].values()) for beginning in equal[:2])
        raise FileError(f"{folder}: holds two kinds of numbered files, as many of each ({examples}): keep one of them")
    return equal[0]


def read_map_file(path: str | Path) -> NDArray[Any]:
    """Read a single-channel map from an image or a MATLAB file; raises `FileError` where it is damaged."""
    return read_mat_map(Path(path)) if suffix_of(str(path)) in MAT_SUFFIXES else read_map(path)


def file_size(path: str | Path) -> tuple[int, int]:
    """Return height and width of the map in a file, from its header."""
    return map_shape(Path(path)) if suffix_of(str(path)) in MAT_SUFFIXES else image_size(Path(path))


def has_numbered_file(folder: Path) -> bool:
    """Whether a folder holds a file that can be a frame's, found without listing all of it."""
    wanted = IMAGE_SUFFIXES | MAT_SUFFIXES
    with os.scandir(folder) as entries:
        return any(
            (match := _FRAME_FILE.fullmatch(entry.name)) is not None
            and match[3].lower() in wanted
            and is_plain_file(entry)
            for entry in entries
        )
