"""From counts to areas below ROC curves, as the field's codes draw them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.metrics.kernels import count_kernels
from videosal.metrics.statistics.base import Levels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

_TOP = 65535  # of 16 bits


def judd(levels: Levels, size: int) -> float:
    """Expected AUC-Judd over jitter that breaks ties, on a map of `size` pixels."""
    return count_kernels.judd_area(*levels, size)


def one_level(n: int, fixated: int, size: int) -> Levels:
    """Return the levels of a constant map."""
    return Levels(np.array([n]), np.array([fixated]), np.array([0]), np.array([size]))


def stepped(hits: Counts, n: int, alarms: Counts, m: int, *, share: float = 1.0) -> float:
    """Area at descending thresholds that some of n positives and of m negatives reach.

    The rate of false positives is multiplied by `share`.
    """
    if share != 1:
        return area(alarms / m * share, hits / n)
    return count_kernels.stepped_area(hits, n, alarms, m)


def walk(levels: Levels, size: int, negatives: int) -> float:
    """Area with the value at each fixation as a threshold, repeats kept: ties are walked through one by one.

    At the i-th largest, i of n fixations are hit, and of all pixels that reach it i are taken to be hits.
    """
    n = int(levels.hits.sum())
    reaching = np.repeat(size - levels.below[::-1], levels.hits[::-1])
    i = np.arange(1, n + 1)
    return area((reaching - i) / negatives, i / n)


def rounded(levels: Levels, size: int) -> float:
    """Area with each fixated value as a threshold once, and both rates rounded to four digits."""
    there = levels.hits > 0
    hits: Counts = levels.hits[there][::-1].cumsum()
    alarms: Floats = (size - levels.below[there][::-1] - hits) / (size - hits[-1])
    return area(to_four_digits(alarms), to_four_digits(hits / hits[-1]))


def of_events(levels: Levels, size: int) -> float:
    """Area with each fixated value as a threshold once; a pixel that is fixated twice hits twice."""
    hits, own, there = levels.hits[::-1].cumsum(), levels.fixated[::-1].cumsum(), levels.hits[::-1] > 0
    alarms = (size - levels.below[::-1] - own)[there] / (size - own[-1])
    return area(alarms, hits[there] / hits[-1])


def levels_of_16_bits(shares: Floats, fixations: Counts, fixated: Counts) -> Levels:
    """Return the levels of a map from 0 to 1, flat, that is rounded to 16 bits."""
    values = np.rint(shares * _TOP).astype(np.int64)
    hits, own, equal = (np.bincount(x, minlength=_TOP + 1) for x in (values[fixations], values[fixated], values))
    return Levels(hits, own, equal.cumsum() - equal, equal)


def whitney_of_levels(levels: Levels, size: int, *, among_all: bool) -> float:
    """Chance that a fixation is above a pixel, any or one that is not fixated, ties counted half."""
    hits, fixated, below, equal = levels
    n, m = int(hits.sum()), size
    doubled = 2 * below + equal
    if not among_all:
        doubled, m = doubled - 2 * (np.cumsum(fixated) - fixated) - fixated, size - int(fixated.sum())
    return float((hits * doubled).sum() / (2 * n * m))


def whitney(positive: Array, negative: Array) -> float:
    """Return the chance that a positive is above a negative, ties counted half."""
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, side="left").sum()
    not_above = np.searchsorted(ordered, positive, side="right").sum()
    return float((below + not_above) / (2 * positive.size * negative.size))


def to_four_digits(rates: Floats) -> Floats:
    return np.array([round(rate, 4) for rate in rates.tolist()])


def area(alarms: Floats, hits: Floats) -> float:
    """Area below straight lines from (0, 0) through the points to (1, 1)."""
    return float(np.trapezoid(np.concatenate(([0.0], hits, [1.0])), np.concatenate(([0.0], alarms, [1.0]))))
