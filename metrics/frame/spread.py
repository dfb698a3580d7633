"""How the values of one map lie: what every metric wants to know of it first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from videosal.metrics.frame.flat import flat
from videosal.metrics.kernels import byte_kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Spread:
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

    @property
    def total(self) -> float:
        return self.mean * self.size

    @classmethod
    def of(cls, size: int, low: float, high: float, mean: float, excess: float, squares: float) -> Spread:
        constant = low == high or math.sqrt(squares / size) < 1e-12 * abs(mean)
        return cls(size, low, high, mean, excess, squares, constant)


def byte_spread(counts: Counts, size: int) -> Spread:
    """Return the spread of the bytes that a histogram counts."""
    low, high, total, squares = byte_kernels.count_spread(counts)
    return Spread.of(size, low, high, total / size, total - size * low, squares)


def measure(values: Floats) -> tuple[Floats, Spread | None]:
    """Return a flat map, read-only, and its spread, or None for that if a value is not finite.

    Every metric is the same for a map times a power of two. Where sums of squares could overflow or vanish, the values
    come back so scaled; otherwise they are what was given.
    """
    from videosal.metrics.kernels import float_kernels  # a process that scores image files has no need of it

    values = flat(values)
    low, high, total = float_kernels.extent(values)
    if not math.isfinite(total) and not np.isfinite(values).all():
        return values, None
    _, exponent = math.frexp(max(abs(low), abs(high)))
    if abs(exponent) > 300:
        values = flat(np.ldexp(values, -exponent))
        low, high, total = float_kernels.extent(values)
    excess, squares = float_kernels.deviations(values, low, total / values.size)
    return values, Spread.of(values.size, low, high, total / values.size, excess, squares)
