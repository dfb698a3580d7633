"""MATLAB files, old (4, 5) and new (7.3, which is HDF5), full or sparse: maps, whatever their key is called."""

from __future__ import annotations

import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.datasets.files.guard.failures import reading
from videosal.datasets.files.guard.limits import check_frames, check_pixels, check_stored
from videosal.datasets.files.guard.old_matlab import list_variables
from videosal.datasets.files.images import read_bytes
from videosal.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from videosal.datasets.files.guard.old_matlab import Variable

# What the field calls a map, in the order of preference: DHF1K, STAViS, DIEM20 (fixations, maps, negatives), SALICON.
KNOWN_KEYS = ("I", "eyeMap", "fixLoc", "fixMap", "ShufMap", "gaze", "salmap")

_V4_BYTES = (8, 4, 4, 2, 2, 1)  # of a number, by the precision that the header of format 4 gives
_V4_NAME = 64
_V5_HEADER = 128
_HDF5 = b"\x89HDF\r\n\x1a\n"
_HDF5_OFFSET = 512  # MATLAB puts its own header of 512 bytes in front


def read_mat_map(path: Path) -> NDArray[Any]:
    """Read the one map that a MATLAB file holds.

    Parameters
    ----------
    path : Path
        Format 4, 5 or 7.3, sparse or not.
        The map is the array under one of `KNOWN_KEYS`, else the only two-dimensional array of numbers.

    Returns
    -------
    ndarray, shape (H, W)
        In the file's own dtype; the axes of format 7.3, which are stored transposed, are put right.

    Raises
    ------
    FileError
        The file is damaged, holds no map, or several of which none has a known key.
    """
    if is_hdf5(path):
        with open_hdf5(path) as file:
            shapes = _hdf5_shapes(file)
            key = _choose(path, shapes, 2)
            check_pixels(shapes[key], path)
            return _read_hdf5_map(file[key])
    variables = list_variables(read_bytes(path), path)
    return variables[_choose_variable(path, variables)].read()


def map_shape(path: Path) -> tuple[int, int]:
    """Return height and width of the map in a MATLAB file from its headers; raises as `read_mat_map` does."""
    if is_hdf5(path):
        with open_hdf5(path) as file:
            shapes = _hdf5_shapes(file)
            height, width = shapes[_choose(path, shapes, 2)]
    else:
        variables = list_variables(read_bytes(path), path)
        height, width = variables[_choose_variable(path, variables)].shape
    return int(height), int(width)


def read_stack_shape(path: Path) -> tuple[int, int, int]:
    """Return the number of frames, height and width of a 7.3 file with one array H x W x 1 x T (or H x W x T)."""
    with open_hdf5(path) as file:
        shape = file[_stack_key(path, file)].shape
    check_pixels((int(shape[-1]), int(shape[-2])), path)
    return check_frames(int(shape[0]), path), int(shape[-1]), int(shape[-2])


def read_stack_map(path: Path, index: int) -> NDArray[Any]:
    """Read the map of the frame at `index` of a 7.3 file with one array for all frames, and nothing else of it."""
    with open_hdf5(path) as file:
        stack = check_stored(file[_stack_key(path, file)], path)
        check_pixels(stack.shape[-2:], path)
        return np.asarray(stack[index]).reshape(stack.shape[-2:]).T


def find_mat_damage(path: Path) -> str | None:
    """Say what is wrong with a MATLAB file, judged by its header and its length; None if nothing is."""
    try:
        with path.open("rb", buffering=0) as file:
            head = file.read(_V5_HEADER + 8)
            size = file.seek(0, 2)
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"
    if not head:
        return "is empty (0 bytes)"
    if head.startswith((b"MATLAB 7.3", _HDF5)):
        return None
    if not head.startswith(b"MATLAB 5"):
        return _find_v4_damage(head, size)
    order = "<" if head[126:128] == b"IM" else ">"
    kind, length = struct.unpack(f"{order}II", head[_V5_HEADER:]) if len(head) == _V5_HEADER + 8 else (0, size)
    if kind >> 16 == 0 and size < _V5_HEADER + 8 + length:  # a small element keeps its length in the upper half
        return "is truncated (a MATLAB file shorter than its header says)"
    return None


def _find_v4_damage(head: bytes, size: int) -> str | None:
    """Judge a file by the header of format 4: type, rows, columns, imaginary part, length of name."""
    for order in "<>":
        kind, rows, columns, imaginary, length = struct.unpack(f"{order}5i", head[:20].ljust(20, b"\xff"))
        precision = kind // 10 % 10
        machine = {"<": 0, ">": 1}[order]
        if kind // 1000 == machine and precision < len(_V4_BYTES) and imaginary in (0, 1) and 0 < length <= _V4_NAME:
            needed = 20 + length + rows * columns * _V4_BYTES[precision] * (1 + imaginary)
            return "is truncated (a MATLAB file shorter than its header says)" if size < needed else None
    return "is not a MATLAB file"


def _hdf5_shapes(file: Any) -> dict[str, tuple[int, ...]]:
    """Shapes of the arrays of a 7.3 file as MATLAB has them; a sparse one is a group that knows its rows."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name, item in file.items():
        if "MATLAB_sparse" in item.attrs and "jc" in item:
            shapes[name] = int(item.attrs["MATLAB_sparse"]), item["jc"].size - 1
        elif "MATLAB_empty" in item.attrs and hasattr(item, "shape"):  # its shape is its content
            shapes[name] = tuple(int(side) for side in np.ravel(item[()]))
        elif hasattr(item, "shape"):
            shapes[name] = item.shape[::-1]
    return shapes


def _read_hdf5_map(item: Any) -> NDArray[Any]:
    """Read a map of a 7.3 file, whose axes are stored transposed."""
    if "MATLAB_empty" in item.attrs and hasattr(item, "shape"):
        return np.zeros([int(side) for side in np.ravel(item[()])])
    if hasattr(item, "shape"):
        return np.asarray(item).T
    ends = np.asarray(item["jc"], np.int64)
    full = np.zeros((int(item.attrs["MATLAB_sparse"]), len(ends) - 1))
    if "ir" in item:  # absent where nothing is marked
        if max(item["ir"].size, item["data"].size) > full.size:
            raise ValueError("a sparse matrix with more numbers than places")
        full[np.asarray(item["ir"], np.int64), np.repeat(np.arange(len(ends) - 1), np.diff(ends))] = item["data"]
    return full


def is_hdf5(path: Path) -> bool:
    """Whether the file is of MATLAB's format 7.3, told by its content."""
    try:
        with path.open("rb") as file:
            return begins_as_hdf5(file.read(_HDF5_OFFSET + len(_HDF5)))
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror or error})") from error


def begins_as_hdf5(head: bytes) -> bool:
    """Whether a file of MATLAB is of format 7.3, or says that it is, judged by its first bytes."""
    return head.startswith((_HDF5, b"MATLAB 7.3")) or head[_HDF5_OFFSET : _HDF5_OFFSET + len(_HDF5)] == _HDF5


@contextmanager
def open_hdf5(path: Path) -> Iterator[Any]:
    """Open a 7.3 file for reading; raises `FileError` where it is damaged."""
    import h5py

    with reading(path, "MATLAB file"), h5py.File(path, "r", locking=False) as file:
        yield file


def _choose_variable(path: Path, variables: Mapping[str, Variable]) -> str:
    """Pick the map among the variables of an old file."""
    shapes = {name: variable.shape for name, variable in variables.items() if variable.numbers}
    if not shapes and variables:
        raise FileError(f"{path}: holds {', '.join(variables)}, expected a map of numbers")
    key = _choose(path, shapes, 2)
    check_pixels(shapes[key], path)
    return key


def _stack_key(path: Path, file: Any) -> str:
    shapes = {name: item.shape for name, item in file.items() if hasattr(item, "shape")}
    return _choose(path, {name: shape for name, shape in shapes.items() if len(shape) in (3, 4)}, None)


def _choose(path: Path, shapes: dict[str, tuple[int, ...]], dimensions: int | None) -> str:
    """Pick the key of the map: a known one, else the only one that can be a map."""
    fitting = [key for key, shape in shapes.items() if dimensions is None or len(shape) == dimensions]
    for key in KNOWN_KEYS:
        if key in fitting:
            return key
    # A scalar or a row of numbers is a property beside the map, no map.
    maps = [key for key in fitting if min(shapes[key]) > 1 or dimensions is None]
    if len(maps) == 1:
        return maps[0]
    found = ", ".join(f"{key} {'x'.join(map(str, shape))}" for key, shape in shapes.items()) or "no array"
    raise FileError(f"{path}: holds {found}, expected one map, under {', '.join(KNOWN_KEYS[:-1])} or {KNOWN_KEYS[-1]}")
