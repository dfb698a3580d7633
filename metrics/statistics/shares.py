"""Maps as distributions: of every pixel the share of the whole.

Every protocol scales a map by x -> (x - low) / width before it divides by the sum. What comes out is again a
difference and a quotient, of the map as it was given; so no map has to be scaled.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from videosal.metrics.statistics.spread import Spread

TINY = 1e-20  # pysaliency's addend


class Scale(NamedTuple):
    """What a protocol makes of a value: (x - low) / width."""

    low: float = 0.0
    width: float = 1.0

    def shrunk(self, exponent: int) -> Scale:
        """Return the scale for values that were divided by 2 to the power `exponent`."""
        if exponent == 0:
            return self
        return Scale(float(np.ldexp(self.low, -exponent)), float(np.ldexp(self.width, -exponent)))

    def within_single(self, low: float, high: float) -> Scale:
        """Return the scale, times a power of two where values from low to high would leave single precision by it."""
        _, exponent = math.frexp(max(abs(low - self.low), abs(high - self.low)) / self.width)
        return self if -100 <= exponent <= 127 else Scale(self.low, math.ldexp(self.width, exponent))


class Shares(NamedTuple):
    """The share of a value x: (x - low) / total + floor."""

    low: float
    total: float
    floor: float = 0.0


def shares(spread: Spread, scale: Scale, rule: str, *, eps: float = 0.0) -> Shares:
    """Return the shares of a map under a rule, which its scale has been applied before.

    Parameters
    ----------
    spread : Spread
        Of the map as it is.
    scale : Scale
        What the protocol makes of it first.
    rule : str
        ``minmax`` (minimum to 0), ``sum`` (as scaled), ``shift`` (a negative minimum to 0), ``added`` (as shift, and
        1e-20 added to every value).
    eps : float
        Added to the sum.
    """
    low = spread.low if rule == "minmax" else scale.low
    if rule in ("shift", "added"):
        low = min(spread.low, low)
    total = spread.above(low) + eps * scale.width
    if rule != "added":
        return Shares(low, total)
    total += spread.size * TINY * scale.width
    return Shares(low, total, TINY * scale.width / total)


def uniform_shares(spread: Spread) -> Shares:
    """Return the shares that make a constant map the uniform distribution, whatever its value."""
    height = max(abs(spread.low), abs(spread.high)) or 1.0
    return Shares(spread.low - height, spread.size * height)


def with_floor(given: Shares, eps: float) -> Shares:
    """Return shares with `eps` added to each."""
    return Shares(given.low, given.total, given.floor + eps)
