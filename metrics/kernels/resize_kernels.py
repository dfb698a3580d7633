"""Compiled loops of resizing: weighted sums of rows, and of columns.

Each sum is taken of the differences from its nearest tap. So a flat area stays exactly flat, and pixels that should tie
do tie, instead of being told apart by rounding. Nothing is reordered: the bits are the same on every machine.

The other taps come in threes, as :func:`videosal.metrics.frame.resize.split_taps` makes them; where a map grows there
are three.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from videosal.metrics.kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Index = NDArray[np.uint64]

# Rows that lie side by side while columns are mixed: so many that numba uses vector registers, which it does for long
# loops alone. What it indexes by is unsigned, so that it need not ask whether it counts from the end.
_LANES = 32
_STRIDE = np.uint64(_LANES)
_ONE, _TWO = np.uint64(1), np.uint64(2)
_POLE = np.sqrt(3.0) - 2.0


@kernel
def resize_rows(result: Floats, pixels: Floats, index: Index, weights: Floats, nearest: Index) -> None:
    """Fill row u of the result with row nearest[u] of the image, and the differences of rows index[u] times weights."""
    width = np.uint64(result.size // nearest.size)
    for row in range(nearest.size):
        u = np.uint64(row)
        origin, target = nearest[u] * width, u * width
        for three in range(0, index.shape[1], 3):
            k = np.uint64(three)
            p, q, r = index[u, k] * width, index[u, k + _ONE] * width, index[u, k + _TWO] * width
            a, b, c = weights[u, k], weights[u, k + _ONE], weights[u, k + _TWO]
            for column in range(width):
                i = np.uint64(column)
                x = pixels[origin + i]
                before = result[target + i] if three else x
                change = (before + a * (pixels[p + i] - x)) + b * (pixels[q + i] - x)
                result[target + i] = change + c * (pixels[r + i] - x)


@kernel
def resize_columns(result: Floats, pixels: Floats, index: Index, weights: Floats, nearest: Index) -> None:
    """Fill column u of the result with column nearest[u] of the image, and the differences of columns index[u]."""
    outputs = nearest.size
    height = result.size // outputs
    width = pixels.size // height
    block, mixed = np.zeros(width * _LANES), np.empty(outputs * _LANES)
    for first in range(0, height, _LANES):
        rows = min(_LANES, height - first)
        _copy(block, pixels[first * width :], rows, width, 1, _LANES, width, 1)
        _mix(mixed, block, index, weights, nearest)
        _copy(result[first * outputs :], mixed, rows, outputs, outputs, 1, 1, _LANES)


@kernel
def to_spline(pixels: Floats, rows: int) -> None:
    """Replace each column of a map by the coefficients of the cubic B-spline through it, mirrored at its ends.

    A recursive filter down the column, and one up: see :func:`videosal.metrics.frame.spline.zoom_cubic`.
    """
    if rows == 1:
        return
    width = np.uint64(pixels.size // rows)
    last = np.uint64(rows - 1) * width
    # The filter begins with the sum over the column and its mirror image, as if both went on for ever.
    to_end = _POLE ** (rows - 1)
    for column in range(width):
        i = np.uint64(column)
        pixels[i] += to_end * pixels[last + i]
    for row in range(1, rows - 1):
        start = np.uint64(row) * width
        weight = _POLE**row + _POLE ** (2 * rows - 2 - row)
        for column in range(width):
            i = np.uint64(column)
            pixels[i] += weight * pixels[start + i]
    for column in range(width):
        pixels[np.uint64(column)] *= 1 / (1 - to_end * to_end)
    for row in range(1, rows):
        start = np.uint64(row) * width
        for column in range(width):
            i = start + np.uint64(column)
            pixels[i] += _POLE * pixels[i - width]
    for column in range(width):
        i = last + np.uint64(column)
        pixels[i] = (_POLE * pixels[i - width] + pixels[i]) * _POLE / (_POLE * _POLE - 1)
    for row in range(1, rows):
        start = last - np.uint64(row) * width
        for column in range(width):
            i = start + np.uint64(column)
            pixels[i] = _POLE * (pixels[i + width] - pixels[i])
    for place in range(pixels.size):
        pixels[place] *= 6.0


@kernel
def _copy(
    target: Floats,
    source: Floats,
    rows: int,
    columns: int,
    target_row: int,
    target_column: int,
    source_row: int,
    source_column: int,
) -> None:
    """Copy a map from where its rows and columns lie so far apart to where they lie so far apart."""
    for first in range(0, columns, 8):
        count = min(8, columns - first)
        for row in range(rows):
            t = np.uint64(row * target_row + first * target_column)
            s = np.uint64(row * source_row + first * source_column)
            if count == 8:  # written out by the compiler
                for i in range(8):
                    target[t + np.uint64(i * target_column)] = source[s + np.uint64(i * source_column)]
            else:
                for i in range(count):
                    target[t + np.uint64(i * target_column)] = source[s + np.uint64(i * source_column)]


@kernel
def _mix(mixed: Floats, block: Floats, index: Index, weights: Floats, nearest: Index) -> None:
    """Do for the lanes of a block what `resize_rows` does for rows, but add up the differences first."""
    last = index.shape[1] - 3
    for column in range(nearest.size):
        u = np.uint64(column)
        origin, target = nearest[u] * _STRIDE, u * _STRIDE
        for three in range(0, index.shape[1], 3):
            k = np.uint64(three)
            p, q, r = index[u, k] * _STRIDE, index[u, k + _ONE] * _STRIDE, index[u, k + _TWO] * _STRIDE
            a, b, c = weights[u, k], weights[u, k + _ONE], weights[u, k + _TWO]
            for lane in range(_LANES):
                i = np.uint64(lane)
                x = block[origin + i]
                before = mixed[target + i] if three else 0.0
                change = ((before + a * (block[p + i] - x)) + b * (block[q + i] - x)) + c * (block[r + i] - x)
                mixed[target + i] = x + change if three == last else change
