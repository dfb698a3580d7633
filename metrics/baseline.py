"""The baseline map of IG, which is the same for all frames of a video and so is worth remembering."""

from __future__ import annotations

import math
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.errors import InputError
from videosal.metrics import kernels_bytes, kernels_floats
from videosal.metrics.floating import measure

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[Any]
    Size = tuple[int, int]
    Resize = Callable[[Array, Size], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Baseline:
    """A baseline of the size of the ground truth.

    Attributes
    ----------
    values : (N,) uint8 or float64 array
    low, excess : float
        Minimum, and sum of values - low.
    constant : bool
        Whether nothing but rounding tells the values apart.
    """

    values: Array
    low: float
    excess: float
    constant: bool


def read_baseline(array: Array, size: Size, resize: Resize) -> Baseline:
    """Bring a map to `size` and measure it.

    The result is kept as long as the array lives, if the array cannot change: it owns its data and is not writeable.

    Raises
    ------
    InputError
        A value is not finite.
    """
    if array.flags.writeable or not array.flags.owndata:
        return _measured(array, size, resize)
    key = (id(array), size, resize)
    known = _kept.get(key)
    if known is not None and known[0]() is array:
        return known[1]
    baseline = _measured(array, size, resize)
    _kept[key] = (weakref.ref(array, lambda _: _kept.pop(key, None)), baseline)
    return baseline


_kept: dict[tuple[int, Size, Resize], tuple[weakref.ref[Array], Baseline]] = {}


def _measured(array: Array, size: Size, resize: Resize) -> Baseline:
    if array.dtype == np.uint8 and array.shape == size:
        values = array.reshape(-1)
        low, high, total = kernels_bytes.byte_extent(values)
        return Baseline(values, low, total - low * values.size, low == high)
    doubles = array.astype(np.float64, copy=False) if array.shape == size else resize(array, size)
    values = doubles.reshape(-1)
    low, high, total = kernels_floats.extent(values)
    excess = total - low * values.size
    if math.isfinite(excess) and excess > 0.01 * abs(low) * values.size and high < 1e100:
        return Baseline(values, low, excess, False)  # the rule, without a second pass over the map
    values, spread = measure(values)
    if spread is None:
        raise InputError("baseline holds NaN or infinity: give finite values")
    return Baseline(values, spread.low, spread.excess, spread.constant)
