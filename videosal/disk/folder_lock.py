"""One process at a time in a folder. Imported by every room that keeps results."""

from __future__ import annotations

import errno
import logging
import sys
import time
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from videosal.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK = ".lock"
# What a disk answers that has no locks: NFS without lockd, Lustre without flock, FUSE.
_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)
_PAUSE = 0.1  # seconds between two attempts

_log = logging.getLogger(__name__)


@contextmanager
def hold(folder: Path, doing: str, *, name: str = LOCK, wait: float = 0) -> Iterator[None]:
    """Hold a folder for this process; the system frees it when the process ends, however it ends.

    Where the disk has no locks, a warning says so, and the work goes on.

    Parameters
    ----------
    folder : Path
        What to hold; it is made where it is not there.
    doing : str
        What the holder does, for the text of the error: ``scoring into``.
    name : str
        The file that is locked. It stays, empty, and its presence says nothing.
    wait : float
        Seconds to wait for another process.

    Raises
    ------
    RunError
        Another process holds it, or it cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / name).open("a+b")
    except OSError as error:
        raise RunError(f"cannot write to {folder} ({error.strerror or error})") from error
    with file:
        end = time.monotonic() + wait
        while not _take(file, folder):
            if time.monotonic() >= end:
                raise RunError(f"another process is {doing} {folder}: wait for it, or choose another folder")
            time.sleep(_PAUSE)
        yield


def _take(file: IO[bytes], folder: Path) -> bool:
    """Lock a file; False where another process has."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # Windows gives the second
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise RunError(f"cannot write to {folder} ({error.strerror or error})") from error
        _log.warning("the disk of %s has no locks (%s): let no other process write into it", folder, error.strerror)
    return True
