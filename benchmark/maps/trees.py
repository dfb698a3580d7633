"""Where predictions lie: a folder, or a zip or tar archive that is read in place, all through one interface."""

from __future__ import annotations

import io
import os
import stat
import tarfile
import zipfile
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from videosal.datasets.files.contents import note_content
from videosal.datasets.files.guard.failures import reading
from videosal.datasets.files.guard.limits import MOST_BYTES
from videosal.datasets.files.images import examine_ends, read_bytes
from videosal.errors import FileError, PredictionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_T = TypeVar("_T")
ARCHIVE_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_CHUNK = 1 << 20  # bytes that are read at once
_DEPTH = 6  # folders below the root that are looked into


@dataclass(frozen=True, slots=True)
class Entry:
    """One file.

    Attributes
    ----------
    name : str
        Path below the root, with ``/``.
    size : int
        Bytes, unpacked.
    stamp : int
        Changes with the content: time of the last change in a folder, checksum or time in an archive.
    """

    name: str
    size: int
    stamp: int


class MapTree(ABC):
    """Files below a root."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @abstractmethod
    def entries(self) -> list[Entry]:
        """List all files, hidden ones left out, sorted by name."""

    @abstractmethod
    def read(self, name: str) -> bytes:
        """Read a file; raise `FileError` where it is not there or damaged."""

    @abstractmethod
    def holds(self, name: str) -> bool:
        """Whether there is a file of that name."""

    def locate(self, name: str) -> str:
        """Say where a file lies, for messages."""
        return f"{self.root}:{name}"

    def examine(self, entry: Entry) -> tuple[str | None, bool]:
        """Look at a file without reading all of it.

        Returns
        -------
        str or None, bool
            What is wrong with it, None if nothing is, as far as that shows; and whether it is whole and has more than
            1 KB behind its end.
        """
        return None if entry.size else "is empty (0 bytes)", False

    def changed(self, entry: Entry) -> bool:
        """Whether a file is not what it was when it was listed; what is in an open archive stays as it is."""
        del entry
        return False


class FolderTree(MapTree):
    """A folder; links are followed, and a loop of links is cut where it closes."""

    def entries(self) -> list[Entry]:
        """List the files with their sizes and times."""
        return sorted(self._walk(self.root, "", frozenset()), key=lambda entry: entry.name)

    def holds(self, name: str) -> bool:
        """Whether there is a file of that name."""
        return Path(self.locate(name)).is_file()

    def read(self, name: str) -> bytes:
        """Read a file."""
        return read_bytes(self.locate(name))

    def locate(self, name: str) -> str:
        """Return the path of a file."""
        return f"{self.root}/{name}"

    def examine(self, entry: Entry) -> tuple[str | None, bool]:
        """Judge a file by its first and last bytes."""
        return examine_ends(self.locate(entry.name))

    def changed(self, entry: Entry) -> bool:
        """Compare size and time."""
        try:
            status = os.stat(self.locate(entry.name))  # noqa: PTH116  # a Path takes longer than the call
        except OSError:
            return True
        return (status.st_size, status.st_mtime_ns) != (entry.size, entry.stamp)

    def _walk(self, folder: Path, prefix: str, above: frozenset[tuple[int, int]]) -> Iterator[Entry]:
        status = folder.stat()
        here = (status.st_dev, status.st_ino)
        if here in above or len(above) > _DEPTH:
            return
        with os.scandir(folder) as found:
            for item in found:
                if item.name.startswith("."):
                    continue
                if item.is_dir():
                    yield from self._walk(folder / item.name, f"{prefix}{item.name}/", above | {here})
                elif item.is_file():
                    info = item.stat()
                    yield Entry(prefix + item.name, info.st_size, info.st_mtime_ns)


class ZipTree(MapTree):
    """A zip archive."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        with reading(root, "zip archive"):
            self._archive = zipfile.ZipFile(root)
        files = (info for info in self._archive.infolist() if not info.filename.endswith(("/", "\\")))
        self._members = _by_name(root, ((info.filename, info) for info in files))

    def entries(self) -> list[Entry]:
        """List the members with their checksums."""
        for info in self._members.values():
            _check_member(self.root, info.filename, info.file_size, stat.S_ISLNK(info.external_attr >> 16))
        return _visible(Entry(name, info.file_size, info.CRC) for name, info in self._members.items())

    def holds(self, name: str) -> bool:
        """Whether there is a member of that name."""
        return name in self._members

    def read(self, name: str) -> bytes:
        """Unpack a member into memory."""
        if not self.holds(name):
            raise FileError(f"{self.locate(name)}: cannot be read, it is not in the archive")
        with reading(self.locate(name), "member of a zip archive"):
            data = self._archive.read(self._members[name])
        note_content(self.locate(name), data)
        return data


class TarTree(MapTree):
    """A tar archive. A compressed one has no index: reading it out of order is slow."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        with reading(root, "tar archive"):
            self._archive = tarfile.open(root)  # noqa: SIM115  # kept open for reading
            files = [info for info in self._archive.getmembers() if not info.isdir()]
            _read_to_end(self._archive)
        self._members = _by_name(root, ((info.name, info) for info in files))

    def __del__(self) -> None:
        if hasattr(self, "_archive"):
            self._archive.close()

    def entries(self) -> list[Entry]:
        """List the members with their times; scripts write 0, which tells nothing: then the archive's counts."""
        for info in self._members.values():
            _check_member(self.root, info.name, info.size, not info.isreg())
        whole = self.root.stat().st_mtime_ns
        return _visible(Entry(name, info.size, int(info.mtime) or whole) for name, info in self._members.items())

    def holds(self, name: str) -> bool:
        """Whether there is a member of that name."""
        return name in self._members

    def read(self, name: str) -> bytes:
        """Unpack a member into memory."""
        if not self.holds(name):
            raise FileError(f"{self.locate(name)}: cannot be read, it is not in the archive")
        with reading(self.locate(name), "member of a tar archive"):
            file = self._archive.extractfile(self._members[name])
            assert file is not None
            data = file.read()
        note_content(self.locate(name), data)
        return data


def open_tree(root: Path) -> MapTree:
    """Open a folder or an archive; a process keeps the archives it opened last.

    Raises
    ------
    PredictionError
        There is nothing, or something else.
    """
    if root.is_dir():
        return FolderTree(root)
    if not root.exists():
        raise PredictionError(f"the predictions {root} do not exist")
    if not root.name.lower().endswith(ARCHIVE_SUFFIXES):
        known = ", ".join(ARCHIVE_SUFFIXES)
        raise PredictionError(f"the predictions {root} are neither a folder nor an archive ({known})")
    status = root.stat()
    return _open_archive(root, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=4)
def _open_archive(root: Path, _size: int, _time: int) -> MapTree:
    return ZipTree(root) if root.name.lower().endswith(".zip") else TarTree(root)


def file_source(tree: MapTree, name: str) -> Path | io.BytesIO:
    """Return what libraries can open: the path of a file on disk, or the content of an archive's member."""
    return tree.root / name if isinstance(tree, FolderTree) else io.BytesIO(tree.read(name))


def _read_to_end(archive: tarfile.TarFile) -> None:
    """Read what is behind the last member, up to the checksum of what is compressed, which stands at the very end."""
    file = archive.fileobj
    assert file is not None
    file.seek(archive.offset)
    if any(file.read(tarfile.BLOCKSIZE)):
        raise ValueError(f"no member begins at its byte {archive.offset}, where one should")
    while file.read(_CHUNK):
        pass


def _by_name(archive: Path, members: Iterable[tuple[str, _T]]) -> dict[str, _T]:
    """Key members by their plain names; raise `PredictionError` where two have the same."""
    found: dict[str, _T] = {}
    for name, info in members:
        if found.setdefault(_plain_name(name), info) is not info:
            raise PredictionError(f"{archive}: its member {name!r} is there twice: keep one of them")
    return found


def _plain_name(name: str) -> str:
    """Write the name of a member as the others do: Windows has ``\\`` in it, and some archivers begin with ``./``."""
    return name.replace("\\", "/").removeprefix("./")


def _visible(entries: Iterator[Entry]) -> list[Entry]:
    shown = (e for e in entries if not any(part.startswith((".", "__MACOSX")) for part in e.name.split("/")))
    return sorted(shown, key=lambda entry: entry.name)


def _check_member(archive: Path, name: str, size: int, special: bool) -> None:
    """Refuse what no archive of maps holds, although nothing is ever unpacked to disk."""
    if name.startswith(("/", "\\")) or ".." in PurePosixPath(name.replace("\\", "/")).parts or name[1:2] == ":":
        raise PredictionError(f"{archive}: refused, its member {name!r} points outside the archive")
    if special:
        raise PredictionError(f"{archive}: refused, its member {name!r} is a link or a device, not a file")
    if size > MOST_BYTES:
        raise PredictionError(f"{archive}: refused, its member {name!r} unpacks to {size} bytes")
