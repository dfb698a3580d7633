"""What a file may claim: sizes in headers are checked before memory is taken for them."""

from __future__ import annotations

import math
import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from videosal.errors import FileError, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: The environment variable that raises the limit of pixels.
VARIABLE = "VIDEOSAL_MAX_PIXELS"
MOST_PIXELS = 1 << 26  # of one map or frame: 8192 x 8192, twice as many as a frame of 8K has
MOST_FRAMES = 10_000_000  # of one video: four days at 30 a second
_BYTES_OF_PIXEL = 8  # of a double, or of four channels of 16 bits
_REMARKS = 1 << 24  # bytes that may stand beside the pixels
MOST_BYTES = 1 << 31  # of one file that is unpacked into memory


def most_pixels() -> int:
    """Return how many pixels a map or a frame may have; raise `InputError` where the variable holds no number."""
    return _parse(os.environ.get(VARIABLE, ""))


def check_pixels(size: Sequence[int], where: str | Path) -> None:
    """Refuse a picture that is larger than any real map.

    Parameters
    ----------
    size : sequence of int
        Height and width, as a header states them.
    where : str or path
        The file, for the message.

    Raises
    ------
    FileError
        It has more pixels than `most_pixels`, or a side below 0.
    """
    most = most_pixels()
    if math.prod(size) > most or min(size, default=0) < 0:
        raise FileError(
            f"{where}: refused, a picture of {'x'.join(map(str, reversed(size)))}, and {most} pixels are the limit: "
            f"set {VARIABLE} higher if it is meant"
        )


def check_file_size(size: int, where: str | Path) -> None:
    """Refuse a file of one map or frame that is larger than the largest picture takes, before it is read."""
    if size > _BYTES_OF_PIXEL * most_pixels() + _REMARKS:
        raise FileError(f"{where}: refused, {size} bytes are more than a map of {most_pixels()} pixels takes")


def check_stored(array: Any, where: str | Path) -> Any:
    """Return an array of an HDF5 file; raise `FileError` where reading a part of it takes gigabytes.

    HDF5 unpacks whole chunks, and gives zeros for what the file does not hold.
    """
    part = array.chunks or array.shape[-2:]
    if math.prod(part) * array.dtype.itemsize > MOST_BYTES // 2:
        raise FileError(f"{where}: refused, an array in parts of {'x'.join(map(str, part))}: store it map by map")
    return array


def check_frames(count: int, where: str | Path) -> int:
    """Return a number of frames that a header states; raise `FileError` where no real video has so many."""
    if not 0 <= count <= MOST_FRAMES:
        raise FileError(f"{where}: is damaged: its header states {count} frames")
    return count


@lru_cache(maxsize=4)
def _parse(text: str) -> int:
    if not text:
        return MOST_PIXELS
    try:
        most = int(text)
    except ValueError:
        most = 0
    if most < 1:
        raise InputError(f"{VARIABLE} is {text!r}, expected a number of pixels above 0")
    return most
