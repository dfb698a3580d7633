"""What files hold, as short digests, so that a result knows what it was computed from.

`read_bytes` notes down the digest of what it reads while somebody records: the files of a video are then read once, to
be scored, and not a second time to be told apart.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from videosal.errors import FileError

try:
    from deflate import crc32  # libdeflate's, which takes a tenth of the time of zlib's
except ImportError:  # no wheel for this machine
    from zlib import crc32  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_DIGITS = 16  # hexadecimal digits of SHA-256 that are kept: chance gives two texts the same once in 10^19
_record: ContextVar[dict[str, int] | None] = ContextVar("_record", default=None)


@dataclass(slots=True)
class FileStamp:
    """By what a file is known.

    Attributes
    ----------
    name : str
        The end of its path, which stays when a copy moves.
    size, time : int
        Bytes, and the last change in nanoseconds.
    content : str
        Digest of what it holds; empty where that is not known.
    path : str
        Where it lies; empty where it cannot be read again.
    """

    name: str
    size: int
    time: int
    content: str = ""
    path: str = ""

    def with_content(self, known: Mapping[str, int]) -> FileStamp:
        """Fill in its content, looked up by path or read, and return it; a run has too many of these to copy each."""
        if not self.content and self.path:
            crc = known.get(self.path)
            self.content = _digest_once(self.path, self.size, self.time) if crc is None else show_crc(crc)
        return self


def stamp_file(path: str) -> FileStamp:
    """Return what the file system says of a file; raise `OSError` where it has gone."""
    status = os.stat(path)  # noqa: PTH116  # a Path takes as long as the call
    folder, _, file = path.rpartition(os.sep)
    return FileStamp(f"{folder.rpartition(os.sep)[2]}/{file}", status.st_size, status.st_mtime_ns, path=path)


@contextmanager
def record_contents() -> Iterator[dict[str, int]]:
    """Collect the CRC-32 of the files that `videosal.datasets.files.images.read_bytes` reads, by path."""
    found: dict[str, int] = {}
    token = _record.set(found)
    try:
        yield found
    finally:
        _record.reset(token)


def note_content(path: str | Path, data: bytes) -> None:
    """Note down what was read, where somebody records."""
    record = _record.get()
    if record is not None:
        record[str(path)] = crc32(data)  # as a number: between two frames every line of Python costs a microsecond


def digest(data: bytes) -> str:
    """Return 16 hexadecimal digits of the SHA-256 of `data`."""
    return hashlib.sha256(data).hexdigest()[:_DIGITS]


def digest_content(data: bytes) -> str:
    """Return the CRC-32 of what a file holds, in hexadecimal digits.

    It is taken of every map and every ground-truth file of a run, so it has to be fast, and tells a file from what it
    was before, of the same name and size; it is no guard against forgery.
    """
    return show_crc(crc32(data))


def show_crc(crc: int) -> str:
    """Write a CRC-32 as `digest_content` does."""
    return f"{crc:08x}"


def digest_file(path: str | Path) -> str:
    """Return `digest_content` of a file; raise `FileError` where it cannot be read."""
    crc = 0
    try:
        with open(path, "rb") as handle:  # noqa: PTH123  # a Path takes as long as the call
            while chunk := handle.read(1 << 20):
                crc = crc32(chunk, crc)
        return show_crc(crc)
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror or error})") from error


@lru_cache(maxsize=64)  # one file may hold the gaze of many videos
def _digest_once(path: str, _size: int, _time: int) -> str:
    return digest_file(path)


def digest_stamps(stamps: Iterable[FileStamp]) -> str:
    """Return one digest for the contents of several files."""
    return digest(
        "\n".join(f"{stamp.name} {stamp.size} {stamp.content}" for stamp in stamps).encode("utf-8", "backslashreplace")
    )
