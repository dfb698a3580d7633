"""Whether a video file was cut short, by the lengths that its outer parts state; nothing is decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = 24  # bytes that tell a chunk's kind and length
_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"  # the two outer elements of Matroska
_ASF = b"\xb2\x75\x8e\x66\xcf\x11"  # in the names of ASF's header and data


def find_video_damage(path: Path) -> str | None:
    """Say what is wrong with a video file, judged by the lengths that its outer chunks state; None if nothing is.

    A file that was cut short is found in the families of AVI, MP4, Matroska and ASF (.wmv); others state no lengths.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            place = 0
            while place + _HEAD <= size:
                file.seek(place)
                length = _chunk_length(file.read(_HEAD), first=place == 0)
                if length is None:
                    return None
                place += length
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"
    if not size:
        return "is empty (0 bytes)"
    return "is truncated (a video shorter than its header says)" if place > size + 1 else None


def _chunk_length(head: bytes, *, first: bool) -> int | None:
    """Return how far it is to the next outer chunk; None where the format is another or the chunk has no end."""
    if head.startswith(b"RIFF"):
        length = int.from_bytes(head[4:8], "little")
        return 8 + length + length % 2 if length else None
    if head.startswith((_EBML, _SEGMENT)):
        return _element_length(head)
    if head[2:8] == _ASF:
        return int.from_bytes(head[16:24], "little") or None
    if (first and head[4:8] != b"ftyp") or not head[4:8].isalnum():
        return None
    length = int.from_bytes(head[:4], "big")
    if length == 1:  # the length stands behind the name, in 64 bits
        length = int.from_bytes(head[8:16], "big")
    return length if length >= 8 else None


def _element_length(head: bytes) -> int | None:
    """Return the length of an element of Matroska, its own head included; None for a stream without an end."""
    digits = 9 - head[4].bit_length()  # the zeros before the first one tell how many bytes the length takes
    length = int.from_bytes(head[4 : 4 + digits], "big") & ((1 << (7 * digits)) - 1)
    return None if length == (1 << (7 * digits)) - 1 else 4 + digits + length
