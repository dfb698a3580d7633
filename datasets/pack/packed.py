"""A packed ground truth: densities and fixations of one split in one HDF5 file.

Scoring the next model then reads the predictions alone from single files. The values are those of the copy that was
packed, bit for bit, and so is the fingerprint: results from a pack and from its source are one and the same.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.datasets.files.contents import FileStamp
from videosal.datasets.files.luma import GRAY16, Coding, numbers_of
from videosal.datasets.pack.packed_maps import MapReader, MapWriter
from videosal.datasets.pack.source import note_source, noted_source
from videosal.datasets.records import Dataset, Split, Video
from videosal.errors import DatasetError, FileError
from videosal.whole_file import make_folder, write_whole_hdf5

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from videosal.datasets.files.frames import FrameSequence

# 3: maps are kept in runs, and a video's mean density is stored; 4: what the files held is known, and maps that lie in
# a video are kept as its levels, so that each protocol decodes them by its rule.
SCHEMA = 4
SUFFIXES = (".h5", ".hdf5")
_NO_MAP = -1


def is_pack(path: Path) -> bool:
    """Whether a root names a pack and not a folder."""
    return path.suffix.lower() in SUFFIXES and path.is_file()


def pack_dataset(dataset: Dataset, out: Path, progress: Callable[[int, int, str], None] | None = None) -> None:
    """Write the ground truth of a split to one file, by way of a file beside it.

    Parameters
    ----------
    dataset : Dataset
        The split.
    out : Path
        The file, ``.h5``.
    progress : callable, optional
        Called after each video with the numbers of frames done and in all, and the video's name.

    Raises
    ------
    DatasetError
        The file cannot be written.
    """
    if out.suffix.lower() not in SUFFIXES:
        raise DatasetError(f"the pack {out} must end in .h5")
    total, fingerprint = sum(len(video.frame_names) for video in dataset), dataset.fingerprint()

    def fill(file: Any) -> Iterator[None]:
        file.attrs.update(
            schema=SCHEMA,
            dataset=dataset.name,
            split=dataset.split.name,
            fingerprint=fingerprint,
            recipe=dataset.recipe,
        )
        done = 0
        for order, video in enumerate(dataset):
            _write_video(file.create_group(f"videos/{order:05d}"), video)
            yield
            done += len(video.frame_names)
            if progress:
                progress(done, total, video.name)

    make_folder(out.parent, error_type=DatasetError)
    write_whole_hdf5(out, fill, error_type=DatasetError)
    note_source(dataset.full_name, fingerprint, dataset.root)


def open_pack(
    path: Path, name: str, title: str, split: Split, source: Callable[[Path], Dataset] | None = None
) -> Dataset:
    """Open a pack as the split that it holds.

    Parameters
    ----------
    path : Path
        The file.
    name, title, split
        Of the data set and the split that are asked for.
    source : callable, optional
        Opens the copy that was packed, from its folder; where that is still there, the pack is checked against it.

    Raises
    ------
    FileError
        It is no pack, or is damaged.
    DatasetError
        It holds another split, or its source has changed since.
    """
    file = _open(path)
    try:
        held = f"{file.attrs['dataset']}:{file.attrs['split']}"
        if file.attrs["schema"] != SCHEMA:
            raise DatasetError(f"the pack {path} was written by another version of videosal: pack the data set again")
        stored = str(file.attrs["fingerprint"])
        groups = sorted(file["videos"])
    except KeyError as error:
        raise FileError(f"{path}: not a pack of videosal ({error})") from error
    if held != f"{name}:{split.name}":
        raise DatasetError(f"the pack {path} holds {held}, not {name}:{split.name}: pack that split, or give its root")
    folder = noted_source(held, stored) if source is not None else None
    if source is not None and folder is not None and folder.is_dir() and source(folder).fingerprint() != stored:
        raise DatasetError(f"the pack {path} was made from {folder}, which has changed since: pack it again")
    return Dataset(name, title, split, path, [PackedVideo(path, group) for group in groups], _no_sibling(path))


class PackedVideo(Video):
    """One video of a pack."""

    def __init__(self, path: Path, group: str) -> None:
        self._path = path
        stored = _open(path)[f"videos/{group}"]
        self._stored = stored
        self.name = str(stored.attrs["name"])
        self._names = tuple(name.decode() for name in stored["frames"][:])
        self._order = {frame: index for index, frame in enumerate(self._names)}
        self._offsets = stored["offsets"][:]
        self._density_rows = stored["density_rows"][:]
        self._size = (int(stored.attrs["size"][0]), int(stored.attrs["size"][1]))
        rows, columns = stored.attrs.get("gaze_size", self._size)  # packs of earlier versions know one size
        self._gaze_size = (int(rows), int(columns))
        self._points: NDArray[np.int64] | None = None
        self._densities: MapReader | None = None
        coding = stored.attrs.get("coding")
        self._coding = None if coding is None else Coding(int(coding[0]), bool(coding[1]), bool(coding[2]))

    @property
    def frame_names(self) -> tuple[str, ...]:
        """Names of the frames with ground truth."""
        return self._names

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the ground truth."""
        return self._size

    @property
    def gaze_size(self) -> tuple[int, int]:
        """Height and width of the frame that the fixations lie in."""
        return self._gaze_size

    def lacking(self) -> dict[str, tuple[str, ...]]:
        """Frames for which one of both was not packed."""
        starts = {"density map": self._density_rows, "fixations": self._offsets[:, 0]}
        frames = {
            what: tuple(frame for frame, start in zip(self._names, known, strict=True) if start == _NO_MAP)
            for what, known in starts.items()
        }
        return {what: names for what, names in frames.items() if names}

    @property
    def frames(self) -> FrameSequence:
        """A pack holds no frames."""
        raise DatasetError(f"the pack {self._path} holds no frames: give the folder of the data set to run a model")

    @property
    def recipe(self) -> str:
        """How ground truth that was made was made."""
        return str(self._stored.attrs["recipe"])

    def density(self, frame: str) -> NDArray[Any] | None:
        """Read a density map, in the dtype of the source."""
        return self._read_map(frame) if self._coding is None else numbers_of(self.coded_density(frame), GRAY16)

    def coded_density(self, frame: str) -> tuple[NDArray[Any], Coding] | None:
        """Read the levels of a density map that lay in a video."""
        levels = None if self._coding is None else self._read_map(frame)
        return None if self._coding is None or levels is None else (levels, self._coding)

    def _read_map(self, frame: str) -> NDArray[Any] | None:
        row = int(self._density_rows[self._order[frame]])
        if row == _NO_MAP:
            return None
        if self._densities is None:
            self._densities = MapReader(self._stored, f"{self._path}: {self.name}")
        return self._densities.read(row)

    def mean_density(self) -> NDArray[np.float64]:
        """Read the mean that was taken when the video was packed."""
        mean: NDArray[np.float64] = self._stored["mean_density"][:]
        return mean

    def stored_fixations(self, frame: str) -> NDArray[np.int64] | None:
        """Read the fixations as points."""
        return self.fixation_points(frame)

    def fixations(self, frame: str) -> NDArray[Any] | None:
        """Read the fixations as a boolean mask."""
        points = self.fixation_points(frame)
        if points is None:
            return None
        mask = np.zeros(self.gaze_size, np.bool_)
        mask[points[:, 0], points[:, 1]] = True
        return mask

    def fixation_points(self, frame: str) -> NDArray[np.int64] | None:
        """Read the fixations as (row, col), repeats kept."""
        start, stop = self._offsets[self._order[frame]]
        if self._points is None:  # those of a whole video are smaller than one of its maps
            self._points = self._stored["points"][:].astype(np.int64)
        return None if start == _NO_MAP else self._points[start:stop]

    def fingerprint(self) -> str:
        """Fingerprint of the video that was packed."""
        return str(self._stored.attrs["fingerprint"])

    def truth_files(self) -> list[FileStamp]:
        """The files that were packed, with what they held."""
        return [FileStamp(*fields) for fields in json.loads(self._stored["files"][()])]


def _write_video(group: Any, video: Video) -> None:
    files = [stamp.with_content({}) for stamp in video.truth_files()]
    group["files"] = json.dumps([[stamp.name, stamp.size, stamp.time, stamp.content] for stamp in files])
    group.attrs.update(name=video.name, size=video.size, fingerprint=video.fingerprint(), recipe=video.recipe)
    if video.gaze_size != video.size:
        group.attrs["gaze_size"] = video.gaze_size
    group["frames"] = np.array([frame.encode() for frame in video.frame_names], dtype=np.bytes_)
    densities = MapWriter()
    codings: set[Coding] = set()
    rows, offsets, points, count = [], [], [], 0
    for frame in video.frame_names:
        fixations, coded = video.fixation_points(frame), video.coded_density(frame)
        density = video.density(frame) if coded is None else coded[0]
        if coded is not None:
            codings.add(coded[1])
        if density is not None:
            densities.add(density)
        rows.append(_NO_MAP if density is None else len(densities) - 1)
        offsets.append((_NO_MAP, _NO_MAP) if fixations is None else (count, count + len(fixations)))
        if fixations is not None:
            points.append(fixations.astype(np.int32))
            count += len(fixations)
    if len(codings) > 1:
        raise DatasetError(f"video {video.name}: its maps change their pixel format midway: encode them anew, in one")
    for coding in codings:
        group.attrs["coding"] = (coding.bits, coding.limited, coding.yuv)
    densities.write(group)
    group["density_rows"] = np.array(rows, np.int64)
    group["offsets"] = np.array(offsets, np.int64).reshape(-1, 2)
    group["mean_density"] = video.mean_density()
    group["points"] = np.concatenate([np.empty((0, 2), np.int32), *points])


@lru_cache(maxsize=4)
def _open_once(path: Path, _size: int, _time: int) -> Any:
    import h5py

    try:
        return h5py.File(path, "r", locking=False)  # what is only read needs no lock, which some disks do not have
    except OSError as error:
        raise FileError(f"{path}: not a readable HDF5 file ({error})") from error


def _open(path: Path) -> Any:
    status = path.stat()
    return _open_once(path, status.st_size, status.st_mtime_ns)


def _no_sibling(path: Path) -> Callable[[str], Dataset]:
    def refuse(split: str) -> Dataset:
        raise DatasetError(f"the pack {path} holds one split, and {split} is needed: give the folder of the data set")

    return refuse
