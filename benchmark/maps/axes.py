"""Which axis of an array is time, which rows and which columns, told by what is known of the video."""

from __future__ import annotations

import math
from collections import Counter
from itertools import permutations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

UNCERTAIN = "which axis is that of the frames cannot be told"  # how a note of it begins

Axes = tuple[int, int, int]  # of an array as it is stored: that of the frames, the rows and the columns

_LOOSE = math.log(1.8)  # how far a network's maps may be from the proportions of the frame
_CLOSE = math.log(1.1)  # two orders whose proportions differ by less are not told apart


def long_axes(shape: Sequence[int]) -> list[int]:
    """List the axes of an array without those of one element, of which it may hold any, down to three."""
    axes = list(range(len(shape)))
    for axis in [axis for axis, side in enumerate(shape) if side == 1][: max(0, len(shape) - 3)]:
        axes.remove(axis)
    return axes


def fitting_axes(shape: Sequence[int], usual: Axes, frames: int, size: tuple[int, int]) -> list[Axes]:
    """List the orders of axes that fit a video.

    Parameters
    ----------
    shape : sequence of int
        Of the array; three axes are longer than one element.
    usual : Axes
        How such a file is usually stored; decides where rows and columns cannot be told apart.
    frames : int
        Number of ground-truth frames: an axis of that length is time, if what is left has the shape of a picture.
    size : (int, int)
        Height and width of the ground truth.

    Returns
    -------
    list of Axes
        One for each axis that may be time; the usual one, then the likelier ones first. Empty where none fits.
    """
    wanted = math.log(size[0] / size[1])

    def stretch(axes: Axes) -> float:
        rows, columns = shape[axes[1]], shape[axes[2]]
        return 0.0 if rows == columns else abs(math.log(rows / columns) - wanted)  # many networks give square maps

    best: dict[int, Axes] = {}
    for axes in sorted(permutations(long_axes(shape)), key=lambda axes: _rank(axes, usual)):
        order: Axes = (axes[0], axes[1], axes[2])
        if order[0] not in best or stretch(order) + _CLOSE < stretch(best[order[0]]):
            best[order[0]] = order
    fits = [order for order in best.values() if stretch(order) <= _LOOSE]
    fits = [order for order in fits if shape[order[0]] == frames] or fits
    nearest = min(map(stretch, fits), default=0.0)
    fits = [order for order in fits if stretch(order) <= nearest + _CLOSE]
    outer = [order for order in fits if order[0] != long_axes(shape)[1]]  # nobody keeps time between rows and columns
    return sorted(outer or fits, key=lambda order: (*_rank(order, usual), stretch(order)))


def agree(fits: Mapping[str, Sequence[Axes]], lengths: Mapping[str, Mapping[int, bool]]) -> dict[str, Axes]:
    """Choose one order for each of the files of one program, which has stored all of them alike.

    Parameters
    ----------
    fits : mapping
        For each file, what `fitting_axes` gives.
    lengths : mapping
        For each file and axis, whether it is as long as its video.

    Returns
    -------
    dict of str to Axes
        The order that most files have, where a file fits it or has as many maps as frames along its axis of time; else
        the file's own. Files that fit nothing have none.
    """
    alone = Counter(orders[0] for orders in fits.values() if len(orders) == 1)
    common = alone.most_common(1)[0][0] if alone else None
    chosen = {}
    for file, orders in fits.items():
        if common is not None and (common in orders or lengths[file].get(common[0], False)):
            chosen[file] = common
        elif orders:
            chosen[file] = orders[0]
    return chosen


def describe(axes: Axes) -> str:
    """Name what each axis of an array holds, in the order of its shape."""
    names = dict(zip(axes, ("frames", "rows", "columns"), strict=True))
    return ", ".join(names[axis] for axis in sorted(names))


def _rank(axes: Sequence[int], usual: Axes) -> tuple[bool, bool]:
    """The usual order first, then those with rows and columns in the usual sequence."""
    return tuple(axes) != usual, (axes[1] < axes[2]) != (usual[1] < usual[2])
