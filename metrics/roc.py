"""Areas below ROC curves as the field's codes draw them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.metrics.compiled.floating import rank
from videosal.metrics.formulas import is_constant
from videosal.metrics.frame.flat import flat
from videosal.metrics.kernels import count_kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Map = NDArray[np.float64]
    Pixels = NDArray[np.int64]

_TOP = 65535  # of 16 bits


def minmax(P: Map, *, single: bool = False) -> Map:
    """Return a map scaled to 0..1, flat, computed in single precision if asked; it must not be constant."""
    values: NDArray[Any] = P.ravel().astype(np.float32 if single else np.float64)
    low, high = values.min(), values.max()
    if low == high:  # as single precision sees it
        return np.zeros(P.size)
    values -= low
    values /= high - low
    return values.astype(np.float64, copy=False)


def thresholds(steps: int, *, top: bool) -> Map:
    """Multiples of 1 / steps from the largest to 0; 1 itself only with `top`."""
    return np.arange(steps if top else steps - 1, -1, -1) / steps


def stepped(positive: Map, negative: Map, levels: Map, *, share: float = 1.0) -> float:
    """Area at fixed levels, which descend; the rate of false positives is multiplied by `share`."""
    hits = _reaching(positive, levels) / positive.size
    alarms = _reaching(negative, levels) / negative.size * share
    return _area(alarms, hits)


def judd(P: Map, F: Pixels) -> float:
    """Expected AUC-Judd over jitter that breaks ties: `videosal.metrics.formulas.auc_judd` of pixels, each once."""
    if is_constant(P):
        return count_kernels.judd_area(np.array([F.size]), np.array([0]), np.array([P.size]), P.size)
    marks, hits = np.unique(P.flat[F], return_counts=True)
    return count_kernels.judd_area(hits, *_ranked(P, marks), P.size)


def whitney_of_all(P: Map, F: Pixels) -> float:
    """Chance that the value at a fixation is above that of any pixel, ties counted half."""
    marks, hits = np.unique(P.flat[F], return_counts=True)
    below, equal = _ranked(P, marks)
    return float((hits * (2 * below + equal)).sum() / (2 * F.size * P.size))


def walk(P: Map, F: Pixels, negatives: int) -> float:
    """Area with the value at each fixation as a threshold, repeats kept: ties are walked through one by one.

    At the i-th largest, i of n fixations are hit, and of all pixels that reach it i are taken to be hits.
    """
    levels = np.sort(P.flat[F])[::-1]
    i = np.arange(1, F.size + 1)
    return _area((_reaching(P.ravel(), levels) - i) / negatives, i / F.size)


def rounded(P: Map, F: Pixels) -> float:
    """Area with each fixated value as a threshold once, and both rates rounded to four digits."""
    levels = np.unique(P.flat[F])[::-1]
    hits = _reaching(P.flat[F], levels)
    alarms = (_reaching(P.ravel(), levels) - hits) / (P.size - F.size)
    return _area(_to_four_digits(alarms), _to_four_digits(hits / F.size))


def of_events(P: Map, F: Pixels) -> float:
    """Area with each fixated value as a threshold once, of a map from 0 to 1 that is rounded to 16 bits.

    A pixel that is fixated twice hits twice, and all pixels fixated leave no false alarm: the area is 1.
    """
    pixels = np.unique(F)
    if pixels.size == P.size:
        return 1.0
    values = np.rint(P.ravel() * _TOP).astype(np.int64)
    levels = np.unique(values[F])[::-1]
    hit, seen, own = (
        np.cumsum(np.bincount(x, minlength=_TOP + 1)[::-1])[::-1] for x in (values[F], values, values[pixels])
    )
    return _area((seen - own)[levels] / (P.size - pixels.size), hit[levels] / F.size)


def with_broken_index(P: Map, F: Pixels, O: Pixels) -> float:  # noqa: E741
    """Shuffled AUC of STSANet's code: the pixels it looks up are not those of the other fixations.

    It numbers them by rows with the height as stride, and reads the number by columns. NaN where that leaves the map.
    The points of the curve are in the order of hits, and where those are equal in the order of rising thresholds.
    """
    height, width = P.shape
    rows, columns = np.divmod(O, width)
    number = rows * height + columns
    if (number // height >= width).any():
        return np.nan
    seen = P[number % height - 1, number // height]
    levels = np.arange(1, 10) / 10
    hits = np.concatenate(([0.0], _to_four_digits(_reaching(P.flat[F], levels) / F.size)))
    alarms = np.array([0, *((seen > level).sum() for level in levels)]) / F.size
    order = np.argsort(hits, kind="stable")
    return _area(_to_four_digits(alarms)[order], hits[order])


def _reaching(x: Map, levels: Map) -> Pixels:
    """How many values reach each level."""
    if levels.size < 12:
        return np.array([np.count_nonzero(x >= level) for level in levels])
    return x.size - np.searchsorted(np.sort(x, axis=None), levels, side="left")


def _ranked(P: Map, marks: Map) -> tuple[Pixels, Pixels]:
    """How many values of a map lie below each of its values in `marks`, ascending, and how many equal it."""
    return rank(flat(P), marks, P.min(), P.max())


def _to_four_digits(rates: Map) -> Map:
    return np.array([round(float(rate), 4) for rate in rates])


def _area(alarms: Map, hits: Map) -> float:
    return float(np.trapezoid(np.concatenate(([0.0], hits, [1.0])), np.concatenate(([0.0], alarms, [1.0]))))
