"""One video of a pack: writing it, and reading it with every number checked.

All that is kept of a video lies in arrays with checksums (Fletcher's, of HDF5); the maps carry those of zlib.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.datasets.files.contents import FileStamp
from videosal.datasets.files.guard.failures import reading
from videosal.datasets.files.guard.limits import MOST_BYTES, check_frames, check_pixels
from videosal.datasets.files.luma import GRAY16, Coding, numbers_of
from videosal.datasets.pack.packed_maps import MapReader, MapWriter
from videosal.datasets.records import Video
from videosal.errors import DatasetError, FileError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from videosal.datasets.files.frames import FrameSequence

_NO_MAP = -1
_WHAT = "pack of videosal"
_AGAIN = "pack the data set again"


class PackedVideo(Video):
    """One video of a pack."""

    def __init__(self, path: Path, group: str) -> None:
        self._path = path
        with reading(path, _WHAT):
            self._stored = open_file(path)[f"videos/{group}"]
            about: Mapping[str, Any] = json.loads(self._array("about").tobytes())
            self.name = str(about["name"])
            self._fingerprint, self._recipe = str(about["fingerprint"]), str(about["recipe"])
            self._size, self._gaze_size = _pair(about["size"]), _pair(about["gaze_size"])
            self._files = [FileStamp(*fields) for fields in about["files"]]
            self._odd = None if about["odd_fixations"] is None else str(about["odd_fixations"])
            coding = about["coding"]
            self._coding = None if coding is None else Coding(int(coding[0]), bool(coding[1]), bool(coding[2]))
            self._names = tuple(name.decode() for name in self._array("frames"))
            self._offsets = self._array("offsets")
            self._density_rows = self._array("density_rows").tolist()
        check_frames(len(self._names), path)
        for size in (self._size, self._gaze_size):
            check_pixels(size, path)
        if self._offsets.shape != (len(self._names), 2) or len(self._density_rows) != len(self._names):
            raise FileError(f"{path}: {self.name}: the pack is damaged: {_AGAIN}")
        self._order = {frame: index for index, frame in enumerate(self._names)}
        self._points: NDArray[np.int64] | None = None
        self._densities: MapReader | None = None

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

    def odd_fixations(self) -> str | None:
        """Say what was wrong with the fixations when they were packed."""
        return self._odd

    def truth_of(self, frame: str) -> dict[str, str]:
        """Name the pack."""
        del frame
        return dict.fromkeys(("density", "fixations"), str(self._path))

    @property
    def frames(self) -> FrameSequence:
        """A pack holds no frames."""
        raise DatasetError(f"the pack {self._path} holds no frames: give the folder of the data set to run a model")

    @property
    def recipe(self) -> str:
        """How ground truth that was made was made."""
        return self._recipe

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
        with reading(f"{self._path}: {self.name}, frame {frame}", _WHAT):
            if self._densities is None:
                self._densities = MapReader(self._stored, f"{self._path}: {self.name}")
            return self._densities.read(row)

    def mean_density(self) -> NDArray[np.float64]:
        """Read the mean that was taken when the video was packed."""
        with reading(f"{self._path}: {self.name}", _WHAT):
            mean: NDArray[np.float64] = self._array("mean_density")
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
            self._points = self._read_points()
        return None if start == _NO_MAP else self._points[start:stop]

    def _read_points(self) -> NDArray[np.int64]:
        with reading(f"{self._path}: {self.name}", _WHAT):
            points: NDArray[np.int64] = self._array("points").astype(np.int64)
            inside = points.ndim == 2 and ((points >= 0) & (points < self.gaze_size)).all()
            known = self._offsets[self._offsets[:, 0] != _NO_MAP]
            bounds = [0, *known.ravel().tolist(), len(points)]
            if not inside or bounds != sorted(bounds):
                raise FileError(f"{self._path}: {self.name}: the pack is damaged, a point lies outside: {_AGAIN}")
        return points

    def _array(self, name: str) -> NDArray[Any]:
        stored = self._stored[name]
        if stored.nbytes > MOST_BYTES:
            raise FileError(f"{self._path}: the pack is damaged, its {name} take {stored.nbytes} bytes: {_AGAIN}")
        array: NDArray[Any] = stored[:]
        return array

    def fingerprint(self) -> str:
        """Fingerprint of the video that was packed."""
        return self._fingerprint

    def truth_files(self) -> list[FileStamp]:
        """The files that were packed, with what they held."""
        return list(self._files)


def write_video(group: Any, video: Video) -> None:
    """Write the ground truth of a video into a group of an open HDF5 file.

    Raises
    ------
    DatasetError
        Its maps lie in a video that changes its pixel format midway.
    """
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
    densities.write(group)
    files = [stamp.with_content({}) for stamp in video.truth_files()]
    about = {
        "name": video.name,
        "size": video.size,
        "gaze_size": video.gaze_size,
        "fingerprint": video.fingerprint(),
        "recipe": video.recipe,
        "odd_fixations": video.odd_fixations(),
        "coding": next(((coding.bits, coding.limited, coding.yuv) for coding in codings), None),
        "files": [[stamp.name, stamp.size, stamp.time, stamp.content] for stamp in files],
    }
    store(group, "about", np.frombuffer(json.dumps(about).encode(), np.uint8))
    store(group, "frames", np.array([frame.encode() for frame in video.frame_names], dtype=np.bytes_))
    store(group, "density_rows", np.array(rows, np.int64))
    store(group, "offsets", np.array(offsets, np.int64).reshape(-1, 2))
    store(group, "mean_density", video.mean_density())
    store(group, "points", np.concatenate([np.empty((0, 2), np.int32), *points]))


def store(group: Any, name: str, array: NDArray[Any]) -> None:
    """Store an array with checksums; an empty one has nothing to check."""
    protected = {"chunks": array.shape, "fletcher32": True} if array.size else {}
    group.create_dataset(name, data=array, **protected)


def _pair(sides: Any) -> tuple[int, int]:
    height, width = sides
    return int(height), int(width)


@lru_cache(maxsize=4)
def _open_once(path: Path, _size: int, _time: int) -> Any:
    import h5py

    with reading(path, "HDF5 file"):
        return h5py.File(path, "r", locking=False)  # what is only read needs no lock, which some disks do not have


def open_file(path: Path) -> Any:
    """Open a pack, once in a process; raise `FileError` where it is no HDF5 file."""
    with reading(path, "HDF5 file"):
        status = path.stat()
    return _open_once(path, status.st_size, status.st_mtime_ns)
