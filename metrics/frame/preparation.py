"""From the arguments of `score_frame` to maps in the form in which a protocol compares them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.errors import InputError
from videosal.metrics.frame.inputs import Frame, is_points, read_density, read_map, read_pixels, truth_size
from videosal.metrics.frame.regrid import (
    LETTERBOX,
    bilinear,
    halve_pixels,
    letterbox,
    letterbox_pixels,
    smooth,
    zoom_cubic,
)
from videosal.metrics.frame.resize import imresize

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from videosal.metrics.protocols.record import Protocol

    Array = NDArray[Any]
    Map = NDArray[np.float64]
    Pixels = NDArray[np.int64]
    Size = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedMaps:
    """One frame, scaled, resized and smoothed as a protocol says.

    Attributes
    ----------
    prediction : (H, W) float64 array
        What is compared with fixations.
    paired, density : (H', W') float64 array or None
        The prediction and the density as they are compared with each other; in most protocols of size (H, W).
    fixations, others : (n,) int64 array
        Flat indices of pixels of (H, W); repeated where the protocol counts repeats, and without the frame's own among
        the others where it drops those. Empty where not given.
    baseline : (H, W) float64 array or None
    undershoot : bool
        Whether values below zero came from resizing a prediction that had none.
    """

    prediction: Map
    paired: Map
    density: Map | None
    fixations: Pixels
    others: Pixels
    baseline: Map | None
    undershoot: bool

    def frame(self, *, with_fixations: bool, with_others: bool) -> Frame:
        """Return it as the kernels and the metrics of third parties take it: all at (H, W), each pixel once."""
        from videosal.metrics.frame.baseline import read_baseline

        size = self.prediction.shape[0], self.prediction.shape[1]
        density = self.density
        if density is not None and density.shape != size:
            density = bilinear(density, size)
        return Frame(
            prediction=self.prediction,
            density=density,
            fixations=np.unique(self.fixations) if with_fixations else None,
            other_fixations=np.unique(self.others) if with_others else None,
            baseline=None if self.baseline is None else read_baseline(self.baseline, size, imresize),
            undershoot=self.undershoot,
        )


def prepare_maps(
    prediction: ArrayLike | None,
    density: ArrayLike | None,
    fixations: ArrayLike | None,
    other_fixations: ArrayLike | None,
    baseline: ArrayLike | None,
    *,
    protocol: Protocol,
) -> PreparedMaps:
    """Check all arguments of `score_frame` and bring them to the form that a protocol compares.

    Raises
    ------
    InputError
        An argument is not what `score_frame` documents; the text begins with its name.
    """
    assert prediction is not None
    p = read_map("prediction", prediction)
    d = None if density is None else read_density(density)
    f = None if fixations is None else np.asarray(fixations)
    o = None if other_fixations is None else np.asarray(other_fixations)
    truth = None if d is None else d.shape
    if truth is None and f is not None and not is_points(f, None):
        truth = f.shape
    size = truth_size(p, truth)
    if protocol.resize == "none" and p.shape != size:
        raise InputError(
            f"prediction has shape {p.shape} and the ground truth {size}, and protocol {protocol.name!r} resizes "
            "nothing: give maps of that size"
        )
    b = None if baseline is None else _finite("baseline", baseline)
    stretched = _stretched(p, protocol)
    maps = PreparedMaps(
        prediction=stretched,
        paired=stretched,
        density=None if d is None else _stretched(d, protocol),
        fixations=_pixels("fixations", f, size, truth, protocol),
        others=_pixels("other_fixations", o, size, truth, protocol),
        baseline=None if b is None else _stretched(b, protocol),
        undershoot=not p.min() < 0,
    )
    maps = _LAYOUTS[protocol.resize if protocol.resize == "letterbox" else protocol.grid](maps, size, protocol)
    pool, prediction = maps.others, _scaled(maps.prediction, p, protocol)
    return replace(
        maps,
        others=pool[~np.isin(pool, maps.fixations)] if protocol.sauc_drops_own else pool,
        prediction=prediction,
        paired=prediction if maps.paired is maps.prediction else _scaled(maps.paired, p, protocol),
        density=None if maps.density is None or d is None else _scaled_density(maps.density, d, protocol),
        baseline=None if maps.baseline is None or b is None else _scaled(maps.baseline, b, protocol),
    )


def _pixels(name: str, array: Array | None, size: Size, truth: tuple[int, ...] | None, protocol: Protocol) -> Pixels:
    if array is None:
        return np.empty(0, np.int64)
    return read_pixels(name, array, size, truth, repeats=protocol.repeats)


def _finite(name: str, value: ArrayLike) -> Array:
    array = read_map(name, value)
    if not np.isfinite(array).all():
        raise InputError(f"{name} holds NaN or infinity: give finite values")
    return array


def _stretched(array: Array, protocol: Protocol) -> Map:
    """Return float64, min-max scaled where the protocol does that before it resizes."""
    values = array.astype(np.float64)
    if protocol.scale == "minmax":
        low = values.min()
        width = values.max() - low + np.finfo(np.float32).eps
        values -= low
        values /= width
    return values


def _scaled(values: Map, given: Array, protocol: Protocol) -> Map:
    """Scale in place, after resizing, which keeps equal values equal."""
    if protocol.scale == "unit" and given.dtype.kind in "iu":
        values /= np.iinfo(given.dtype).max
    if protocol.scale == "sum" and (total := values.sum()) > 0:
        values /= total
    return values


def _scaled_density(values: Map, given: Array, protocol: Protocol) -> Map:
    if protocol.empty_density == "uniform" and not given.any():
        return np.ones(values.shape)
    return _scaled(values, given, protocol)


def _at_truth(maps: PreparedMaps, size: Size, protocol: Protocol) -> PreparedMaps:
    prediction = _fitted(maps.prediction, size, protocol)
    return PreparedMaps(
        prediction=prediction,
        paired=prediction,
        density=maps.density,
        fixations=maps.fixations,
        others=maps.others,
        baseline=None if maps.baseline is None else _resized(maps.baseline, size, protocol),
        undershoot=maps.undershoot,
    )


def _at_half(maps: PreparedMaps, size: Size, protocol: Protocol) -> PreparedMaps:
    """SalEMA halves everything; a half-size pixel that a fixation touches counts as fixated."""
    whole = _at_truth(maps, size, protocol)
    half = max(1, size[0] // 2), max(1, size[1] // 2)
    prediction = bilinear(whole.prediction, half)
    return PreparedMaps(
        prediction=prediction,
        paired=prediction,
        density=None if whole.density is None else bilinear(whole.density, half),
        fixations=halve_pixels(whole.fixations, size, half),
        others=halve_pixels(whole.others, size, half),
        baseline=None if whole.baseline is None else bilinear(whole.baseline, half),
        undershoot=whole.undershoot,
    )


def _at_network_size(maps: PreparedMaps, size: Size, protocol: Protocol) -> PreparedMaps:
    """ViNet-v2 compares maps at 256 x 456, and enlarges the prediction again for what needs fixations."""
    paired = _fitted(maps.prediction, _NETWORK, protocol)
    whole = _at_truth(maps, size, protocol)
    return PreparedMaps(
        prediction=bilinear(paired, size),
        paired=paired,
        density=None if maps.density is None else bilinear(maps.density, _NETWORK),
        fixations=maps.fixations,
        others=maps.others,
        baseline=whole.baseline,
        undershoot=maps.undershoot,
    )


def _in_letterbox(maps: PreparedMaps, size: Size, protocol: Protocol) -> PreparedMaps:
    """MSU brings every map into 360 x 640, each by its own aspect."""
    prediction = letterbox(maps.prediction)
    assert prediction.shape == LETTERBOX
    return PreparedMaps(
        prediction=prediction,
        paired=prediction,
        density=None if maps.density is None else letterbox(maps.density),
        fixations=letterbox_pixels(maps.fixations, size),
        others=letterbox_pixels(maps.others, size),
        baseline=None if maps.baseline is None else letterbox(maps.baseline),
        undershoot=maps.undershoot,
    )


def _fitted(prediction: Map, size: Size, protocol: Protocol) -> Map:
    """Smooth and resize, in the protocol's order."""
    blur = protocol.smoothing
    if blur is not None and blur.first:
        prediction = smooth(prediction, blur)
    prediction = _resized(prediction, size, protocol)
    return smooth(prediction, blur) if blur is not None and not blur.first else prediction


def _resized(image: Map, size: Size, protocol: Protocol) -> Map:
    return image if image.shape == size else _RESIZE[protocol.resize](image, size)


_NETWORK = (256, 456)
_RESIZE: dict[str, Callable[[Map, Size], Map]] = {"imresize": imresize, "bilinear": bilinear, "zoom3": zoom_cubic}
_LAYOUTS: dict[str, Callable[[PreparedMaps, Size, Protocol], PreparedMaps]] = {
    "truth": _at_truth,
    "half": _at_half,
    "256x456": _at_network_size,
    "letterbox": _in_letterbox,
}
