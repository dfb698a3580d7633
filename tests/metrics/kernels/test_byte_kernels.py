from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.metrics import oracle as reference
from videosal.metrics.frame.flat import flat, words
from videosal.metrics.kernels import byte_kernels as kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZES = [1, 7, 8, 9, 63, 64, 255, 256, 257, 4095, 4096, 5003]


def maps(size: int) -> list[NDArray[Any]]:
    """Noise, runs of equal values, one value, and the extremes."""
    generator = np.random.default_rng(size)
    noise = generator.integers(0, 256, size).astype(np.uint8)
    runs = np.repeat(generator.integers(0, 4, size // 11 + 1) * 85, 11)[:size].astype(np.uint8)
    return [flat(x) for x in (noise, runs, np.full(size, 255, np.uint8), np.zeros(size, np.uint8))]


@pytest.mark.parametrize("size", SIZES)
def test_histograms_count_and_add_up(size: int) -> None:
    for x in maps(size):
        expected = np.bincount(x, minlength=256)
        assert np.array_equal(kernels.histogram(x, words(x)), expected)
        for w in maps(size):
            counts, sums, theirs = kernels.two_histograms(x, words(x), w, words(w))
            assert np.array_equal(counts, expected)
            assert np.array_equal(theirs, np.bincount(w, minlength=256))
            assert np.array_equal(sums, np.bincount(x, weights=w, minlength=256))


@pytest.mark.parametrize("size", SIZES)
def test_spread(size: int) -> None:
    for x in maps(size):
        low, high, total, squares = kernels.count_spread(np.bincount(x, minlength=256))
        assert (low, high, total) == (x.min(), x.max(), x.sum())
        assert squares == pytest.approx(x.var() * size, rel=1e-12)


@pytest.mark.parametrize("size", SIZES)
def test_codeviation_and_cross_entropy(size: int) -> None:
    for x in maps(size)[:2]:
        for w in maps(size)[:2]:
            counts, sums, _ = kernels.two_histograms(x, words(x), w, words(w))
            codeviation = ((x - x.mean()) * (w - w.mean())).sum()
            assert kernels.count_codeviation(counts, sums, x.mean(), w.mean()) == pytest.approx(codeviation, abs=1e-6)
            if w.any():
                for low, floor in ((0.0, 0.0), (-2.0, 0.0), (0.0, 1e-5)):
                    P, D = np.maximum((x - 3.0) / 1000, 0) + 1e-9, (w - low) / w.sum() + floor
                    cross = (D * np.log(P)).sum()
                    theirs = low, float(w.sum()), floor
                    found = kernels.count_cross(counts, sums, 3.0, 1000.0, 1e-9, *theirs)
                    assert found == pytest.approx(cross, rel=1e-12)
                    own = (D[D > 0] * np.log(D[D > 0])).sum()
                    negentropy = kernels.count_negentropy(np.bincount(w, minlength=256), *theirs)
                    assert negentropy == pytest.approx(own, rel=1e-12, abs=1e-15)


def test_levels_and_survivors() -> None:
    x = maps(500)[0]
    pixels = np.array([3, 3, 77, 499])
    counts = np.bincount(x, minlength=256)
    hits, below = kernels.count_levels(counts, x, pixels)
    assert np.array_equal(hits, np.bincount(x[pixels], minlength=256))
    assert below.tolist() == [(x < value).sum() for value in range(256)]
    thresholds = np.array([300.0, 255.0, 200.5, 17.0, 16.9999, 0.0, -5.0])
    assert kernels.count_survivors(counts, thresholds).tolist() == [(x >= t).sum() for t in thresholds]


@pytest.mark.parametrize("size", SIZES[1:])
def test_overlap_is_that_of_the_twin(size: int) -> None:
    generator = np.random.default_rng(size)
    for p in maps(size)[:2]:
        # The last is all but equal to p: the two sums differ by one, and every pixel is a close decision.
        nudged = p.copy()
        nudged[generator.integers(size)] ^= 1
        for d in (maps(size)[1], generator.integers(100, 104, size).astype(np.uint8), nudged):
            P, D = p[None].astype(np.float64), d[None].astype(np.float64)
            if reference.is_constant(P) or reference.is_constant(D):
                continue
            excess = [float(x.sum() - x.min() * x.size) for x in (P, D)]
            overlap = kernels.byte_overlap(p, flat(d), float(P.min()), float(D.min()), *excess)
            assert overlap == pytest.approx(reference.sim(P, D), abs=1e-14)


@pytest.mark.parametrize("size", SIZES)
def test_overlap_of_the_uniform_distribution(size: int) -> None:
    p, d = flat(np.zeros(size, np.uint8)), flat(np.arange(size).astype(np.uint8))  # whose lows are below zero
    for p_low, d_low in ((-1.0, 0.0), (-1.0, -1.0)):
        sums = p.sum() - p_low * size, max(d.sum() - d_low * size, 1.0)
        expected = np.minimum((p - p_low) / sums[0], (d - d_low) / sums[1]).sum()
        assert kernels.byte_overlap(p, d, p_low, d_low, *sums) == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize(
    ("sums", "fraction"),
    [((1, 1), (1, 1)), ((1, 1000), (0, 1)), ((1000, 1), (255, 1)), ((1, 255), (1, 255)), ((1, 256), (0, 1))],
)
def test_fractions_of_bytes(sums: tuple[int, int], fraction: tuple[int, int]) -> None:
    numerator, denominator = kernels._fraction_below(*sums)
    assert numerator * fraction[1] == denominator * fraction[0]


def test_the_fraction_is_the_largest_below() -> None:
    every = sorted({a / b for a in range(256) for b in range(1, 256)})
    generator = np.random.default_rng(0)
    for p, d in (10 ** generator.uniform(0, 9, (300, 2))).astype(np.int64).tolist():
        numerator, denominator = kernels._fraction_below(p, d)
        assert numerator / denominator == max(x for x in every if x <= p / d)
