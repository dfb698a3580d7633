"""Read single maps wherever they lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from videosal.benchmark.maps.sequences import MapSequence, open_sequence
from videosal.benchmark.maps.trees import Entry, MapTree, open_tree
from videosal.datasets.files.contents import FileStamp, digest_content, show_crc
from videosal.datasets.files.guard.limits import check_file_size
from videosal.datasets.files.images import decode_map
from videosal.datasets.files.luma import GRAY16
from videosal.errors import DamagedFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from videosal.benchmark.maps.axes import Axes
    from videosal.datasets.files.luma import Coding

_UNPACKS_TO_NOTHING = "damaged"


@dataclass(frozen=True, slots=True)
class MapRef:
    """One map.

    Attributes
    ----------
    root : Path
        Folder or archive.
    entry : Entry
        File inside it, as it was listed.
    index : int or None
        Which map of a file that holds those of a whole video.
    axes : Axes or None
        Where that file, if it is an array, has frames, rows and columns; None for the usual order.
    """

    root: Path
    entry: Entry
    index: int | None = None
    axes: Axes | None = None

    @property
    def listed(self) -> FileStamp:
        """By what the file was known when it was listed; its content has not been looked at."""
        return FileStamp(self.entry.name, self.entry.size, self.entry.stamp)

    @property
    def where(self) -> str:
        """Name of the file, for messages."""
        return open_tree(self.root).locate(self.entry.name)


def one_per_file(refs: Iterable[MapRef]) -> dict[str, MapRef]:
    """Choose a map of each file, by the name of the file."""
    return {ref.entry.name: ref for ref in refs}


class MapReader:
    """Reads maps; a folder or archive, and the file of a whole video, stay open until another one is asked for."""

    def __init__(self) -> None:
        self._tree: MapTree | None = None
        self._opened: tuple[Path, str, Axes | None] | None = None
        self._sequence: MapSequence | None = None

    def tree_of(self, ref: MapRef) -> MapTree:
        """Return the folder or archive that holds a map."""
        if self._tree is None or self._tree.root != ref.root:
            self._tree = open_tree(ref.root)
        return self._tree

    def read(self, ref: MapRef) -> NDArray[Any]:
        """Return the map, 2-D, in the file's own dtype; that of a video as the numbers that ``gray16`` gives.

        Raises
        ------
        FileError, PredictionError
            As `read_stored`.
        """
        stored = self.read_stored(ref)
        return stored[1].numbers(stored[0], GRAY16) if isinstance(stored, tuple) else stored

    def read_stored(self, ref: MapRef) -> NDArray[Any] | tuple[NDArray[Any], Coding]:
        """Return the map, 2-D, in the file's own dtype; that of a video as its levels and how they are coded.

        Raises
        ------
        FileError, PredictionError
            The file is damaged, or no single-channel map; the text names it.
        """
        tree, name = self.tree_of(ref), ref.entry.name
        if ref.index is None:
            check_file_size(ref.entry.size, tree.locate(name))
            return decode_map(tree.read(name), tree.locate(name))
        if self._sequence is None or self._opened != (ref.root, name, ref.axes):
            self._sequence = open_sequence(tree, name, ref.axes)
            self._opened = ref.root, name, ref.axes
        return self._sequence.read(ref.index)

    def stamp(self, ref: MapRef, known: Mapping[str, int]) -> FileStamp:
        """Return by what the file of a map is known, its content looked up by its place or read."""
        tree, stamp = self.tree_of(ref), ref.listed
        crc = known.get(tree.locate(ref.entry.name))
        try:
            stamp.content = digest_content(tree.read(ref.entry.name)) if crc is None else show_crc(crc)
        except DamagedFileError:  # a member that cannot be unpacked
            stamp.content = _UNPACKS_TO_NOTHING
        return stamp

    def changed_files(self, refs: Iterable[MapRef]) -> list[str]:
        """Name the files that are not what they were when they were listed."""
        return [ref.where for ref in refs if self.tree_of(ref).changed(ref.entry)]
