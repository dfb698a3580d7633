"""Compiled loops over the codes of a packed TIFF strip (TIFF 6.0, sections 9 and 13) that count what they give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.metrics.kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]

_CLEAR, _END, _FREE, _FULL = 256, 257, 258, 4096  # codes of LZW


@kernel
def count_lzw(packed: Bytes, wanted: int) -> int:
    """Return how many bytes LZW codes give, counting up to `wanted`; -1 for a code that is not in the table yet."""
    lengths = np.ones(_FULL + 1, np.int64)
    bit, width, free, last, given = 0, 9, _FREE, -1, 0
    while given < wanted and bit + width <= packed.size * 8:
        code = 0
        for at in range(bit, bit + width):
            code = code << 1 | ((packed[at >> 3] >> (7 - (at & 7))) & 1)
        bit += width
        if code == _CLEAR:
            width, free, last = 9, _FREE, -1
            continue
        if code == _END:
            break
        if last < 0:
            if code > 255:
                return -1
        else:
            if code > free or free > _FULL:
                return -1
            lengths[free] = lengths[last] + 1
            free += 1
            if free == (1 << width) - 1 and width < 12:
                width += 1
        given += lengths[code]
        last = code
    return given


@kernel
def count_packbits(packed: Bytes, wanted: int) -> Any:
    """Return how many bytes runs give, counting up to `wanted`; -1 where one is cut."""
    place, given = np.int64(0), np.int64(0)
    while given < wanted and place < packed.size:
        head = np.int64(packed[place])
        place += 1
        if head < 128:
            place += head + 1
            given += head + 1
            if place > packed.size:
                return -1
        elif head > 128:
            place += 1
            given += 257 - head
    return given
