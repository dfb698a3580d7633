"""Files that are there whole or not at all, also after a kill or on a full disk, for every room that keeps results.

HDF5 ends the process where a file that it writes cannot grow, so it never sees that: see `write_whole_hdf5`.
"""

from __future__ import annotations

import io
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from videosal.errors import RunError, VideosalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


def write_whole(
    file: Path, write: Callable[[Path], object], *, error_type: type[VideosalError] = RunError, flush: bool = True
) -> None:
    """Write a file beside its place, flush it to disk and rename it.

    Parameters
    ----------
    file : Path
        Its place; what is there is replaced. A link is followed; a device or a pipe is written as it is.
    write : callable
        Writes the content to the path that it is given; an `OSError` of it says why it cannot.
    error_type : type
        What is raised where it cannot be written.
    flush : bool
        Wait for the disk; a file that can be made again need not.

    Raises
    ------
    RunError
        It cannot be written.
    """
    part = None
    try:
        if file.exists() and not file.is_file() and not file.is_dir():  # /dev/stdout
            write(file)
            return
        place = file.resolve() if file.is_symlink() else file
        part = place.with_name(f".{place.name}.{os.getpid()}.tmp")
        write(part)
        if flush:
            with part.open("rb") as handle:
                os.fsync(handle.fileno())
        part.replace(place)
    except OSError as error:
        raise error_type(f"cannot write {file} ({error.strerror or error})") from error
    finally:
        if part is not None:
            with suppress(OSError):  # it is not there, or neither is its folder
                part.unlink()


def make_folder(folder: Path, *, error_type: type[VideosalError] = RunError) -> None:
    """Make a folder and those above it, or say why they cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise error_type(f"cannot make the folder {folder} ({error.strerror or error})") from error


def write_whole_text(file: Path, text: str, *, error_type: type[VideosalError] = RunError) -> None:
    """Write a text as UTF-8, as `write_whole` does; half a character of a damaged name is written as its escape."""
    write_whole(file, lambda part: part.write_bytes(text.encode("utf-8", "backslashreplace")), error_type=error_type)


def write_whole_hdf5(
    file: Path, steps: Callable[[Any], Iterable[object]], *, error_type: type[VideosalError] = RunError
) -> None:
    """Write an HDF5 file as `write_whole` does, on a disk that may be full.

    Parameters
    ----------
    file : Path
        Its place.
    steps : callable
        Fills the open `h5py.File` that it is given, step by step: where the disk fills up, the rest of a step goes to
        memory, and no other step is taken.
    error_type : type
        What is raised where it cannot be written.

    Raises
    ------
    RunError
        It cannot be written.
    """
    import h5py

    def write(part: Path) -> None:
        with part.open("w+b", buffering=0) as raw:
            steady = _SteadyFile(raw)
            with h5py.File(steady, "w") as content:
                for _ in steps(content):
                    steady.check()
            steady.check()

    write_whole(file, write, error_type=error_type)


class _SteadyFile(io.RawIOBase):
    """A file that never fails to grow: what the disk does not take is kept in memory, and `check` raises why."""

    def __init__(self, raw: io.FileIO) -> None:
        self._raw = raw
        self._failure: OSError | None = None
        self._kept: list[tuple[int, bytes]] = []  # where, and what the disk did not take, in the order of writing
        self._at = self._size = 0

    def check(self) -> None:
        """Raise the `OSError` that was met."""
        if self._failure is not None:
            raise self._failure

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a place, as `io.IOBase.seek`."""
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        """Return the place."""
        return self._at

    def write(self, data: Any) -> int:
        """Write all of `data`."""
        content = bytes(data)
        if self._failure is None:
            try:
                self._raw.seek(self._at)
                done = 0
                while done < len(content):
                    done += self._raw.write(content[done:]) or 0
            except OSError as error:
                self._failure = error
        if self._failure is not None:
            self._kept.append((self._at, content))
        self._at += len(content)
        self._size = max(self._size, self._at)
        return len(content)

    def readinto(self, buffer: Any) -> int:
        """Read what was written, from the disk and from memory."""
        size = max(0, min(len(buffer), self._size - self._at))
        self._raw.seek(self._at)
        found = bytearray((self._raw.read(size) or b"").ljust(size, b"\0"))
        for start, content in self._kept:
            low, high = max(start, self._at), min(start + len(content), self._at + size)
            if low < high:
                found[low - self._at : high - self._at] = content[low - start : high - start]
        buffer[:size] = found
        self._at += size
        return size

    def truncate(self, size: int | None = None) -> int:
        """Set the size; HDF5 does so once, at the end."""
        self._size = self._at if size is None else size
        if self._failure is None:
            try:
                self._raw.truncate(self._size)
            except OSError as error:
                self._failure = error
        return self._size

    def readable(self) -> bool:
        """True."""
        return True

    def writable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True
