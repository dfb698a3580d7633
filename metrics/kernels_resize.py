"""Compiled loops of resizing: weighted sums of rows, and of columns.

Each sum is taken of the differences from its nearest tap. So a flat area stays exactly flat, and pixels that should tie
do tie, instead of being told apart by rounding. Nothing is reordered: the bits are the same on every machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from videosal.metrics.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Index = NDArray[np.int64]


@kernel
def resize_rows(image: Floats, index: Index, weights: Floats, nearest: Index) -> Floats:
    """Row u of the result is the sum over k of weights[u, k] times row index[u, k] of the image."""
    result = np.empty((index.shape[0], image.shape[1]))
    for u in range(index.shape[0]):
        origin, target = image[nearest[u]], result[u]
        target[:] = origin
        for k in range(index.shape[1]):
            if index[u, k] != nearest[u]:
                _add_difference(target, image[index[u, k]], origin, weights[u, k])
    return result


@kernel
def resize_columns(image: Floats, index: Index, weights: Floats, nearest: Index) -> Floats:
    """Column u of the result is the sum over k of weights[u, k] times column index[u, k] of the image."""
    result = np.empty((image.shape[0], index.shape[0]))
    for row in range(image.shape[0]):
        source, target = image[row], result[row]
        for u in range(index.shape[0]):
            origin = source[nearest[u]]
            change = 0.0
            for k in range(index.shape[1]):
                change += weights[u, k] * (source[index[u, k]] - origin)
            target[u] = origin + change
    return result


@kernel
def _add_difference(target: Floats, source: Floats, origin: Floats, weight: float) -> None:
    for i in range(target.size):
        target[i] += weight * (source[i] - origin[i])
