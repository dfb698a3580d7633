"""Checks what `score_frame` was given and brings it to one form."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.errors import InputError
from videosal.metrics.frame.baseline import read_baseline
from videosal.metrics.frame.flat import flat, words
from videosal.metrics.frame.resize import RESIZE
from videosal.metrics.frame.sparse_map import SparseMap
from videosal.metrics.kernels import count_kernels

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from videosal.metrics.frame.baseline import Baseline
    from videosal.metrics.protocols.record import Protocol

    Array = NDArray[Any]
    Pixels = NDArray[np.int64]
    Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, ready to be scored. All maps are C-ordered and have one size (H, W).

    Attributes
    ----------
    prediction : (H, W) array
        uint8 where it was given as that (or bool) and in this size; else any real dtype.
    density : (H, W) array, SparseMap or None
        Finite and not negative.
    fixations, other_fixations : (n,) int64 array or None
        Flat indices of pixels, each once.
    baseline : Baseline or None
    undershoot : bool
        Whether values below zero came from resizing a prediction that had none.
    """

    prediction: Array
    density: Array | SparseMap | None
    fixations: Pixels | None
    other_fixations: Pixels | None
    baseline: Baseline | None
    undershoot: bool


def read_frame(
    prediction: ArrayLike,
    density: ArrayLike | None,
    fixations: ArrayLike | None,
    other_fixations: ArrayLike | None,
    baseline: ArrayLike | None,
    protocol: Protocol,
) -> Frame:
    """Check all arguments of `score_frame` and resize the maps to the size of the ground truth.

    The density gives that size; without it, a mask of fixations; without both, the prediction.

    Raises
    ------
    InputError
        An argument is not what `score_frame` documents; the text begins with its name.
    """
    p = read_map("prediction", prediction)
    d = density if density is None or isinstance(density, SparseMap) else read_density(density)
    f = None if fixations is None else np.asarray(fixations)
    o = None if other_fixations is None else np.asarray(other_fixations)
    truth = None if d is None else d.shape
    if truth is None and f is not None and not is_points(f, None):
        truth = f.shape
    size = truth_size(p, truth)
    resize = RESIZE[protocol.resize]
    return Frame(
        prediction=p if p.shape == size else resize(p, size),
        density=d,
        fixations=None if f is None else read_pixels("fixations", f, size, truth),
        other_fixations=None if o is None else read_pixels("other_fixations", o, size, truth),
        baseline=None if baseline is None else read_baseline(read_map("baseline", baseline), size, resize),
        undershoot=p.shape != size and not p.min() < 0,
    )


def truth_size(prediction: Array, truth: tuple[int, ...] | None) -> Size:
    """Return the size of the ground truth, or of the prediction where nothing else says it."""
    if truth is None:
        return prediction.shape[0], prediction.shape[1]
    if len(truth) != 2 or 0 in truth:
        raise InputError(f"fixations has shape {truth}: give a mask (H, W), or (n, 2) points (row, col)")
    return truth[0], truth[1]


def read_map(name: str, value: ArrayLike) -> Array:
    """Return a map of real numbers, C-ordered; a boolean one as uint8."""
    array = np.asarray(value)
    if array.ndim != 2 or array.size == 0:
        raise InputError(f"{name} has shape {array.shape}: give a non-empty 2-D array (height, width)")
    if array.dtype.kind not in "biuf":
        raise InputError(f"{name} has dtype {array.dtype}: give real numbers")
    if array.dtype.kind == "b":
        array = array.view(np.uint8)
    return np.ascontiguousarray(array)


def read_density(value: ArrayLike) -> Array:
    """Return the density as uint8 where it is that, else as float64; finite, not negative."""
    array = read_map("density", value)
    if array.dtype == np.uint8:
        return array
    from videosal.metrics.kernels import float_kernels

    array = array.astype(np.float64, copy=False)
    low, _, total = float_kernels.extent(flat(array))
    if not math.isfinite(total) and not np.isfinite(array).all():
        raise InputError("density holds NaN or infinity: give finite values")
    if low < 0:
        raise InputError(f"density has negative values, down to {low:g}: give values of 0 and above")
    return array


def is_points(array: Array, truth: tuple[int, ...] | None) -> bool:
    """Tell points (n, 2) from a mask that happens to be two pixels wide."""
    if array.ndim != 2 or array.shape[1] != 2:
        return False
    return array.dtype.kind != "b" if truth is None else array.shape != truth


def read_pixels(name: str, array: Array, size: Size, truth: tuple[int, ...] | None, *, repeats: bool = False) -> Pixels:
    """Return flat indices of the pixels of a mask or of points; those of a repeated point more than once if asked."""
    if is_points(array, truth):
        return _pixels_of_points(name, array, size, repeats)
    if array.shape != size:
        raise InputError(f"{name} has shape {array.shape}: give a mask of shape {size}, or (n, 2) points (row, col)")
    if array.dtype.kind not in "biuf":
        raise InputError(f"{name} has dtype {array.dtype}: give a mask of numbers, nonzero where fixated")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise InputError(f"{name} holds NaN or infinity: give a mask that is nonzero where fixated")
    if array.dtype != np.uint8:
        array = (array if array.dtype.kind == "b" else array != 0).view(np.uint8)
    mask = flat(np.ascontiguousarray(array))
    return count_kernels.mask_pixels(mask, words(mask))


def _pixels_of_points(name: str, points: Array, size: Size, repeats: bool) -> Pixels:
    if points.dtype.kind not in "iu" and points.size:
        raise InputError(f"{name} has the shape of points and dtype {points.dtype}: give integers (row, col)")
    coordinates = flat(np.ascontiguousarray(points, dtype=np.int64))
    pixels, outside = count_kernels.point_pixels(coordinates, *size)
    if outside >= 0:
        row, column = points[outside].tolist()
        raise InputError(
            f"{name} has the point (row {row}, col {column}) outside the frame of {size[0]} rows and {size[1]} columns"
        )
    if repeats:
        return np.sort(coordinates[0::2] * size[1] + coordinates[1::2])
    if name == "fixations":
        pixels.sort()  # as those of a mask are, so that sums over both have the same bits
    return pixels
