"""The baseline map of IG, which is the same for all frames of a video and so is worth remembering."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.errors import InputError
from videosal.metrics.frame.flat import flat
from videosal.metrics.kernels import byte_kernels

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

    The last few results are kept for arrays that cannot change: those that own their data and are not writeable.

    Raises
    ------
    InputError
        A value is not finite.
    """
    if array.flags.writeable or not array.flags.owndata:
        return _measured(array, size, resize)
    return _remembered(_Same(array), size, resize)


class _Same:
    """Makes an array a key of its own: equal to nothing else."""

    def __init__(self, array: Array) -> None:
        self.array = array

    def __hash__(self) -> int:
        return id(self.array)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.array is other.array


@lru_cache(maxsize=8)
def _remembered(same: _Same, size: Size, resize: Resize) -> Baseline:
    return _measured(same.array, size, resize)


def _measured(array: Array, size: Size, resize: Resize) -> Baseline:
    if array.dtype == np.uint8 and array.shape == size:
        values = flat(array)
        low, high, total = byte_kernels.byte_extent(values)
        return Baseline(values, low, total - low * values.size, low == high)
    from videosal.metrics.frame.spread import measure
    from videosal.metrics.kernels import float_kernels

    values = flat(array.astype(np.float64, copy=False) if array.shape == size else resize(array, size))
    low, high, total = float_kernels.extent(values)
    excess = total - low * values.size
    if 1e-100 < excess < 1e100 and excess > 0.01 * abs(low) * values.size:
        return Baseline(values, low, excess, False)  # the rule, without a second pass over the map
    values, spread = measure(values)
    if spread is None:
        raise InputError("baseline holds NaN or infinity: give finite values")
    return Baseline(values, spread.low, spread.excess, spread.constant)
