"""How the values of one map lie: what every metric wants to know of it first."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from videosal.metrics.frame.flat import flat, words
from videosal.metrics.kernels import byte_kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Counts = NDArray[np.int64]


class Spread(NamedTuple):
    """How the values of one map lie.

    Attributes
    ----------
    size, low, high, mean
        Number, minimum, maximum and mean of the values.
    excess, squares : float
        Sums of x - low and of (x - mean) squared.
    constant : bool
        Whether nothing but rounding tells the values apart.
    """

    size: int
    low: float
    high: float
    mean: float
    excess: float
    squares: float
    constant: bool

    def above(self, low: float) -> float:
        """Return the sum of x - low."""
        return self.excess if low == self.low else self.mean * self.size - low * self.size

    @property
    def deviation(self) -> float:
        """The standard deviation, of all values as the population."""
        return math.sqrt(self.squares / self.size)

    @classmethod
    def of(cls, size: int, low: float, high: float, mean: float, excess: float, squares: float) -> Spread:
        constant = low == high or math.sqrt(squares / size) < 1e-12 * abs(mean)
        return cls(size, low, high, mean, excess, squares, constant)


class Measured(NamedTuple):
    """A flat map, read-only, and its spread.

    Attributes
    ----------
    values : (N,) uint8 or float64 array
    spread : Spread
    exponent : int
        The values are those given, divided by 2 to this power; 0 but for values that are huge or tiny throughout.
    counts : (256,) int64 array or None
        The histogram of bytes.
    """

    values: Array
    spread: Spread
    exponent: int = 0
    counts: Counts | None = None


def byte_spread(counts: Counts, size: int) -> Spread:
    """Return the spread of the bytes that a histogram counts."""
    low, high, total, squares = byte_kernels.count_spread(counts)
    return Spread.of(size, low, high, total / size, total - size * low, squares)


def measure(array: Array) -> Measured | None:
    """Measure a map of any real dtype, bytes as such and others as float64; None if a value is not finite.

    Where sums of squares could overflow or vanish, the values come back divided by a power of two.
    """
    if array.dtype == np.uint8:
        values = flat(array)
        counts = byte_kernels.histogram(values, words(values))
        return Measured(values, byte_spread(counts, values.size), counts=counts)
    from videosal.metrics.kernels import float_kernels  # a process that scores image files has no need of it

    found = _extent(array)
    if found is None:
        return None
    values, low, high, mean, exponent = found
    return Measured(
        values, Spread.of(values.size, low, high, mean, *float_kernels.deviations(values, low, mean)), exponent
    )


def measure_beside(array: Array, other: Measured) -> tuple[Measured, float] | None:
    """Measure a map as float64 beside another, and sum up the products of both maps' deviations from their means."""
    from videosal.metrics.kernels import float_kernels

    found = _extent(array)
    if found is None:
        return None
    values, low, high, mean, exponent = found
    *sums, products = float_kernels.deviations_of_two(values, low, mean, other.values, other.spread.mean)
    return Measured(values, Spread.of(values.size, low, high, mean, *sums), exponent), products


def _extent(array: Array) -> tuple[Array, float, float, float, int] | None:
    """Return a map as float64, minimum, maximum, mean and the exponent of `Measured`; None if a value is not finite."""
    from videosal.metrics.kernels import float_kernels

    values = flat(array.astype(np.float64, copy=False))
    low, high, total = float_kernels.extent_and_total(values, values.view(np.int64))
    if not (math.isfinite(low) and math.isfinite(high)):
        return None
    _, exponent = math.frexp(max(abs(low), abs(high)))
    if abs(exponent) <= 300:
        exponent = 0
    else:
        exponent = max(exponent, -1000)  # two to the opposite power has to be finite
        values = flat(np.ldexp(values, -exponent))
        low, high, total = float_kernels.extent_and_total(values, values.view(np.int64))
    return values, low, high, total / values.size, exponent
