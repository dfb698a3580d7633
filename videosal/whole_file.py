"""Files that are there whole or not at all, also after a kill. Imported by every room that keeps results."""

from __future__ import annotations

import io
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from videosal.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


def write_whole(file: Path, write: Callable[[Path], object]) -> None:
    """Write a file beside its place, flush it to disk and rename it.

    Parameters
    ----------
    file : Path
        Its place; what is there is replaced.
    write : callable
        Writes the content to the path that it is given; an `OSError` of it says why it cannot.

    Raises
    ------
    RunError
        It cannot be written.
    """
    part = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        write(part)
        with part.open("rb") as handle:
            os.fsync(handle.fileno())
        part.replace(file)
    except OSError as error:
        raise RunError(f"cannot write {file} ({error.strerror or error})") from error
    finally:
        with suppress(OSError):  # a folder that cannot be written has no such file; what is wrong is said above
            part.unlink()


def write_whole_hdf5(file: Path, write: Callable[[Any], Iterable[object]]) -> None:
    """Write an HDF5 file as `write_whole` does.

    Parameters
    ----------
    file : Path
        Its place; what is there is replaced.
    write : callable
        Takes the open `h5py.File` and yields after each part that it has written.

    Raises
    ------
    RunError
        It cannot be written.
    """
    import h5py

    def fill(part: Path) -> None:
        with _Disk(part) as disk:
            try:
                with h5py.File(disk, "w") as content:
                    for _ in write(content):
                        if disk.error is not None:
                            break
            except Exception:  # HDF5 may stumble over what is not there, for the reason below
                if disk.error is None:
                    raise
            if disk.error is not None:
                raise disk.error

    write_whole(file, fill)


class _Disk(io.FileIO):
    """The file that HDF5 writes to, without a lock; where that fails it keeps the error and takes the rest for written.

    HDF5 cannot close a file that it cannot write: the process crashes.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, "w+")
        self.error: OSError | None = None

    def write(self, data: Any, /) -> int:
        """Write all of it."""
        rest = memoryview(data).cast("B")
        size = len(rest)
        try:
            while len(rest) and self.error is None:
                rest = rest[super().write(rest) :]
        except OSError as error:
            self.error = error
        return size

    def truncate(self, size: int | None = None, /) -> int:
        """Set the length, which HDF5 does when it closes the file."""
        try:
            return super().truncate(size)
        except OSError as error:
            self.error = self.error or error
            return size or 0
