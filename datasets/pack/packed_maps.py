"""The density maps of one video of a pack: each compressed on its own, one after the other in one array of bytes.

A map is kept as its shape, a count of runs, its dtype, and the starts, ends and values of the runs. Where it is not of
8 bits, or hardly a pixel of it is zero, the count is -1 and the map follows as it is.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.datasets.files.guard.limits import MOST_BYTES, check_pixels
from videosal.datasets.files.png import unpack
from videosal.errors import FileError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HEADER = struct.Struct("<3i4s")  # height, width, runs, dtype
_WHOLE = -1  # in place of the count of runs
_WORTH = 0.5  # share of pixels that are not zero, up to which a map is kept in runs
_CHUNK = 1 << 16  # bytes that HDF5 reads at once: several maps
_AHEAD = 32  # maps that are read at once


class MapWriter:
    """Collects the maps of a video, compressed, and stores them at the end."""

    def __init__(self) -> None:
        self._maps: list[bytes] = []
        self._places = [(0, 0)]  # where each ends, and how many bytes it takes when it is unpacked

    def __len__(self) -> int:
        return len(self._maps)

    def add(self, density: NDArray[Any]) -> None:
        """Compress a map."""
        count, parts = _WHOLE, [density]
        if density.dtype == np.uint8 and np.count_nonzero(density) <= _WORTH * density.size:
            from videosal.datasets.pack.runs import find_runs  # imports numba

            parts = list(find_runs(density))
            count = len(parts[0])
        header = _HEADER.pack(*density.shape, count, density.dtype.str.encode())
        content = header + b"".join(part.tobytes() for part in parts)
        self._maps.append(zlib.compress(content))
        self._places.append((self._places[-1][0] + len(self._maps[-1]), len(content)))

    def write(self, group: Any) -> None:
        """Store the maps as ``density``, and where they lie as ``density_places``."""
        content = np.frombuffer(b"".join(self._maps), np.uint8)
        group.create_dataset("density", data=content, chunks=(min(_CHUNK, content.size),) if content.size else None)
        places = np.array(self._places, np.int64)
        group.create_dataset("density_places", data=places, chunks=places.shape, fletcher32=True)


class MapReader:
    """Reads what a `MapWriter` wrote, some maps ahead, as maps are mostly asked for in their order."""

    def __init__(self, group: Any, where: str) -> None:
        self._group, self._where = group, where
        self._places: list[tuple[int, int]] = group["density_places"][:].tolist()
        self._first = 0  # of the maps in memory
        self._block: NDArray[np.uint8] = np.empty(0, np.uint8)

    def read(self, index: int) -> NDArray[Any]:
        """Return a map; raise `FileError` where it is damaged."""
        (start, _), (end, size) = self._places[index : index + 2]
        if not 0 <= start <= end or not 0 <= size <= MOST_BYTES:
            raise FileError(f"{self._where}, map {index + 1}: the pack is damaged: pack the data set again")
        origin = self._places[self._first][0]
        if index < self._first or end > origin + self._block.size:
            last, origin = min(index + _AHEAD, len(self._places) - 1), start
            # Opened for each block: HDF5 keeps megabytes of an open array in memory, and a pack has hundreds of videos.
            self._first, self._block = index, self._group["density"][start : self._places[last][0]]
        content = unpack(self._block[start - origin : end - origin].data, size)
        if index == len(self._places) - 2:
            self._first, self._block = 0, self._block[:0].copy()  # the video is done
        if content is None:
            raise FileError(f"{self._where}, map {index + 1}: the density map is damaged: pack the data set again")
        return _open_map(content, f"{self._where}, map {index + 1}")


def _open_map(content: bytes | bytearray, where: str) -> NDArray[Any]:
    height, width, runs, dtype = _HEADER.unpack_from(content)
    check_pixels((height, width), where)
    start = _HEADER.size
    if runs == _WHOLE:
        return np.frombuffer(content, dtype.rstrip(b"\0").decode(), offset=start).reshape(height, width)
    from videosal.datasets.pack.runs import fill_runs

    starts, ends = np.frombuffer(content, np.int32, 2 * runs, start).reshape(2, runs)
    values = np.frombuffer(content, np.uint8, offset=start + 8 * runs)
    places = np.stack([starts, ends], axis=1).ravel()  # ascending, or the compiled loop would write elsewhere
    if runs and (places[0] < 0 or places[-1] > height * width or (np.diff(places) < 0).any()):
        raise FileError(f"{where}: the density map is damaged: pack the data set again")
    if int((ends.astype(np.int64) - starts).sum()) != values.size:
        raise FileError(f"{where}: the density map is damaged: pack the data set again")
    density = np.zeros((height, width), np.uint8)
    fill_runs(starts, ends, values, density.reshape(-1))
    return density
