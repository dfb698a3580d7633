"""All maps of a video in one file: ``.npy``, HDF5, MATLAB, or a video."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.benchmark.maps.axes import UNCERTAIN, Axes, agree, describe, fitting_axes, long_axes
from videosal.benchmark.maps.trees import MapTree, file_source
from videosal.datasets.files.guard.failures import reading
from videosal.datasets.files.guard.limits import check_pixels, check_stored
from videosal.datasets.files.guard.npy import decode_npy, map_npy
from videosal.datasets.files.guard.old_matlab import list_variables
from videosal.datasets.files.images import suffix_of
from videosal.datasets.files.luma import read_levels
from videosal.datasets.files.matlab import begins_as_hdf5
from videosal.datasets.files.video.video_files import VIDEO_SUFFIXES, VideoFile
from videosal.errors import PredictionError

if TYPE_CHECKING:
    import io
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from videosal.benchmark.maps.trees import Entry
    from videosal.datasets import Video
    from videosal.datasets.files.luma import Coding

HDF5_SUFFIXES = frozenset({".h5", ".hdf5"})
SEQUENCE_SUFFIXES = VIDEO_SUFFIXES | HDF5_SUFFIXES | {".npy", ".mat"}
_KEYS = ("maps", "salmap", "saliency", "predictions")  # which array is meant, where a file holds several


class MapSequence(ABC):
    """The maps of one video, in the order of its frames."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def read(self, index: int) -> NDArray[Any] | tuple[NDArray[Any], Coding]:
        """Return the map of frame `index`, shape (h, w); of a video its levels and how they are coded."""


def open_sequence(tree: MapTree, name: str, axes: Axes | None = None) -> MapSequence:
    """Open the file `name` of `tree`.

    Parameters
    ----------
    tree, name
        Where it lies.
    axes : Axes, optional
        Of an array: where frames, rows and columns are. Default: as its format usually has them.

    Raises
    ------
    FileError, PredictionError
        It is damaged, or holds no stack of maps.
    """
    where = tree.locate(name)
    suffix = "." + name.rpartition(".")[2].lower()
    with reading(where, f"{suffix} file"):
        if suffix in VIDEO_SUFFIXES:
            return VideoMaps(file_source(tree, name), where)
        opener = _open_npy if suffix == ".npy" else _open_hdf5 if suffix in HDF5_SUFFIXES else _open_mat
        array, usual = opener(file_source(tree, name), where)
        return ArrayMaps(array, where, usual, axes)


class ArrayMaps(MapSequence):
    """The maps in an array, in memory or on disk.

    Attributes
    ----------
    shape : tuple of int
        Of the whole array.
    usual, axes : Axes
        Where frames, rows and columns usually are in such a file, and where they are taken to be.
    """

    def __init__(self, array: Any, where: str, usual: tuple[int, int, int], axes: Axes | None = None) -> None:
        self._array, self._where, self.shape = array, where, tuple(int(side) for side in array.shape)
        kept = long_axes(self.shape)
        if len(kept) != 3 or array.dtype.kind not in "buif" or not all(self.shape):
            raise PredictionError(
                f"{where}: an array of shape {self.shape} and type {array.dtype}, expected real maps (T, H, W)"
            )
        self.usual: Axes = (kept[usual[0]], kept[usual[1]], kept[usual[2]])
        self.axes: Axes = axes or self.usual

    def __len__(self) -> int:
        return self.shape[self.axes[0]]

    def read(self, index: int) -> NDArray[Any]:
        """Return one slice."""
        time, rows, columns = self.axes
        place = [slice(None) if axis in (rows, columns) else 0 for axis in range(len(self.shape))]
        place[time] = index
        check_pixels((self.shape[rows], self.shape[columns]), self._where)
        with reading(self._where, "file of maps"):
            image = np.asarray(self._array[tuple(place)])
        return image if rows < columns else image.T


class VideoMaps(MapSequence):
    """A video of maps, read forwards; a map is one of its pictures."""

    def __init__(self, source: Path | io.BytesIO, where: str) -> None:
        self.file = VideoFile(source, where)

    def __len__(self) -> int:
        return len(self.file)

    def read(self, index: int) -> tuple[NDArray[Any], Coding]:
        """Decode up to the picture `index`; going back starts again."""
        return read_levels(self.file.read(index), self.file.where)


def _open_npy(source: Path | io.BytesIO, where: str) -> tuple[Any, Axes]:
    return map_npy(source) if isinstance(source, Path) else decode_npy(source.getvalue(), where), (0, 1, 2)


def _open_hdf5(source: Path | io.BytesIO, where: str) -> tuple[Any, Axes]:
    import h5py

    file = h5py.File(source, "r", locking=False)
    return check_stored(_choose(dict(file.items()), where), where), (0, 1, 2)


def _open_mat(source: Path | io.BytesIO, where: str) -> tuple[Any, Axes]:
    """Open MATLAB 7.3 (HDF5, axes reversed: (T, 1, W, H)) or an older file (H, W, 1, T)."""
    data = source.read_bytes() if isinstance(source, Path) else source.getvalue()
    if begins_as_hdf5(data):
        return _open_hdf5(source, where)[0], (0, 2, 1)
    variables = list_variables(data, where)
    return _choose({name: value for name, value in variables.items() if value.numbers}, where).read(), (2, 0, 1)


def _choose(arrays: Any, where: str) -> Any:
    """Take the array that holds the maps: the only stack, or the one with a usual name."""
    stacks = {key: value for key, value in arrays.items() if len(getattr(value, "shape", ())) >= 3}
    named = [stacks[key] for key in _KEYS if key in stacks]
    if len(stacks) == 1:
        return next(iter(stacks.values()))
    if named:
        return named[0]
    raise PredictionError(f"{where}: holds {', '.join(arrays) or 'nothing'}, expected a stack of maps named maps")


def choose_axes(
    tree: MapTree, files: Mapping[str, tuple[Video, Entry]], opened: Mapping[str, MapSequence], notes: list[str]
) -> dict[str, Axes]:
    """Find the axis of time of every array.

    Parameters
    ----------
    tree : MapTree
        Where the files lie.
    files : mapping of str to (Video, Entry)
        The video and the file of each array, by the name of the video.
    opened : mapping of str to MapSequence
        The files, opened; those that are no arrays are left alone.
    notes : list of str
        Takes what is to be said where the axes are not as usual, or not certain.

    Raises
    ------
    PredictionError
        No order of the axes of an array gives maps for its video.
    """
    kinds: dict[tuple[str, int], list[str]] = {}
    for name, stack in opened.items():
        if isinstance(stack, ArrayMaps):
            kinds.setdefault((suffix_of(files[name][1].name), len(stack.shape)), []).append(name)
    chosen: dict[str, Axes] = {}
    for names in kinds.values():
        fits, lengths, arrays = {}, {}, {}
        for name in names:
            stack, video = opened[name], files[name][0]
            assert isinstance(stack, ArrayMaps)
            arrays[name], count = stack, len(video.frame_names)
            fits[name] = fitting_axes(stack.shape, stack.usual, count, video.size)
            lengths[name] = {axis: side == count for axis, side in enumerate(stack.shape)}
        chosen |= agree(fits, lengths)
        if lost := [name for name in names if name not in chosen]:
            video, entry = files[lost[0]]
            raise PredictionError(
                f"{tree.locate(entry.name)}: an array of shape {arrays[lost[0]].shape}, and no order of its axes gives "
                f"maps for {len(video.frame_names)} frames of {video.size[0]} x {video.size[1]}: "
                "save it as (frames, rows, columns)"
            )
        certain = any(len(orders) == 1 for orders in fits.values())
        open_ = [] if certain else [name for name in names if len(fits[name]) > 1]
        if turned := [name for name in names if chosen[name] != arrays[name].usual and name not in open_]:
            first = turned[0]
            notes.append(
                f"the axes of {len(turned)} of {len(names)} arrays are taken as {describe(chosen[first])}, "
                f"as the number and the shape of the frames tell: {files[first][1].name} has shape "
                f"{arrays[first].shape}; save (frames, rows, columns)"
            )
        if open_:
            notes.append(
                f"{UNCERTAIN} for {len(open_)} arrays; they are taken as {describe(chosen[open_[0]])}: "
                f"{files[open_[0]][1].name} has shape {arrays[open_[0]].shape}; save (frames, rows, columns)"
            )
    return chosen
