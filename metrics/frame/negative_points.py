"""Bringing fixations of one frame to the size of another, as evaluationFunc.m of DHF1K does for shuffled AUC."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from videosal.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def rescale_points(
    points: ArrayLike, size: tuple[int, int], target: tuple[int, int], *, swap_axes: bool = False
) -> NDArray[np.int64]:
    """Scale points from a frame of one size to a frame of another, rounding as MATLAB does.

    Parameters
    ----------
    points : (n, 2) array_like of int
        Points (row, col) in a frame of `size`.
    size, target : (int, int)
        Height and width of the frame they come from, and of the frame they go to.
    swap_axes : bool
        Reproduce the bug ``swapped-axes`` of the protocol ``dhf1k``: rows are scaled by the factor of the columns and
        columns by that of the rows. Harmless if all frames have one aspect; of others, points are lost at a border.

    Returns
    -------
    (m, 2) int64 array
        Distinct points inside the target, ascending.

    Raises
    ------
    InputError
        `points` is not an array of integer pairs, or a size is not positive.
    """
    array = np.asarray(points)
    if array.ndim != 2 or array.shape[1] != 2 or (array.dtype.kind not in "iu" and array.size):
        raise InputError(f"points is {array.dtype} of shape {array.shape}: give integers (n, 2), (row, col)")
    if min(*size, *target) < 1:
        raise InputError(f"points go from size {size} to {target}: give positive heights and widths")
    factors = np.array(target) / np.array(size)
    scaled = (array + 1) * (factors[::-1] if swap_axes else factors)  # MATLAB counts from 1
    moved = np.floor(scaled + 0.5).astype(np.int64) - 1
    inside = ((moved >= 0) & (moved < target)).all(axis=1)
    return np.unique(moved[inside], axis=0)
