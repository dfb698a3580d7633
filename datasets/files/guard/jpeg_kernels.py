"""Compiled loops that walk over the codes of a JPEG scan (ITU-T T.81, annexes F and G) without making a picture.

A scan is whole where all its blocks are there and nothing is left behind them but the bits that fill the last byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.metrics.kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Tables = NDArray[np.uint16]  # (n, 65536): for the next 16 bits, length << 8 | symbol of the code; 0 for none

BAD = -1  # in place of where a scan ends: a code that no table has, or a block of more than 64 numbers


@kernel
def walk_blocks(data: Bytes, tables: Tables, dc: Any, ac: Any, count: int) -> Any:
    """Walk over `count` units of a sequential scan.

    Parameters
    ----------
    data : ndarray of uint8
        The scan without stuffing, and 512 bytes of zeros behind it.
    tables : ndarray, shape (n, 65536), dtype uint16
    dc, ac : ndarray of int64
        For each block of a unit, its tables; `ac` of -1 where the scan holds the first numbers of blocks only.
    count : int

    Returns
    -------
    int
        The bit behind the last block; beyond the data where these end before it. `BAD` for a code that is none.
    """
    bit, total = 0, (data.size - 512) * 8
    for _ in range(count):
        for block in range(dc.size):
            code = _code(data, bit, tables[dc[block]])
            if code == 0:
                return BAD
            bit += (code >> 8) + (code & 255)
            place = 1 if ac[block] >= 0 else 64
            while place < 64:
                code = _code(data, bit, tables[ac[block]])
                if code == 0:
                    return BAD
                run, size = (code & 255) >> 4, code & 15
                bit += (code >> 8) + size
                if size == 0 and run != 15:
                    break
                place += run + 1
                if place > 64:
                    return BAD
            if bit > total:
                return bit
    return bit


@kernel
def walk_first(data: Bytes, table: Any, known: Any, first: int, last: int, start: int, stop: int) -> Any:
    """Walk over the first pass of a progressive scan of blocks `start` to `stop`, and note which numbers are not zero.

    `known` (blocks, 64) takes the notes; `first` and `last` are the numbers of a block that the scan holds.
    """
    bit, total, skip = 0, (data.size - 512) * 8, 0
    for block in range(start, stop):
        if skip > 0:
            skip -= 1
            continue
        place = first
        while place <= last:
            code = _code(data, bit, table)
            if code == 0:
                return BAD
            run, size = (code & 255) >> 4, code & 15
            bit += code >> 8
            if size == 0 and run < 15:
                skip = (1 << run) - 1
                if run:
                    skip += _bits(data, bit, run)
                bit += run
                break
            place += run
            if place > last:
                return BAD
            if size:
                known[block, place] = True
                bit += size
            place += 1
        if bit > total:
            return bit
    return BAD if skip > 0 else bit


@kernel
def walk_refining(data: Bytes, table: Any, known: Any, first: int, last: int, start: int, stop: int) -> Any:
    """As `walk_first`, of a later pass: each number that is known has a bit of its own."""
    bit, total, skip = 0, (data.size - 512) * 8, 0
    for block in range(start, stop):
        place = first
        while place <= last and skip == 0:
            code = _code(data, bit, table)
            if code == 0:
                return BAD
            run, size = (code & 255) >> 4, code & 15
            bit += (code >> 8) + size
            if size > 1:
                return BAD
            if size == 0 and run < 15:
                skip = 1 << run
                if run:
                    skip += _bits(data, bit, run)
                bit += run
                break
            while place <= last:
                if known[block, place]:
                    bit += 1
                elif run == 0:
                    break
                else:
                    run -= 1
                place += 1
            if size:
                if place > last:
                    return BAD
                known[block, place] = True
            place += 1
        if skip > 0:
            for rest in range(place, last + 1):
                bit += known[block, rest]
            skip -= 1
        if bit > total:
            return bit
    return BAD if skip > 0 else bit


@kernel
def _code(data: Bytes, bit: int, table: Any) -> Any:
    """Look up the code that begins at a bit: length << 8 | symbol."""
    place = bit >> 3
    ahead = (np.int64(data[place]) << 16) | (np.int64(data[place + 1]) << 8) | np.int64(data[place + 2])
    return np.int64(table[(ahead >> (8 - (bit & 7))) & 0xFFFF])


@kernel
def _bits(data: Bytes, bit: int, count: int) -> Any:
    """Return the number in the next bits, 15 at most."""
    place = bit >> 3
    ahead = (np.int64(data[place]) << 16) | (np.int64(data[place + 1]) << 8) | np.int64(data[place + 2])
    return (ahead >> (24 - (bit & 7) - count)) & ((1 << count) - 1)
