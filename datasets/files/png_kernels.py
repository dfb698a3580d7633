"""Compiled loops that undo the filters of a PNG (its specification, section 9), for pixels of one byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from videosal.metrics.kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]

_SUB, _UP, _AVERAGE, _PAETH = 1, 2, 3, 4


@kernel
def undo_filters(filtered: Bytes, image: Bytes) -> bool:
    """Fill image (H, W) from rows of 1 + W bytes, of which the first names the filter; False where it names none."""
    height, width = image.shape
    above = np.zeros(width, np.uint8)
    row = 0
    while row < height:
        start = row * (width + 1)
        kind = filtered[start]
        source, target = filtered[start + 1 : start + 1 + width], image[row]
        if kind == 0:
            target[:] = source
        elif kind == _SUB:
            _undo_sub(source, target)
        elif kind == _UP:
            _undo_up(source, above, target)
        elif kind == _AVERAGE:
            _undo_average(source, above, target)
        elif kind == _PAETH:
            # Two rows at once where both are of this kind: neither waits for the other's arithmetic.
            following = start + 1 + width
            if row + 1 < height and filtered[following] == _PAETH:
                _undo_two_paeth(source, filtered[following + 1 : following + 1 + width], above, target, image[row + 1])
                row += 1
                target = image[row]
            else:
                _undo_paeth(source, above, target)
        else:
            return False
        above = target
        row += 1
    return True


@kernel
def _undo_sub(source: Bytes, target: Bytes) -> None:
    left = np.uint8(0)
    for i in range(target.size):
        left = np.uint8(left + source[i])
        target[i] = left


@kernel
def _undo_up(source: Bytes, above: Bytes, target: Bytes) -> None:
    for i in range(target.size):
        target[i] = np.uint8(source[i] + above[i])


@kernel
def _undo_average(source: Bytes, above: Bytes, target: Bytes) -> None:
    left = np.uint8(0)
    for i in range(target.size):
        left = np.uint8(source[i] + ((np.int32(left) + np.int32(above[i])) >> 1))
        target[i] = left


@kernel
def _undo_paeth(source: Bytes, above: Bytes, target: Bytes) -> None:
    left = corner = np.int32(0)
    for i in range(target.size):
        up = np.int32(above[i])
        left = _undone(source[i], left, up, corner)
        target[i] = left
        corner = up


@kernel
def _undo_two_paeth(first: Bytes, second: Bytes, above: Bytes, upper: Bytes, lower: Bytes) -> None:
    """As `_undo_paeth` of one row and then of the next, the lower one pixel behind the upper."""
    nothing = np.int32(0)
    corner = np.int32(above[0])
    left = _undone(first[0], nothing, corner, nothing)
    upper[0] = left
    behind = under_corner = nothing
    for i in range(1, upper.size):
        up, up_behind = np.int32(above[i]), left
        left = _undone(first[i], left, up, corner)
        behind = _undone(second[i - 1], behind, up_behind, under_corner)
        upper[i], lower[i - 1] = left, behind
        corner, under_corner = up, up_behind
    lower[-1] = _undone(second[-1], behind, left, under_corner)


@kernel
def _undone(value: np.uint8, left: np.int32, up: np.int32, corner: np.int32) -> np.int32:
    """Add to a byte its neighbour nearest to left + up - corner; of equally near ones the first in that order.

    The nearest is the smaller of left and up where the larger is at most 3 * corner - left - up, which then lies
    above all three; likewise the larger; else the corner.
    """
    bound = np.int32(3 * corner - left - up)
    low, high = min(left, up), max(left, up)
    nearest = low if high <= bound else (high if bound <= low else corner)
    return np.int32((np.int32(value) + nearest) & 255)
