"""Compiled loops of resizing: weighted sums of rows, and of columns.

Each sum is taken of the differences from its nearest tap. So a flat area stays exactly flat, and pixels that should tie
do tie, instead of being told apart by rounding. Nothing is reordered: the bits are the same on every machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from videosal.metrics.kernels.jit import kernel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Index = NDArray[np.int64]


@kernel
def resize_rows(result: Floats, pixels: Floats, index: Index, weights: Floats, nearest: Index) -> None:
    """Fill row u of the result with the sum over k of weights[u, k] times row index[u, k] of the image."""
    width = result.shape[1]
    for u in range(index.shape[0]):
        origin = pixels[nearest[u] * width : (nearest[u] + 1) * width]
        for i in range(width):
            result[u, i] = origin[i]
        for k in range(index.shape[1]):
            if index[u, k] != nearest[u]:
                source = pixels[index[u, k] * width : (index[u, k] + 1) * width]
                _add_difference(result[u], source, origin, weights[u, k])


@kernel
def resize_columns(result: Floats, pixels: Floats, index: Index, weights: Floats, nearest: Index) -> None:
    """Fill column u of the result with the sum over k of weights[u, k] times column index[u, k] of the image."""
    width = pixels.size // result.shape[0]
    for row in range(result.shape[0]):
        source, target = pixels[row * width : (row + 1) * width], result[row]
        for u in range(index.shape[0]):
            origin = source[nearest[u]]
            change = 0.0
            for k in range(index.shape[1]):
                change += weights[u, k] * (source[index[u, k]] - origin)
            target[u] = origin + change


@kernel
def _add_difference(target: Floats, source: Floats, origin: Floats, weight: float) -> None:
    for i in range(target.size):
        target[i] += weight * (source[i] - origin[i])
