"""Arrays in ``.npy`` files: the header is read here, since NumPy's reader runs Python's parser over it."""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from videosal.datasets.files.guard.failures import reading
from videosal.errors import DamagedFileError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_MAGIC = b"\x93NUMPY"
_HEAD = 1 << 14  # bytes that hold any header of an array of numbers
_DTYPE = re.compile(r"['\"]descr['\"]\s*:\s*['\"]([<>|=]?[a-zA-Z]\d{0,3})['\"]")
_ORDER = re.compile(r"['\"]fortran_order['\"]\s*:\s*(True|False)")
_SHAPE = re.compile(r"['\"]shape['\"]\s*:\s*\(([\d\sL,]*)\)")  # Python 2 wrote 3L


@dataclass(frozen=True, slots=True)
class NpyHeader:
    """What the head of a file says of the array behind it.

    Attributes
    ----------
    dtype : numpy.dtype
    shape : tuple of int
    order : {"C", "F"}
    start : int
        Where the numbers begin, in bytes.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    order: Literal["C", "F"]
    start: int

    @property
    def end(self) -> int:
        """Where the numbers end, in bytes."""
        return self.start + math.prod(self.shape) * self.dtype.itemsize


def read_npy_header(head: bytes, size: int, where: str | Path) -> NpyHeader:
    """Parse the head of a ``.npy`` file.

    Parameters
    ----------
    head : bytes
        The first 16 KB of the file, or all of it.
    size : int
        Bytes of the whole file.
    where : str or path
        The file, for messages.

    Raises
    ------
    FileError
        It is no such file, holds objects or records, or is shorter than its header says.
    """
    with reading(where, ".npy array"):
        if not head.startswith(_MAGIC):
            raise ValueError("it does not begin as one")
        wide = head[6] > 1
        (length,) = struct.unpack_from("<I" if wide else "<H", head, 8)
        start = (12 if wide else 10) + length
        if start > min(len(head), _HEAD):
            raise EOFError("header")
        text = head[12 if wide else 10 : start].decode("latin-1")
        dtype, order, shape = (pattern.search(text) for pattern in (_DTYPE, _ORDER, _SHAPE))
        if dtype is None or order is None or shape is None or "O" in dtype[1]:
            raise NotImplementedError("a header that is not that of an array of numbers")
        sides = tuple(int(side.strip().rstrip("L")) for side in shape[1].split(",") if side.strip())
        header = NpyHeader(np.dtype(dtype[1]), sides, "F" if order[1] == "True" else "C", start)
    if header.dtype.itemsize == 0 or header.end > size:
        raise DamagedFileError(
            f"{where}: not a readable .npy array: it is cut short (of {header.end} bytes, {size} are there)"
        )
    return header


def decode_npy(data: bytes, where: str | Path) -> NDArray[Any]:
    """Return the array in a whole file; raises as `read_npy_header` does."""
    header = read_npy_header(data[:_HEAD], len(data), where)
    count = math.prod(header.shape)
    with reading(where, ".npy array"):
        flat = np.frombuffer(data, header.dtype, count, header.start)
        return flat.reshape(header.shape, order=header.order).copy(order="K")


def map_npy(path: Path) -> NDArray[Any]:
    """Return the array in a file on disk, of which only what is looked at is read; raises as `read_npy_header` does."""
    with reading(path, ".npy array"), path.open("rb") as file:
        head = file.read(_HEAD)
        size = file.seek(0, 2)
    header = read_npy_header(head, size, path)
    if not math.prod(header.shape):
        return np.empty(header.shape, header.dtype)  # there is nothing to map
    with reading(path, ".npy array"):
        return np.memmap(path, header.dtype, "r", header.start, header.shape, header.order)
