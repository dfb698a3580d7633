"""What a PNG file keeps to be checked: the sums of its chunks, the sum of its rows, and their number."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from videosal.datasets.files.guard.limits import check_pixels
from videosal.datasets.files.png import unpack

try:
    from deflate import crc32
except ImportError:  # no wheel for the machine
    from zlib import crc32  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_START = 8  # bytes of signature
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
_FILTERS = 5
# Of an interlaced picture: first row and column, and step of both, of each pass.
_PASSES = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))


def check_png(data: bytes, where: str | Path) -> None:
    """Raise where a chunk or the rows are damaged, or the picture is too large; what it raises is for `reading`."""
    width, height, bits, kind, _, _, interlaced = struct.unpack_from(">IIBBBBB", data, _START + 8)
    check_pixels((height, width), where)
    if 0 in (width, height) or kind not in _CHANNELS or bits not in (1, 2, 4, 8, 16):
        raise ValueError("a damaged header")
    rows = list(_row_lengths(width, height, bits * _CHANNELS[kind], bool(interlaced)))
    size = sum(count * length for count, length in rows)
    unpacked = unpack(b"".join(_picture_chunks(data)), size)
    if unpacked is None:
        raise ValueError("its rows cannot be unpacked, or are not as many as its header says")
    pixels, place = np.frombuffer(unpacked, np.uint8), 0
    for count, length in rows:
        if (pixels[place : place + count * length : length] >= _FILTERS).any():
            raise ValueError("a row with an unknown filter")
        place += count * length


def plain_png(data: bytes) -> bytes:
    """Return a checked PNG file without remarks and profiles, of which libpng may have something to say."""
    kept, place = [data[:_START]], _START
    while place + 12 <= len(data):
        end = place + 12 + int.from_bytes(data[place : place + 4], "big")
        kind = data[place + 4 : place + 8]
        if kind in _KEPT:
            kept.append(data[place:end])
        if kind == b"IEND":
            break
        place = end
    return b"".join(kept)


_KEPT = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"eXIf")


def _picture_chunks(data: bytes) -> Iterator[memoryview]:
    """Yield what is in the chunks of the picture, up to the end of the file; each is checked."""
    view, place = memoryview(data), _START
    while True:
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 8 + length
        if end + 4 > len(data):
            raise EOFError("chunk")
        if crc32(view[place + 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
            raise ValueError(f"the sum of its chunk {kind.decode('ascii', 'backslashreplace')} is wrong")
        if kind == b"IDAT":
            yield view[place + 8 : end]
        if kind == b"IEND":
            return
        place = end + 4


def _row_lengths(width: int, height: int, bits: int, interlaced: bool) -> Iterator[tuple[int, int]]:
    """Yield numbers of rows and their bytes, with the one of the filter."""
    for row, column, down, across in _PASSES if interlaced else ((0, 0, 1, 1),):
        count, pixels = -(-(height - row) // down), -(-(width - column) // across)
        if count > 0 and pixels > 0:
            yield count, 1 + (pixels * bits + 7) // 8
