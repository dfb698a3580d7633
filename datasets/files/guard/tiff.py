"""What a TIFF file tells of its first picture: its size, where its strips lie, and for deflate their sums."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

from videosal.datasets.files.guard.limits import check_pixels

if TYPE_CHECKING:
    from pathlib import Path

_FORMATS = {1: "B", 3: "H", 4: "I"}  # of the numbers of a tag
_WIDTH, _HEIGHT, _BITS, _CODING, _SAMPLES, _ROWS, _PLANES = 256, 257, 258, 259, 277, 278, 284
_STRIPS, _STRIP_BYTES, _TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES = 273, 279, 322, 323, 324, 325
_PLAIN, _LZW, _PACKBITS, _DEFLATE = 1, 5, 32773, (8, 32946)
_OTHERS = (2, 3, 4, 7)  # of faxes, and JPEG: OpenCV reads them, and they keep nothing to be checked by
_WANTED = (*range(_WIDTH, _CODING + 1), _STRIPS, _SAMPLES, _ROWS, _STRIP_BYTES, _PLANES, *range(_TILE_WIDTH, 326))


def check_tiff(data: bytes, where: str | Path) -> None:
    """Raise where a strip is cut or damaged, or the picture is too large; what it raises is for `reading`."""
    order = "<" if data.startswith(b"II") else ">"
    tags = _read_tags(data, order)
    height, width = tags[_HEIGHT][0], tags[_WIDTH][0]
    if 0 in (height, width):
        raise ValueError(f"a picture of {width}x{height}")
    check_pixels((height, width), where)
    samples = tags.get(_SAMPLES, [1])[0]
    bits = max(tags.get(_BITS, [1]))
    if samples > 4 or bits > 64:
        raise NotImplementedError(f"{samples} channels of {bits} bits")
    joined = samples if tags.get(_PLANES, [1])[0] == 1 else 1
    tiled = _TILES in tags
    columns = tags[_TILE_WIDTH][0] if tiled else width
    rows = tags[_TILE_HEIGHT][0] if tiled else min(tags.get(_ROWS, [height])[0], height)
    if not rows or not columns:
        raise ValueError("strips without rows")
    check_pixels((rows, columns), where)
    across, down = -(-width // columns), -(-height // rows)
    size = rows * ((columns * bits * joined + 7) // 8)
    starts, lengths = tags[_TILES if tiled else _STRIPS], tags[_TILE_BYTES if tiled else _STRIP_BYTES]
    wanted = across * down * (samples // joined)
    if min(len(starts), len(lengths)) < wanted:
        raise EOFError("list of strips")
    coding = tags.get(_CODING, [_PLAIN])[0]
    if coding not in (_PLAIN, _LZW, _PACKBITS, *_DEFLATE, *_OTHERS):
        raise NotImplementedError(f"compression {coding}")
    for number, (start, length) in enumerate(zip(starts[:wanted], lengths, strict=False)):
        last = 0 if tiled else max(0, (number % down + 1) * rows - height)  # rows that the last strip lacks
        if start + length > len(data) or (coding == _PLAIN and length < size * (rows - last) // rows):
            raise EOFError(f"strip {number + 1}")
        _check_strip(data[start : start + length], coding, size, size * (rows - last) // rows, number + 1)


def _check_strip(packed: bytes, coding: int, most: int, least: int, number: int) -> None:
    """Raise where a strip does not unpack to `least` bytes, or to more than `most`."""
    from videosal.datasets.files.guard.tiff_kernels import count_lzw, count_packbits  # imports numba

    if coding in _DEFLATE:
        unpacker = zlib.decompressobj()
        plain = unpacker.decompress(packed, most + 1)
        if not unpacker.eof or not least <= len(plain) <= most:
            raise EOFError(f"strip {number}, which unpacks to {len(plain)} bytes")
    elif coding == _PACKBITS or (coding == _LZW and not _is_reversed(packed)):
        count = count_lzw if coding == _LZW else count_packbits
        given = count(np.frombuffer(packed, np.uint8), least)
        if given < least:
            raise ValueError(f"strip {number}, which unpacks to {given} of {least} bytes")


def _is_reversed(packed: bytes) -> bool:
    """Whether LZW codes begin with their lowest bits, as in files from before TIFF 6."""
    return len(packed) > 1 and packed[0] == 0 and packed[1] & 1 == 1


def _read_tags(data: bytes, order: str) -> dict[int, list[int]]:
    """Read those tags of the first directory that say where the picture lies."""
    (place,) = struct.unpack_from(f"{order}I", data, 4)
    (count,) = struct.unpack_from(f"{order}H", data, place)
    tags: dict[int, list[int]] = {}
    last = 0
    for entry in range(place + 2, place + 2 + 12 * count, 12):
        tag, kind, number = struct.unpack_from(f"{order}HHI", data, entry)
        if tag <= last:
            raise ValueError("its tags are not in order")
        last = tag
        if tag in _WANTED:
            form = struct.Struct(f"{order}{min(number, len(data))}{_FORMATS[kind]}")
            (far,) = struct.unpack_from(f"{order}I", data, entry + 8)
            tags[tag] = list(form.unpack_from(data, entry + 8 if form.size <= 4 else far))
    return tags
