"""What the first and last bytes of an image file tell: size, depth, damage. Nothing is decoded."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from videosal.datasets.files.images import decoded_size, describe_damage, ends_early, read_bytes
from videosal.datasets.files.orientation import is_turned
from videosal.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

_PNG_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}  # by colour type; a palette is colour
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # the markers whose segment states the size
_JPEG_EXIF = 0xE1
_TAIL = 1024
_JPEG_HEAD = 1 << 17  # a segment before the size takes 64 KB at most, and is mostly a thumbnail


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What a file says of itself.

    Attributes
    ----------
    size : (int, int) or None
        Height and width; None where the header does not tell.
    channels : int or None
        1 for grey.
    damage : str or None
        What is wrong with the file; None where nothing is, as far as its first and last bytes tell.
    turned : bool
        Whether its EXIF orientation shows rows as columns. Frames are turned by it, maps are not.
    longer : bool
        Whether the file is whole and has more than 1 KB behind its end.
    """

    size: tuple[int, int] | None
    channels: int | None
    damage: str | None
    turned: bool = False
    longer: bool = False


def read_header(path: Path) -> ImageHeader:
    """Read the header of a PNG, JPEG, BMP or TIFF file, told by content."""
    try:
        with path.open("rb", buffering=0) as file:  # a buffer would read 4 KB more than is looked at
            head = file.read(48)
            end = file.seek(0, 2)
            file.seek(max(0, end - _TAIL))
            damage = describe_damage(head, file.read())
            longer = bool(damage) and end > _TAIL and ends_early(read_bytes(path))
            if damage and not longer:
                return ImageHeader(None, None, damage)
            size, channels, turned = _read_size(head, file)
    except OSError as error:
        return ImageHeader(None, None, f"cannot be read ({error.strerror or error})")
    except (struct.error, ValueError):
        return ImageHeader(None, None, "has a damaged header")
    if size is not None and 0 in size:
        return ImageHeader(None, None, "has a damaged header")
    return ImageHeader(size, channels, None, turned, longer)


def image_size(path: Path) -> tuple[int, int]:
    """Return height and width of an image; raises `FileError` where the file is damaged."""
    header = read_header(path)
    if header.damage:
        raise FileError(f"{path}: the file {header.damage}")
    if header.size is not None:
        return header.size
    return decoded_size(path)


def frame_size(path: Path) -> tuple[int, int]:
    """Return height and width of an image as it is shown; raises `FileError` where the file is damaged."""
    height, width = image_size(path)
    return (width, height) if read_header(path).turned else (height, width)


def _read_size(head: bytes, file: BinaryIO) -> tuple[tuple[int, int] | None, int | None, bool]:
    if head.startswith(b"\x89PNG"):
        width, height = struct.unpack(">II", head[16:24])
        return (height, width), _PNG_CHANNELS.get(head[25]), is_turned(_find_exif(head, file))
    if head.startswith(b"\xff\xd8"):
        file.seek(0)
        return _read_jpeg(io.BytesIO(file.read(_JPEG_HEAD)))
    if head.startswith(b"BM"):
        width, height = struct.unpack("<ii", head[18:26])
        return (abs(height), width), None, False
    return None, None, False  # TIFF keeps its size anywhere


def _find_exif(head: bytes, file: BinaryIO) -> bytes:
    """Return the EXIF data of a PNG, which stand before its pixels; most have the pixels at once."""
    place, chunk = 33, head[33:41]
    while chunk[4:] not in (b"IDAT", b"eXIf", b""):
        place += 12 + int.from_bytes(chunk[:4], "big")
        file.seek(place)
        chunk = file.read(8)
    if chunk[4:] != b"eXIf":
        return b""
    file.seek(place + 8)
    return file.read(int.from_bytes(chunk[:4], "big"))


def _read_jpeg(file: BinaryIO) -> tuple[tuple[int, int], int, bool]:
    """Walk over the segments up to the one that states the size."""
    file.seek(2)
    turned = False
    while True:
        marker = file.read(2)
        while marker[1:] == b"\xff":  # fill bytes
            marker = marker[1:] + file.read(1)
        length, *_ = struct.unpack(">H", file.read(2))
        if marker[0] != 0xFF or length < 2:
            raise ValueError("no JPEG segment")
        if marker[1] in _JPEG_FRAMES:
            _, height, width, channels = struct.unpack(">BHHB", file.read(6))
            return (height, width), channels, turned
        segment = file.read(length - 2)
        if marker[1] == _JPEG_EXIF and segment.startswith(b"Exif\0\0"):
            turned = is_turned(segment[6:])
