"""Checks what `score_frame` was given and brings it to one form."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from videosal.errors import InputError
from videosal.metrics.frame.flat import flat, words
from videosal.metrics.kernels import count_kernels

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[Any]
    Pixels = NDArray[np.int64]
    Size = tuple[int, int]

# A mask that marks more than this share of its pixels, and does so with more values, is a density.
_MASK_SHARE, _MASK_VALUES = 0.05, 16


class Inputs(NamedTuple):
    """The arguments of `score_frame`, checked, of their own sizes.

    Attributes
    ----------
    prediction : (h, w) array
        C-ordered, of any real dtype; uint8 where it was boolean.
    density : (H, W) array or None
        uint8 or float64, C-ordered, finite and not negative.
    fixations, other_fixations : array or None
        A mask or points, as `read_pixels` takes them.
    size : (int, int)
        Of the ground truth: that of the density; without it, of a mask of fixations; without both, of the prediction.
    truth : (int, int) or None
        The same, but None in the last case.
    """

    prediction: Array
    density: Array | None
    fixations: Array | None
    other_fixations: Array | None
    size: Size
    truth: tuple[int, ...] | None

    def with_gaze(self, fixations: ArrayLike | None, other_fixations: ArrayLike | None) -> Inputs:
        """Return the same maps with other fixations, which are checked."""
        return _with_gaze(self.prediction, self.density, fixations, other_fixations)


def read_inputs(
    prediction: ArrayLike,
    density: ArrayLike | None,
    fixations: ArrayLike | None,
    other_fixations: ArrayLike | None,
) -> Inputs:
    """Check what `score_frame` was given.

    Raises
    ------
    InputError
        An argument is not what `score_frame` documents; the text begins with its name.
    """
    p = read_map("prediction", prediction)
    d = None if density is None else read_density(density)
    return _with_gaze(p, d, fixations, other_fixations)


def _with_gaze(p: Array, d: Array | None, fixations: ArrayLike | None, other_fixations: ArrayLike | None) -> Inputs:
    f = None if fixations is None else read_gaze("fixations", fixations)
    o = None if other_fixations is None else read_gaze("other_fixations", other_fixations)
    truth = None if d is None else d.shape
    if truth is None and f is not None and not is_points(f, None):
        truth = f.shape
    if truth is None:
        return Inputs(p, d, f, o, (p.shape[0], p.shape[1]), None)
    if len(truth) != 2 or 0 in truth:
        raise InputError(f"fixations has shape {truth}: give a mask (H, W), or (n, 2) points (row, col)")
    return Inputs(p, d, f, o, (truth[0], truth[1]), truth)


def read_array(name: str, value: ArrayLike) -> Array:
    """Return an array, also of a torch tensor; refuse by name what cannot become one without a choice."""
    if type(value) is np.ndarray:
        return value
    if isinstance(value, np.ma.MaskedArray):
        if np.ma.is_masked(value):
            raise InputError(f"{name} is a masked array: fill it with the values that are meant")
        return np.asarray(value.data)
    if hasattr(value, "detach"):  # a tensor, which may want gradients, lie on a device, or have a dtype of torch's own
        value = value.detach().cpu()
        if str(value.dtype) == "torch.bfloat16":  # type: ignore[union-attr]
            value = value.float()  # type: ignore[union-attr]
    try:
        return np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{name} is no array ({error}): give a NumPy array") from error


def read_map(name: str, value: ArrayLike) -> Array:
    """Return a map of real numbers, C-ordered; a boolean one as uint8."""
    array = read_array(name, value)
    if array.ndim != 2 or array.size == 0:
        raise InputError(f"{name} has shape {array.shape}: give a non-empty 2-D array (height, width)")
    if array.dtype.kind not in "biuf":
        raise InputError(f"{name} has dtype {array.dtype}: give real numbers")
    if array.dtype.kind == "b":
        array = array.view(np.uint8)
    return np.ascontiguousarray(array)


def read_density(value: ArrayLike) -> Array:
    """Return the density as uint8 or uint16 where it is that, else as float64; finite, not negative."""
    array = read_map("density", value)
    if array.dtype in (np.uint8, np.uint16):
        return array
    array = array.astype(np.float64, copy=False)
    low = float(array.min())
    if not (math.isfinite(low) and math.isfinite(float(array.max()))):
        raise InputError("density holds NaN or infinity: give finite values")
    if low < 0:
        raise InputError(f"density has negative values, down to {low:g}: give values of 0 and above")
    return array


def read_gaze(name: str, value: ArrayLike) -> Array:
    """Return a mask or points as an array; an empty list is no points."""
    array = read_array(name, value)
    return np.empty((0, 2), np.int64) if array.shape == (0,) else array


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
    given = array
    if array.dtype != np.uint8:
        array = (array if array.dtype.kind == "b" else array != 0).view(np.uint8)
    mask = flat(np.ascontiguousarray(array))
    pixels = count_kernels.mask_pixels(mask, words(mask))
    if pixels.size > _MASK_SHARE * mask.size and given.dtype.kind != "b":
        _refuse_density(name, given, pixels.size / mask.size)
    return pixels


def _refuse_density(name: str, array: Array, share: float) -> None:
    """Raise where a mask has as many values as no count of fixations has."""
    count = np.unique(array[array != 0]).size
    if count > _MASK_VALUES:
        raise InputError(
            f"{name} has {count} different values in {share:.0%} of its pixels, as a density has: give a mask that is "
            "nonzero where fixated, or (n, 2) points (row, col)"
        )


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
    if repeats and pixels.size < len(points):
        pixels = coordinates[0::2] * size[1] + coordinates[1::2]
    if name == "fixations":
        pixels.sort()  # as those of a mask are, so that sums over both have the same bits
    return pixels
