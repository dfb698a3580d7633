"""Looks over a PNG, JPEG, TIFF or BMP file before OpenCV decodes it.

OpenCV gives a picture for many damaged files, and its libraries write of them to the terminal, without a name. What the
formats keep to be checked is checked here: chunk by chunk, strip by strip, code by code.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from videosal.datasets.files.guard.failures import reading
from videosal.datasets.files.guard.jpeg import check_jpeg
from videosal.datasets.files.guard.limits import check_pixels
from videosal.datasets.files.guard.png import check_png
from videosal.datasets.files.guard.tiff import check_tiff

if TYPE_CHECKING:
    from pathlib import Path


def check_picture(data: bytes, where: str | Path) -> None:
    """Refuse a picture that is damaged, cut short, or larger than the limit.

    Parameters
    ----------
    data : bytes
        The whole file, told by content; other formats pass.
    where : str or path
        Its name, for messages.

    Raises
    ------
    FileError
        The text says what is wrong.
    """
    for start, (name, check) in _CHECKS.items():
        if data.startswith(start):
            with reading(where, name):
                check(data, where)


def _check_bmp(data: bytes, where: str | Path) -> None:
    start, header = struct.unpack_from("<II", data, 10)
    if header == 12:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
        coding = 0
    else:
        width, height, _, bits, coding = struct.unpack_from("<iiHHI", data, 18)
    if width < 1 or not height:
        raise ValueError(f"a picture of {width}x{height}")
    check_pixels((abs(height), width), where)
    line = (width * bits + 31) // 32 * 4
    if coding in (0, 3) and start + line * abs(height) > len(data):  # not packed
        raise EOFError("rows")


_CHECKS = {
    b"\x89PNG": ("PNG", check_png),
    b"\xff\xd8": ("JPEG", check_jpeg),
    b"II*\0": ("TIFF", check_tiff),
    b"MM\0*": ("TIFF", check_tiff),
    b"BM": ("BMP", _check_bmp),
}
