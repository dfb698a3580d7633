"""One context for every read by a library: whatever it raises becomes an error that names the file."""

from __future__ import annotations

import errno
import json
import re
import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from videosal.errors import DamagedFileError, FileError, VideosalError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CUT = re.compile(
    r"truncat|unexpected end|end of (the )?(data|file|stream)|eof|incomplete|too short|not enough|premature"
    r"|buffer is (too )?small|requires a buffer",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(r"not (yet )?(supported|implemented)|unsupported|encrypted|password", re.IGNORECASE)
# What is no fault of the content: there is no such file, it may not be read, the disk fails, too many files are open.
_OF_THE_DISK = frozenset(
    getattr(errno, name)
    for name in ("ENOENT", "EACCES", "EPERM", "EISDIR", "ENOTDIR", "EIO", "ESTALE", "ETIMEDOUT", "EMFILE", "ENFILE")
    if hasattr(errno, name)
)
_LONGEST = 160  # characters of what a library says


@contextmanager
def reading(where: str | Path, what: str) -> Iterator[None]:
    """Read with a library: everything that it raises becomes a `FileError`, mostly a `DamagedFileError`.

    A damaged file can raise anything in a reader that was written for whole ones.

    Parameters
    ----------
    where : str or path
        The file, for the message.
    what : str
        What it should be: ``zip archive``, ``.npy array``.

    Raises
    ------
    FileError
        The text says whether the file cannot be read, is cut short, is damaged, or is of a kind that is not supported.
        Errors of ours pass as they are.
    """
    try:
        yield
    except VideosalError:
        raise
    except Exception as error:
        kind = FileError if isinstance(error, OSError) and error.errno in _OF_THE_DISK else DamagedFileError
        raise kind(f"{where}: {_describe(error, what)}") from error


def parse_json(text: str | bytes, where: str | Path) -> Any:
    """Parse JSON, of a depth that can be parsed; raise `FileError` for anything else."""
    with reading(where, "JSON file"):
        return json.loads(text)


def _describe(error: Exception, what: str) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, OSError) and error.errno in _OF_THE_DISK:
        return f"cannot be read ({error.strerror or text})"
    if isinstance(error, MemoryError):
        return f"not a readable {what}: it asks for more memory than there is"
    if isinstance(error, RecursionError):
        return f"not a readable {what}: it is nested too deep"
    said = text if text and isinstance(error, OSError | ValueError) else f"{type(error).__name__} {text}".strip()
    said = said if len(said) <= _LONGEST else f"{said[:_LONGEST]}..."
    if isinstance(error, NotImplementedError) or _UNKNOWN.search(text):
        return f"not a readable {what}: it is of a kind that is not supported ({said})"
    cut = isinstance(error, EOFError | struct.error) or _CUT.search(text)
    return f"not a readable {what}: it is {'cut short' if cut else 'damaged'} ({said})"
