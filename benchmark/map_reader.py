"""Read single maps wherever they lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from videosal.benchmark.map_sequences import MapSequence, open_sequence
from videosal.benchmark.map_trees import FolderTree, MapTree, open_tree
from videosal.datasets.images import decode_map, find_damage, read_map

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class MapRef:
    """One map.

    Attributes
    ----------
    root : Path
        Folder or archive.
    name : str
        File inside it, with ``/``.
    stamp : (int, int)
        Size of the file, and a number that changes with its content, see `videosal.benchmark.map_trees.Entry`.
    index : int or None
        Which map of a file that holds those of a whole video.
    """

    root: Path
    name: str
    stamp: tuple[int, int]
    index: int | None = None

    @property
    def where(self) -> str:
        """Name of the file, for messages."""
        return open_tree(self.root).locate(self.name)

    def changed(self) -> bool:
        """Whether a file in a folder is not what it was when it was listed."""
        if not isinstance(open_tree(self.root), FolderTree):
            return False
        try:
            status = (self.root / self.name).stat()
        except OSError:
            return True
        return (status.st_size, status.st_mtime_ns) != self.stamp


class MapReader:
    """Reads maps; the file of a whole video stays open until one of another video is asked for."""

    def __init__(self) -> None:
        self._opened: tuple[Path, str] | None = None
        self._sequence: MapSequence | None = None

    def read(self, ref: MapRef) -> NDArray[Any]:
        """Return the map, 2-D, in the file's own dtype.

        Raises
        ------
        FileError, PredictionError
            The file is damaged, or no single-channel map; the text names it.
        """
        tree = open_tree(ref.root)
        if ref.index is None:
            if isinstance(tree, FolderTree):
                return read_map(ref.root / ref.name)
            return decode_map(tree.read(ref.name), tree.locate(ref.name))
        if self._sequence is None or self._opened != (ref.root, ref.name):
            self._sequence, self._opened = open_sequence(tree, ref.name), (ref.root, ref.name)
        return self._sequence.read(ref.index)


def find_damaged(tree: MapTree, refs: Iterable[MapRef]) -> dict[str, str]:
    """Find files that are cut short, without decoding them; inside an archive, only empty ones."""
    damaged = {}
    for ref in refs:
        if ref.index is None and (reason := is_damaged(tree, ref)):
            damaged[tree.locate(ref.name)] = reason
    return damaged


def is_damaged(tree: MapTree, ref: MapRef) -> str | None:
    """Say what is wrong with the file of a map, judged by its first and last bytes; None if nothing is."""
    if isinstance(tree, FolderTree):
        return find_damage(ref.root / ref.name)
    return None if ref.stamp[0] else "is empty (0 bytes)"
