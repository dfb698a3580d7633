"""From checked arguments to maps and pixels of one size, in the form in which a protocol compares them.

Nothing is scaled here, for a scale is two numbers, which the formulas apply; but where a code scales to 0..1 before it
resizes, so do we, since rounding can part values that were equal.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from videosal.errors import InputError
from videosal.metrics.frame.inputs import read_pixels
from videosal.metrics.frame.regrid import (
    LETTERBOX,
    bilinear,
    halve_pixels,
    letterbox,
    letterbox_pixels,
    smooth,
)
from videosal.metrics.frame.resize import resize_bicubic
from videosal.metrics.frame.spline import zoom_cubic
from videosal.metrics.statistics.shares import Scale

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from videosal.metrics.frame.inputs import Inputs
    from videosal.metrics.protocols.choices import Gaze, Maps
    from videosal.metrics.statistics.spread import Measured

    Array = NDArray[Any]
    Map = NDArray[np.float64]
    Pixels = NDArray[np.int64]
    Size = tuple[int, int]

_NETWORK = (256, 456)
_AS_GIVEN = Scale()


class PreparedMaps(NamedTuple):
    """The maps of one frame, resized and blurred; those that needed neither are as they were given.

    Attributes
    ----------
    prediction : (H, W) array
        What is compared with fixations.
    paired, density : (H', W') array or None
        The prediction and the density as they are compared with each other; in most protocols of size (H, W).
    """

    prediction: Array
    paired: Array
    density: Array | None


class PreparedGaze(NamedTuple):
    """The pixels of one frame, as flat indices into (H, W).

    Attributes
    ----------
    fixations, others : (n,) int64 array or None
        Repeated where the protocol counts repeats, and without the frame's own among the others where it drops those.
    fixated : (k,) int64 array or None
        Each fixated pixel once; the same array as `fixations` where none repeats.
    """

    fixations: Pixels | None
    fixated: Pixels | None
    others: Pixels | None


def scales_first(rules: Maps, size: Size, shape: tuple[int, ...]) -> bool:
    """Whether a prediction of this shape is scaled before it is resized or blurred."""
    changes = shape != size or rules.smoothing is not None or rules.grid != "truth"
    return rules.scale == "minmax" and rules.resize != "letterbox" and changes


def scale_of(given: Array, rules: Maps, made: Measured, *, is_scaled: bool = False) -> Scale:
    """Return the scale of a map that was `given` and has been `made` ready, in the units of the latter."""
    if is_scaled:
        return _AS_GIVEN.shrunk(made.exponent)
    if rules.scale == "unit" and given.dtype in (np.uint8, np.uint16):
        return Scale(0.0, float(np.iinfo(given.dtype).max)).shrunk(made.exponent)
    if rules.scale == "minmax":
        return _minmax(given).shrunk(made.exponent)
    if rules.scale == "sum" and (total := made.spread.above(0.0)) > 0:
        return Scale(0.0, total)
    return _AS_GIVEN.shrunk(made.exponent)


def _minmax(given: Array) -> Scale:
    low, high = float(given.min()), float(given.max())
    return Scale(low, high - low + float(np.finfo(np.float32).eps))


def prepare_maps(given: Inputs, rules: Maps, *, with_density: bool) -> PreparedMaps:
    """Bring the prediction and the density to the size at which a protocol compares them."""
    p, d, size = _density_of(given.prediction, rules), given.density if with_density else None, given.size
    if d is not None and rules.empty_density == "uniform" and not d.any():
        d = np.ones(d.shape, np.uint8)
    if rules.resize == "letterbox":
        p, d = letterbox(p, _pad(p, rules)), None if d is None else letterbox(d, _pad(d, rules))
        return PreparedMaps(prediction=p, paired=p, density=d)
    if scales_first(rules, size, p.shape):
        scale = _minmax(p)
        p = (p.astype(np.float64) - scale.low) / scale.width
    if rules.grid == "256x456":  # ViNet-v2: the prediction is enlarged again for what needs fixations
        paired = _fitted(p, _NETWORK, rules)
        d = None if d is None else bilinear(d, _NETWORK)
        return PreparedMaps(prediction=bilinear(paired, size), paired=paired, density=d)
    p = _fitted(p, size, rules)
    if rules.grid == "half":  # SalEMA
        p, d = bilinear(p, _half(size)), None if d is None else bilinear(d, _half(size))
    return PreparedMaps(prediction=p, paired=p, density=d)


def is_log_density(given: Array) -> bool:
    """Whether a map can be one of logarithms: finite, but for minus infinity where the density is 0."""
    return math.isfinite(given.max())


def prepare_baseline(given: Array, size: Size, rules: Maps) -> Array:
    """Bring a baseline to where the prediction is compared with fixations."""
    given = _density_of(given, rules)
    if rules.resize == "letterbox":
        return letterbox(given, _pad(given, rules))
    resized = _resized(given, size, rules)
    return bilinear(resized, _half(size)) if rules.grid == "half" else resized


def prepare_gaze(given: Inputs, maps: Maps, gaze: Gaze, found: dict[tuple[Any, ...], Pixels]) -> PreparedGaze:
    """Find the pixels that were looked at, in this frame and in others.

    Parameters
    ----------
    given, maps, gaze
        The fixations, and the rules of a protocol.
    found : dict
        Pixels that were found under other protocols in the same frame; takes those that are found.
    """
    place = "letterbox" if maps.resize == "letterbox" else maps.grid
    move = _MOVE.get(place, _stay)

    def pixels(name: str, array: Array | None) -> Pixels | None:
        if array is None:
            return None
        key = name, id(array), given.truth, gaze.repeats, place
        if key not in found:
            found[key] = move(read_pixels(name, array, given.size, given.truth, repeats=gaze.repeats), given.size)
        return found[key]

    fixations, others = pixels("fixations", given.fixations), pixels("other_fixations", given.other_fixations)
    fixated = fixations
    if gaze.repeats and fixations is not None:
        once = np.unique(fixations)
        fixated = fixations if once.size == fixations.size else once
    if gaze.sauc_drops_own and others is not None and fixated is not None:
        others = others[~np.isin(others, fixated)]
    return PreparedGaze(fixations=fixations, fixated=fixated, others=others)


@lru_cache
def geometry(rules: Maps, size: Size, shape: tuple[int, ...], *, empty: bool = False) -> Maps:
    """Return what decides on prepared maps, which protocols that differ only otherwise can share.

    Parameters
    ----------
    rules : Maps
    size : (int, int)
        Of the ground truth.
    shape : (int, int)
        Of the prediction, or of the baseline.
    empty : bool
        Whether the density is zero throughout.
    """
    plain = replace(rules, uninformative="uniform", negative="shifted", eps=0.0)
    if not empty:
        plain = replace(plain, empty_density="zero")
    stays = LETTERBOX if rules.resize == "letterbox" else size
    if shape == size == stays and rules.smoothing is None and rules.grid == "truth":
        return replace(plain, resize="imresize", scale="given")
    # Else the scale decides on nothing but the margin of a letterbox, which is zero of the scale.
    return plain if rules.scale == "minmax" else replace(plain, scale="given")


def _density_of(given: Array, rules: Maps) -> Array:
    """Return what a map of logarithms says, but for a factor; another map as it is."""
    if not rules.log_density:
        return given
    logarithms = given.astype(np.float64)
    density: Array = np.exp(logarithms - logarithms.max())
    return density


def _pad(given: Array, rules: Maps) -> float:
    return float(given.min()) if rules.scale == "minmax" else 0.0


def _fitted(prediction: Array, size: Size, rules: Maps) -> Array:
    """Smooth and resize, in the protocol's order."""
    blur = rules.smoothing
    if blur is not None and blur.first:
        prediction = smooth(prediction, blur)
    prediction = _resized(prediction, size, rules)
    return smooth(prediction, blur) if blur is not None and not blur.first else prediction


def _resized(image: Array, size: Size, rules: Maps) -> Array:
    return image if image.shape == size else _RESIZE[rules.resize](image, size)


def _refuse(image: Array, size: Size) -> Array:
    raise InputError(f"baseline has shape {image.shape}, and the protocol resizes nothing: give one of shape {size}")


def _half(size: Size) -> Size:
    return max(1, size[0] // 2), max(1, size[1] // 2)


def _stay(pixels: Pixels, size: Size) -> Pixels:
    return pixels


_RESIZE: dict[str, Callable[[Array, Size], Map]] = {
    "imresize": resize_bicubic,
    "bilinear": bilinear,
    "zoom3": zoom_cubic,
    "none": _refuse,
}
_MOVE: dict[str, Callable[[Pixels, Size], Pixels]] = {
    "half": lambda pixels, size: halve_pixels(pixels, size, _half(size)),
    "letterbox": letterbox_pixels,
}
