"""Bootstrap intervals and sign-flip tests of many columns of figures at once, from draws that all columns share.

A column holds one figure per video. Drawing videos, or flipping signs, is a matrix of counts, or of signs, with a row
per draw; the means of every draw and column are then one matrix product, so fifty runs cost little more than two.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Resamples of the bootstrap, and sign flips of a test that stands alone.
RESAMPLES = 9999
LEVEL = 0.95

_MOST_DRAWS = 10**6
_PER_TEST = 50  # draws for each test of a family: the smallest p value, corrected for their number, is then 0.02
_DRAWN = 1 << 20  # counts or signs of a block of draws, 8 MB
_COLUMNS = 512  # columns whose means of all draws are held at once
_NOISE = 1e-12  # sums that differ by less, as a share of their terms, are equal but for rounding


def count_flips(n_tests: int) -> int:
    """Return how many random sign flips a family of tests needs: 9,999, and ten times as many where that is too few."""
    draws = RESAMPLES + 1
    while draws < min(_PER_TEST * n_tests, _MOST_DRAWS):
        draws *= 10
    return draws - 1


def bootstrap_means(values: Floats, weights: Floats, seed: int) -> tuple[Floats, Floats]:
    """Bias-corrected and accelerated bootstrap intervals (95 %) of the weighted means of columns.

    Parameters
    ----------
    values : ndarray of float64, shape (n, k)
        Finite figures, a row per video, two rows or more.
    weights : ndarray of float64, shape (n, k)
        Of each figure in the mean of its column, above 0; drawn together with it.
    seed : int
        Of the draws, which all columns share.

    Returns
    -------
    low, high : ndarray of float64, shape (k,)
        The value itself where all of a column are equal.

    References
    ----------
    Efron, "Better Bootstrap Confidence Intervals", JASA 82 (1987) 171-185, eq. 4.9 and 6.6.
    """
    n_columns = values.shape[1]
    bounds = np.empty((2, n_columns))
    for start in range(0, n_columns, _COLUMNS):
        part = slice(start, start + _COLUMNS)
        bounds[:, part] = _intervals(values[:, part], weights[:, part], seed)
    equal = np.ptp(values, axis=0) == 0
    bounds[:, equal] = values[0, equal]
    return bounds[0], bounds[1]


def flip_signs(shares: Floats, n_flips: int, seed: int, *, one_sided: bool = False) -> Floats:
    """The p values of the sums of columns, if each share could as well have the other sign.

    Parameters
    ----------
    shares : ndarray of float64, shape (n, k)
        What each video adds to the difference of two means.
    n_flips : int
        Random flips. All flips are taken instead, and p is exact, where there are no more than these.
    seed : int
        Of the flips, which all columns share.
    one_sided : bool
        Whether only sums as large count, not those as far below 0.

    Returns
    -------
    ndarray of float64, shape (k,)
        The share of flips whose sum is as far from 0, or farther; 1 for a column of zeros.

    References
    ----------
    Phipson and Smyth, "Permutation P-values Should Never Be Zero", SAGMB 9 (2010) 39: what was seen counts as a flip.
    """
    n_videos, n_columns = shares.shape
    noise = _NOISE * np.abs(shares).sum(axis=0)
    size = np.asarray if one_sided else np.abs
    seen = size(shares.sum(axis=0)) - noise
    hits = np.zeros(n_columns, np.int64)
    total = 0
    for signs in _signs(n_videos, n_columns, n_flips, seed):
        hits += (size(signs @ shares) >= seen).sum(axis=0)
        total += len(signs)
    exact = is_exact(n_videos, n_flips)
    found: Floats = hits / total if exact else (hits + 1) / (total + 1)
    return found


def _intervals(values: Floats, weights: Floats, seed: int) -> Floats:
    from scipy.special import ndtr, ndtri

    # Third powers of figures near zero would be zero; a power of two takes no bit away.
    exponents = np.frexp(np.abs(values).max(axis=0))[1]
    values = np.ldexp(values, -exponents)
    products = values * weights
    totals, masses = products.sum(axis=0), weights.sum(axis=0)
    means = totals / masses
    drawn = np.concatenate([_drawn_means(counts, products, weights) for counts in draw_counts(len(values), seed)])
    noise = _NOISE * (np.abs(products).sum(axis=0) / masses)
    below = (drawn < means - noise).sum(axis=0) + (drawn <= means + noise).sum(axis=0)
    bias = ndtri(below / (2 * len(drawn)))
    left_out = (totals - products) / (masses - weights)
    pull = left_out.mean(axis=0) - left_out
    spread = (pull**2).sum(axis=0) ** 1.5
    acceleration = np.divide((pull**3).sum(axis=0), 6 * spread, out=np.zeros_like(spread), where=spread > 0)
    drawn.sort(axis=0)
    found = []
    for z in (ndtri((1 - LEVEL) / 2), ndtri((1 + LEVEL) / 2)):
        shifted = bias + z
        found.append(_quantiles(drawn, ndtr(bias + shifted / (1 - acceleration * shifted))))
    return np.ldexp(np.array(found), exponents)


def _drawn_means(counts: Floats, products: Floats, weights: Floats) -> Floats:
    """The weighted means of each draw; the weights of most columns are the same, and are then summed once."""
    first = weights[:, :1]
    masses = counts @ (first if (weights == first).all() else weights)
    means: Floats = (counts @ products) / masses
    return means


def _quantiles(ascending: Floats, shares: Floats) -> Floats:
    """A quantile of each column, between the two nearest values in proportion."""
    at = shares * (len(ascending) - 1)
    low = np.floor(at).astype(np.int64)
    high = np.minimum(low + 1, len(ascending) - 1)
    columns = np.arange(ascending.shape[1])
    under, over = ascending[low, columns], ascending[high, columns]
    found: Floats = under + (at - low) * (over - under)
    return found


def draw_counts(n: int, seed: int | Sequence[int]) -> Iterator[Floats]:
    """How often each of `n` videos is drawn, in blocks with a row per draw."""
    generator = np.random.default_rng(seed)
    for rows in _blocks(RESAMPLES, n):
        drawn = generator.integers(0, n, (rows, n), dtype=np.int32)
        drawn += np.arange(0, rows * n, n, dtype=np.int32)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)


def _signs(n: int, n_columns: int, n_flips: int, seed: int) -> Iterator[Floats]:
    """Signs of `n` videos, in blocks with a row per flip: all of them, or random ones."""
    if is_exact(n, n_flips):
        start = 0
        for rows in _blocks(2**n, max(n, n_columns)):
            flipped = np.arange(start, start + rows)[:, None] >> np.arange(n) & 1
            yield 1 - 2 * flipped.astype(np.float64)
            start += rows
        return
    generator = np.random.default_rng(seed)
    for rows in _blocks(n_flips, max(n, n_columns)):
        drawn = np.frombuffer(generator.bytes(rows * math.ceil(n / 8)), np.uint8).reshape(rows, -1)
        yield 1 - 2 * np.unpackbits(drawn, axis=1, count=n).astype(np.float64)


def is_exact(n: int, n_flips: int) -> bool:
    """Whether a test of `n` videos takes all flips of their signs, as it may take that many random ones."""
    return bool(2**n <= n_flips + 1)


def _blocks(total: int, width: int) -> Iterator[int]:
    most = max(1, _DRAWN // width)
    for start in range(0, total, most):
        yield min(most, total - start)
