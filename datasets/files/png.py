"""Reads the PNG files that the field keeps its maps in, grey of 8 bits and not interlaced, faster than OpenCV does."""

from __future__ import annotations

import re
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

from videosal.datasets.files.guard.limits import MOST_PIXELS
from videosal.metrics.frame.flat import flat

try:
    import deflate  # libdeflate, which unpacks two to ten times as fast as zlib
except ImportError:  # no wheel for the machine: OpenCV reads all pictures, and zlib unpacks the rest
    deflate = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY = bytes((8, 0, 0, 0, 0))  # bits, grey, and the usual compression, filters and order of rows
_LONGEST = 1_000_000  # pixels of a side; OpenCV's reader takes no more
# What may stand beside the header, the rows and the end: remarks that do not change the picture.
_LETTERS = dict.fromkeys((b"tEXt", b"zTXt", b"iTXt", b"tIME", b"pHYs", b"gAMA", b"cHRM", b"sRGB"), "r")
_LETTERS |= {b"IHDR": "H", b"IDAT": "D", b"IEND": "E"}
_ORDER = re.compile("Hr*D+r*E")


def decode_grey_png(data: bytes, most: int = MOST_PIXELS) -> NDArray[np.uint8] | None:
    """Decode a whole and valid PNG file of one byte per pixel.

    Parameters
    ----------
    data : bytes
        The whole file.
    most : int, optional
        Pixels that it may have; what claims more may be a few bytes that unpack to gigabytes.

    Returns
    -------
    ndarray, shape (H, W), or None
        The picture, bit for bit as OpenCV gives it. None for any other file: one of another kind, or one whose
        checksums or lengths are wrong. What such a file holds, or what is wrong with it, is for OpenCV to say.

    References
    ----------
    Portable Network Graphics (PNG) Specification, third edition, W3C Recommendation, 2025.
    """
    if deflate is None:
        return None
    chunks = _read_chunks(data)
    if not _ORDER.fullmatch("".join(_LETTERS.get(kind, "?") for kind, _ in chunks)):
        return None
    header = bytes(chunks[0][1])
    if len(header) != 13 or header[8:] != _GREY:
        return None
    width, height = struct.unpack_from(">II", header)
    if not 0 < width * height <= most or max(width, height) > _LONGEST:
        return None
    unpacked = unpack(b"".join(content for kind, content in chunks if kind == b"IDAT"), height * (width + 1))
    if unpacked is None:
        return None

    from videosal.datasets.files.png_kernels import undo_filters  # imports numba

    image = np.empty((height, width), np.uint8)
    return image if undo_filters(flat(np.frombuffer(unpacked, np.uint8)), image) else None


def _read_chunks(data: bytes) -> list[tuple[bytes, memoryview]]:
    """Return kind and content of each chunk; none if one is damaged or they do not end with the file."""
    chunks: list[tuple[bytes, memoryview]] = []
    view, place = memoryview(data), len(_SIGNATURE)
    while place + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 8 + length
        if deflate.crc32(view[place + 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
            return []
        chunks.append((kind, view[place + 8 : end]))
        place = end + 4
    return chunks if place == len(data) and data.startswith(_SIGNATURE) else []


def unpack(packed: bytes | memoryview, size: int) -> bytes | bytearray | None:
    """Return what was packed, if it is whole and of that size."""
    if deflate is None:
        unpacker = zlib.decompressobj()
        try:
            plain = unpacker.decompress(packed, size + 1)
        except zlib.error:
            return None
        return plain if unpacker.eof and len(plain) == size else None
    try:
        rows = deflate.zlib_decompress(packed, size)
    except deflate.DeflateError:
        return None
    return rows if len(rows) == size else None
