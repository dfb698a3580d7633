"""Files that hold one frame each: which files of a folder they are, how large their maps are, and reading them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videosal.datasets.files.headers import image_size
from videosal.datasets.files.images import IMAGE_SUFFIXES, is_plain_file, read_map, suffix_of
from videosal.datasets.files.matlab import map_shape, read_mat_map

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAT_SUFFIXES = frozenset({".mat"})

_FRAME_FILE = re.compile(r"(.*?)([0-9]+)(\.[^.]+)", re.DOTALL)  # what stands before the number, number, suffix


def numbered_files(folder: Path, suffixes: frozenset[str]) -> dict[int, str]:
    """Find the files of a folder that are one frame each, by number.

    A frame's file ends in its number (``0001.png``, ``img_00001.jpg``, ``Diving-Side_001_001.png``). What stands
    before the number is the same for all frames of a folder, so a file that begins otherwise is none of them.
    """
    by_beginning: dict[str, dict[int, str]] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            match = _FRAME_FILE.fullmatch(entry.name)
            if match and match[3].lower() in suffixes and is_plain_file(entry):
                files = by_beginning.setdefault(match[1], {})
                known = files.get(int(match[2]))
                files[int(match[2])] = min(known or entry.name, entry.name)  # whatever order the disk has
    common = max(by_beginning.values(), key=len, default={})
    # Text, since a Path for each of a million files takes seconds.
    return {number: f"{folder}{os.sep}{common[number]}" for number in sorted(common)}


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
        matches = (_FRAME_FILE.fullmatch(entry.name) for entry in entries)
        return any(match is not None and match[3].lower() in wanted for match in matches)
