"""Whether the picture in a JPEG file is all there.

Where data are cut or zeroed, decoders fill in grey and say so on the terminal at most. JPEG has no sums, but its codes
follow each other without gaps: in damaged data, the last block does not end where the data do.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.datasets.files.guard.limits import check_pixels

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    _Walk = Callable[[NDArray[np.uint8], int, int], int]

_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # markers that state the size
_SEQUENTIAL, _PROGRESSIVE = (0xC0, 0xC1), 0xC2
_JFIF = 0xE0
_TABLES, _END, _SCAN, _RESTART = 0xC4, 0xD9, 0xDA, 0xDD
_SPARE = 512  # zeros behind the data, more than the codes of one block take
_MOST_SCANS = 100


@dataclass(slots=True)
class _Component:
    across: int  # blocks of a unit
    down: int
    blocks: tuple[int, int] = (0, 0)  # rows and columns of its own
    known: Any = None  # of a progressive picture: which numbers of its blocks are not zero
    steps: list[int] = field(default_factory=lambda: [-1] * 64)  # and how many of their low bits are still to come


@dataclass(slots=True)
class _Picture:
    kind: int = 0
    units: int = 0
    components: dict[int, _Component] = field(default_factory=dict)
    tables: dict[int, bytes] = field(default_factory=dict)  # counts and symbols, by class << 4 | number
    restart: int = 0
    scans: int = 0


def check_jpeg(data: bytes, where: str | Path) -> None:
    """Raise where the picture is damaged, cut short or too large; what it raises is for `reading`.

    Lossless pictures and those of arithmetic coding or of 12 bits are measured, and not looked into.
    """
    picture, place = _Picture(), 2
    while True:
        while data[place] == 0xFF and data[place + 1] == 0xFF:
            place += 1
        start, marker = data[place], data[place + 1]
        if start != 0xFF:
            raise ValueError("no marker where one should be")
        if marker == _END:
            break
        (length,) = struct.unpack_from(">H", data, place + 2)
        content = data[place + 4 : place + 2 + length]
        if length < 2 or len(content) < length - 2:
            raise EOFError("segment")
        place += 2 + length
        if marker in _SIZES:
            if picture.kind:
                raise ValueError("two pictures in one")
            _read_size(picture, marker, content, where)
            if marker not in (*_SEQUENTIAL, _PROGRESSIVE) or content[0] != 8:
                return
        elif marker == _JFIF and content.startswith(b"JFIF\0") and content[5] != 1:
            raise ValueError("a damaged header")
        elif marker == _TABLES:
            _read_tables(picture, content)
        elif marker == _RESTART:
            (picture.restart,) = struct.unpack(">H", content)
        elif marker == _SCAN:
            place = _check_scan(picture, content, data, place)
    if not picture.scans:
        raise EOFError("no scan")


def _read_size(picture: _Picture, marker: int, content: bytes, where: str | Path) -> None:
    _, height, width, count = struct.unpack_from(">BHHB", content)
    check_pixels((height, width), where)
    if not height or not width or len(content) < 6 + 3 * count:
        raise ValueError(f"a picture of {width}x{height}")
    picture.kind = marker
    for at in range(6, 6 + 3 * count, 3):
        name, sampling, _ = content[at : at + 3]
        if not 0 < sampling >> 4 <= 4 or not 0 < sampling & 15 <= 4:
            raise ValueError("a damaged header")
        picture.components[name] = _Component(sampling >> 4, sampling & 15)
    most_across = max(component.across for component in picture.components.values())
    most_down = max(component.down for component in picture.components.values())
    picture.units = math.ceil(width / (8 * most_across)) * math.ceil(height / (8 * most_down))
    for component in picture.components.values():
        component.blocks = (
            math.ceil(math.ceil(height * component.down / most_down) / 8),
            math.ceil(math.ceil(width * component.across / most_across) / 8),
        )
        if marker == _PROGRESSIVE:
            component.known = np.zeros((component.blocks[0] * component.blocks[1], 64), np.bool_)


def _read_tables(picture: _Picture, content: bytes) -> None:
    """Read Huffman tables."""
    place = 0
    while place < len(content):
        end = place + 17 + sum(content[place + 1 : place + 17])
        if len(content) < end:
            raise EOFError("table")
        picture.tables[content[place]] = content[place + 1 : end]
        place = end


@lru_cache(maxsize=64)  # most files of a folder have the same
def _unfold(tables: tuple[bytes, ...]) -> NDArray[np.uint16]:
    """Return for each table and any 16 bits the code that they begin with, shape (n, 65536)."""
    unfolded = np.zeros((len(tables), 1 << 16), np.uint16)
    for row, table in zip(unfolded, tables, strict=True):
        counts, symbols = np.frombuffer(table, np.uint8, 16), np.frombuffer(table, np.uint8, offset=16)
        lengths = np.repeat(np.arange(1, 17), counts)
        entries = np.repeat((lengths << 8 | symbols).astype(np.uint16), 1 << (16 - lengths))
        if len(entries) > 1 << 16:
            raise ValueError("a damaged table")
        row[: len(entries)] = entries
    return unfolded


def _check_scan(picture: _Picture, header: bytes, data: bytes, place: int) -> int:
    """Walk over a scan that begins at `place`, and return where it ends."""
    count = header[0]
    chosen = [(picture.components[header[at]], header[at + 1]) for at in range(1, 1 + 2 * count, 2)]
    first, last, steps = header[1 + 2 * count : 4 + 2 * count]
    parts, end = _cut_at_restarts(data, place)
    whole = chosen[0][0].blocks[0] * chosen[0][0].blocks[1]
    units = picture.units if count > 1 else whole
    each = picture.restart or units
    picture.scans += 1
    if picture.kind != _PROGRESSIVE and (first, last, steps) != (0, 63, 0):
        raise ValueError("a damaged scan")
    if len(parts) != -(-units // each) or picture.scans > _MOST_SCANS or not chosen:
        raise EOFError(f"{len(parts)} parts of {-(-units // each)}")
    if picture.kind == _PROGRESSIVE:
        _check_progression(chosen, first, last, steps)
    walk = _choose_walk(picture, chosen, (first, last, steps))
    for number, part in enumerate(parts):
        begin = number * each
        until = min(begin + each, units)
        ended = walk(part, begin, until)
        bits = 8 * (part.size - _SPARE)
        if ended > bits:
            raise EOFError("premature end of its data")
        if ended < 0 or bits - ended >= 8:
            raise ValueError("its data do not fit its tables" if ended < 0 else "more data than blocks")
    return end


def _check_progression(chosen: Sequence[tuple[_Component, int]], first: int, last: int, steps: int) -> None:
    """Raise where a scan does not go on where the one before it ended."""
    for component, _ in chosen:
        expected = [0 if before < 0 else before for before in component.steps[first : last + 1]]
        if (first and component.steps[0] < 0) or set(expected) != {steps >> 4} or last > 63:
            raise ValueError("its scans are not in order")
        component.steps[first : last + 1] = [steps & 15] * (last + 1 - first)


def _choose_walk(picture: _Picture, chosen: Sequence[tuple[_Component, int]], band: tuple[int, int, int]) -> _Walk:
    """Return what walks over a part of a scan from one unit to another, and returns the bit where it ends."""
    from videosal.datasets.files.guard.jpeg_kernels import walk_blocks, walk_first, walk_refining  # imports numba

    first, last, steps = band
    progressive = picture.kind == _PROGRESSIVE
    if progressive and first:
        component, names = chosen[0]
        table = _unfold((picture.tables[0x10 | (names & 15)],))[0]
        if not first <= last < 64 or len(chosen) > 1:
            raise ValueError("a damaged scan")
        walk = walk_refining if steps >> 4 else walk_first
        return lambda part, begin, until: walk(part, table, component.known, first, last, begin, until)
    blocks = [
        (names >> 4, 0x10 | (names & 15))
        for component, names in chosen
        for _ in range(component.across * component.down if len(chosen) > 1 else 1)
    ]
    if progressive and steps >> 4:
        return lambda part, begin, until: (until - begin) * len(blocks)  # one bit of each block
    used = list(dict.fromkeys(name for both in blocks for name in both[: 1 if progressive else 2]))
    tables = _unfold(tuple(picture.tables[name] for name in used))
    dc = np.array([used.index(dc) for dc, _ in blocks])
    ac = np.array([-1 if progressive else used.index(ac) for _, ac in blocks])
    return lambda part, begin, until: walk_blocks(part, tables, dc, ac, until - begin)


def _cut_at_restarts(data: bytes, place: int) -> tuple[list[NDArray[np.uint8]], int]:
    """Return the parts of a scan without stuffing, each with spare zeros behind it, and where the scan ends."""
    raw = np.frombuffer(data, np.uint8, offset=place)
    marks = np.flatnonzero(raw[:-1] == 0xFF)
    after = raw[marks + 1]
    markers = marks[after != 0]
    kinds = raw[markers + 1]
    ends = np.flatnonzero((kinds & 0xF8) != 0xD0)
    if not ends.size:
        raise EOFError("no end marker")
    restarts, end = markers[: ends[0]], int(markers[ends[0]])
    if ((kinds[: ends[0]] & 7) != np.arange(ends[0]) % 8).any():
        raise ValueError("its parts are not in order")
    starts = [0, *(int(mark) + 2 for mark in restarts)]
    stops = [*(int(mark) for mark in restarts), end]
    spare = np.zeros(_SPARE, np.uint8)
    stuffed = marks[after == 0] + 1
    parts = []
    for start, stop in zip(starts, stops, strict=True):
        inside = stuffed[(stuffed >= start) & (stuffed < stop)] - start
        parts.append(np.concatenate([np.delete(raw[start:stop], inside), spare]))
    return parts, place + end
