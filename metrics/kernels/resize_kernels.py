"""Compiled loops of resizing: weighted sums of rows, and of columns.

Each sum is taken of the differences from its nearest tap. So a flat area stays exactly flat, and pixels that should tie
do tie, instead of being told apart by rounding. Nothing is reordered: the bits are the same on every machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from videosal.metrics.kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Index = NDArray[np.uint64]


@kernel
def resize_rows(result: Floats, pixels: Floats, index: Index, weights: Floats, nearest: Index) -> None:
    """Fill row u of the result with row nearest[u] of the image, and the differences of rows index[u] times weights."""
    width = result.shape[1]
    for u in range(index.shape[0]):
        origin = pixels[nearest[u] * width : (nearest[u] + 1) * width]
        for i in range(width):
            result[u, i] = origin[i]
        for k in range(index.shape[1]):
            source = pixels[index[u, k] * width : (index[u, k] + 1) * width]
            _add_difference(result[u], source, origin, weights[u, k])


@kernel
def resize_columns(result: Floats, pixels: Floats, index: Index, weights: Floats, nearest: Index) -> None:
    """Fill column u of the result with column nearest[u] of the image, and the differences of columns index[u]."""
    height = result.shape[0]
    width = pixels.size // height
    # Four rows at a time, with their pixels side by side, which is how vector registers want them.
    block = np.empty((width, 4))
    for first in range(0, height, 4):
        for row in range(4):
            start = min(first + row, height - 1) * width
            for i in range(width):
                block[i, row] = pixels[start + i]
        for u in range(index.shape[0]):
            origin = block[nearest[u]]
            a, b, c, d = origin[0], origin[1], origin[2], origin[3]
            change_a = change_b = change_c = change_d = 0.0
            for k in range(index.shape[1]):
                source, weight = block[index[u, k]], weights[u, k]
                change_a += weight * (source[0] - a)
                change_b += weight * (source[1] - b)
                change_c += weight * (source[2] - c)
                change_d += weight * (source[3] - d)
            for row, value in enumerate((a + change_a, b + change_b, c + change_c, d + change_d)):
                if first + row < height:
                    result[first + row, u] = value


@kernel
def _add_difference(target: Floats, source: Floats, origin: Floats, weight: float) -> None:
    for i in range(target.size):
        target[i] += weight * (source[i] - origin[i])
