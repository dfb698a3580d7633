"""MATLAB files of the formats 4 and 5, read here: SciPy's compiled reader dies of some damaged files, and reads all.

Only arrays of numbers are read, full or sparse; text, cells, structs and objects are listed and passed over.
"""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.datasets.files.guard.failures import reading
from videosal.datasets.files.guard.limits import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_WHAT = "MATLAB file"
_HEADER = 128  # bytes of format 5
_COMPRESSED, _MATRIX = 15, 14
_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_SPARSE, _FIRST_NUMBER, _LAST_NUMBER = 5, 6, 15  # classes
_COMPLEX, _LOGICAL = 0x0800, 0x0200
_HEAD = 1 << 12  # unpacked bytes in which class, shape and name of a variable stand
_V4_NUMBERS = ("f8", "f4", "i4", "i2", "u2", "u1")
_V4_SPARSE = 2


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a file.

    Attributes
    ----------
    shape : tuple of int
        Two sides or more.
    numbers : bool
        Whether it is an array of real numbers.
    read : callable
        Returns the array, in the dtype that it is stored in.
    """

    shape: tuple[int, ...]
    numbers: bool
    read: Callable[[], NDArray[Any]]


def list_variables(data: bytes, where: str | Path) -> dict[str, Variable]:
    """List the variables of a file by name; their values are read when they are asked for.

    Parameters
    ----------
    data : bytes
        The whole file.
    where : str or path
        Its name, for messages.

    Raises
    ------
    FileError
        It is damaged, cut short, or no such file; `Variable.read` raises it too.
    """
    with reading(where, _WHAT):
        if len(data) < 20:
            raise EOFError("header")
        return dict(_list_v4(data, where) if 0 in data[:4] else _list_v5(memoryview(data), where))


def _list_v5(data: memoryview, where: str | Path) -> Iterator[tuple[str, Variable]]:
    order = {b"IM": "<", b"MI": ">"}.get(bytes(data[126:_HEADER]))
    if order is None:
        raise ValueError("neither of format 4 nor of format 5")
    place = _HEADER
    while place < len(data):
        kind, length = struct.unpack_from(f"{order}II", data, place)
        content = data[place + 8 : place + 8 + length]
        place += 8 + length
        if len(content) < length:
            raise EOFError("variable")
        if kind not in (_COMPRESSED, _MATRIX):
            raise ValueError(f"an element of type {kind}")
        head = _unpack_head(content, order) if kind == _COMPRESSED else content
        matrix = _parse_head(head, order)
        if matrix.name:  # without one it is what belongs to functions
            yield matrix.name, _variable(matrix, content, kind == _COMPRESSED, where)


@dataclass(frozen=True, slots=True)
class _Matrix:
    name: str
    kind: int
    shape: tuple[int, ...]
    is_complex: bool
    is_logical: bool
    start: int  # of its values, behind its name
    order: str


def _variable(matrix: _Matrix, content: memoryview, compressed: bool, where: str | Path) -> Variable:
    def read() -> NDArray[Any]:
        with reading(where, _WHAT):
            return _read_values(matrix, _unpack(content, matrix) if compressed else content)

    full = _FIRST_NUMBER <= matrix.kind <= _LAST_NUMBER
    return Variable(matrix.shape, (full or matrix.kind == _SPARSE) and not matrix.is_complex, read)


def _unpack_head(content: memoryview, order: str) -> memoryview:
    """Unpack the beginning of a compressed variable, without the tag in front of it."""
    head = zlib.decompressobj().decompress(content, _HEAD)
    kind, _ = struct.unpack_from(f"{order}II", head)
    if kind != _MATRIX:
        raise ValueError(f"a compressed element of type {kind}")
    return memoryview(head)[8:]


def _unpack(content: memoryview, matrix: _Matrix) -> memoryview:
    """Unpack a whole variable, whose checksum is checked."""
    unpacker = zlib.decompressobj()
    head = unpacker.decompress(content, 8)
    _, length = struct.unpack(f"{matrix.order}II", head)
    # A value takes 8 bytes at most; that of a sparse matrix 12, and has no bound but what is claimed.
    most = matrix.start + 64 + 8 * math.prod(matrix.shape) * (1 + matrix.is_complex)
    if length > MOST_BYTES or (matrix.kind != _SPARSE and length > most):
        raise ValueError(f"a variable that unpacks to {length} bytes")
    body = unpacker.decompress(unpacker.unconsumed_tail, length + 8)
    if not unpacker.eof or len(body) < length:
        raise EOFError("compressed variable")
    return memoryview(body)


def _parse_head(head: memoryview, order: str) -> _Matrix:
    """Parse class, shape and name, which begin every variable."""
    flags, place = _element(head, 0, order)
    sides, place = _element(head, place, order)
    name, place = _element(head, place, order)
    (word,) = struct.unpack_from(f"{order}I", flags)
    shape = tuple(np.frombuffer(sides, f"{order}i4").tolist())
    if len(shape) < 2 or min(shape) < 0:
        raise ValueError(f"a variable of shape {shape}")
    flags_set = bool(word & _COMPLEX), bool(word & _LOGICAL)
    return _Matrix(bytes(name).decode("latin-1"), word & 0xFF, shape, *flags_set, place, order)


def _element(data: memoryview, place: int, order: str) -> tuple[memoryview, int]:
    """Return the bytes of an element, and where the next one begins."""
    (word,) = struct.unpack_from(f"{order}I", data, place)
    if word >> 16:  # up to four bytes, in the tag
        length, start, end = word >> 16, place + 4, place + 8
    else:
        (length,) = struct.unpack_from(f"{order}I", data, place + 4)
        start = place + 8
        end = start + length + -length % 8
    content = data[start : start + length]
    if len(content) < length or length > end - start:
        raise EOFError("element")
    return content, end


def _numbers(data: memoryview, place: int, order: str) -> tuple[NDArray[Any], int]:
    content, end = _element(data, place, order)
    (word,) = struct.unpack_from(f"{order}I", data, place)
    kind = word & 0xFFFF if word >> 16 else word
    dtype = np.dtype(f"{order}{_NUMBERS[kind]}")
    values = np.frombuffer(content, dtype)
    return values.astype(dtype.newbyteorder("="), copy=False), end


def _read_values(matrix: _Matrix, body: memoryview) -> NDArray[Any]:
    values, place = _numbers(body, matrix.start, matrix.order)
    if matrix.kind != _SPARSE:
        if values.size != math.prod(matrix.shape):
            raise ValueError(f"{values.size} numbers for the shape {matrix.shape}")
        return values.reshape(matrix.shape, order="F")
    ends, place = _numbers(body, place, matrix.order)
    count = int(ends[-1])
    if matrix.is_logical and len(_element(body, place, matrix.order)[0]) < 8 * len(values):
        stored = np.frombuffer(_element(body, place, matrix.order)[0], np.uint8)  # whatever type the tag states
    else:
        stored, _ = _numbers(body, place, matrix.order)
    columns = np.repeat(np.arange(matrix.shape[1]), np.diff(ends))
    return _fill(matrix.shape, values[:count], columns[:count], stored[:count])


def _fill(shape: tuple[int, ...], rows: NDArray[Any], columns: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
    """Return a sparse matrix as an array; what is given twice is added up."""
    if math.prod(shape) > MOST_BYTES // 8:
        raise ValueError(f"a sparse matrix of shape {shape}")
    if min(rows.min(initial=0), columns.min(initial=0)) < 0:
        raise ValueError("a place outside the matrix")
    full = np.zeros(shape, values.dtype)
    np.add.at(full, (rows, columns), values)
    return full


def _list_v4(data: bytes, where: str | Path) -> Iterator[tuple[str, Variable]]:
    place = 0
    while place < len(data):
        order = "<" if struct.unpack_from("<i", data, place)[0] in range(5000) else ">"
        kind, rows, columns, imaginary, length = struct.unpack_from(f"{order}5i", data, place)
        precision, form = kind // 10 % 10, kind % 10
        if kind // 1000 not in (0, 1) or min(rows, columns, length) < 0 or imaginary not in (0, 1):
            raise ValueError("neither of format 4 nor of format 5")
        dtype = np.dtype(f"{order}{_V4_NUMBERS[precision]}")
        start = place + 20 + length
        count = rows * columns * (1 + imaginary)
        if start + count * dtype.itemsize > len(data):
            raise EOFError("variable")
        name = data[place + 20 : start].rstrip(b"\0").decode("latin-1")
        place = start + count * dtype.itemsize
        yield name, _v4_variable(np.frombuffer(data, dtype, count, start), rows, columns, form, imaginary, where)


def _v4_variable(
    values: NDArray[Any], rows: int, columns: int, form: int, imaginary: int, where: str | Path
) -> Variable:
    table = values[: rows * columns].reshape((rows, columns), order="F")
    native = table.astype(table.dtype.newbyteorder("="), copy=False)
    if form != _V4_SPARSE:
        return Variable((rows, columns), form == 0 and not imaginary, lambda: native)
    # Row, column, value; the last row holds the shape.
    if rows < 1 or columns not in (3, 4) or not np.isfinite(native).all() or native[-1, :2].min() < 0:
        raise ValueError("a sparse matrix without rows, columns and values")
    height, width = (int(side) for side in native[-1, :2])

    def read() -> NDArray[Any]:
        with reading(where, _WHAT):
            places = native[:-1, :2].astype(np.int64) - 1
            return _fill((height, width), places[:, 0], places[:, 1], native[:-1, 2])

    return Variable((height, width), columns == 3, read)
