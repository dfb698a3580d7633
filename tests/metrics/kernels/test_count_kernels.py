from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.metrics import oracle as reference
from videosal.metrics.frame.flat import flat, words
from videosal.metrics.kernels import count_kernels as kernels


@pytest.mark.parametrize("size", [1, 7, 8, 63, 64, 65, 128, 1000])
def test_mask_pixels(size: int) -> None:
    generator = np.random.default_rng(size)
    for share in (0.0, 0.01, 0.5, 1.0):
        mask = flat(((generator.random(size) < share) * generator.integers(1, 256, size)).astype(np.uint8))
        assert np.array_equal(kernels.mask_pixels(mask, words(mask)), np.flatnonzero(mask))


def test_point_pixels_are_in_order_and_each_once() -> None:
    points = np.random.default_rng(0).integers(0, (5, 7), (200, 2))
    pixels, outside = kernels.point_pixels(flat(points), 5, 7)
    every = points[:, 0] * 7 + points[:, 1]
    assert outside == -1
    assert pixels.tolist() == list(dict.fromkeys(every.tolist()))
    assert kernels.point_pixels(flat(np.array([[0, 0], [4, 7], [9, 9]])), 5, 7)[1] == 1


def test_sums_gains_and_survivors() -> None:
    generator = np.random.default_rng(0)
    p, b = generator.random(50), generator.integers(0, 256, 50).astype(np.uint8)
    pixels = np.array([4, 9, 9, 49])
    assert kernels.sum_at(flat(p), pixels) == pytest.approx(p[pixels].sum(), abs=1e-14)
    gain = np.log2(1e-6 + np.maximum((p - 0.1) / 3, 0))[pixels] - np.log2(1e-7 + (b + 5.0) / 900)[pixels]
    found = kernels.gain_at(flat(p), flat(b), pixels, 0.1, 3.0, 1e-6, -5.0, 900.0, 1e-7)
    assert found == pytest.approx(gain.sum(), rel=1e-12)
    thresholds = np.array([2.0, p[9], 0.5, -1.0])
    expected = [(p[pixels] >= t).sum() for t in thresholds]
    assert kernels.survivors_at(flat(p), pixels, thresholds).tolist() == expected


@settings(deadline=None, max_examples=200)
@given(
    low=st.floats(-1e12, 1e12),
    span=st.floats(1e-9, 1e12) | st.sampled_from([1.0, 255.0, 3.0]),
    steps=st.sampled_from([1, 10, 100]),
)
def test_thresholds_split_as_scaled_values_do(low: float, span: float, steps: int) -> None:
    high = low + span
    if high - low < 1e-9 * abs(low) or high == low:
        return
    thresholds = kernels.step_thresholds(low, high, steps, 0.0, 1.0, False)
    assert thresholds.size == steps + 1
    assert thresholds[-1] == low
    for k, threshold in zip(range(steps, 0, -1), thresholds, strict=False):
        assert (threshold - low) / (high - low) >= k / steps
        assert (np.nextafter(threshold, -np.inf) - low) / (high - low) < k / steps


def test_thresholds_of_a_range_around_zero() -> None:
    thresholds = kernels.step_thresholds(-1.0, 1.0, 10, 0.0, 1.0, False)
    assert thresholds == pytest.approx(np.linspace(1, -1, 11), abs=1e-15)
    assert (thresholds[5] + 1) / 2 >= 0.5 > (np.nextafter(thresholds[5], -1) + 1) / 2


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("scale", [(0.0, 255.0), (-3.0, 7.0), (0.0, 81234.0)])
def test_thresholds_of_scaled_values(scale: tuple[float, float], single: bool) -> None:
    x = np.unique(np.random.default_rng(0).integers(0, 256, 200)).astype(np.float64)
    levels = ((x - scale[0]) / scale[1]).astype(np.float32 if single else np.float64)
    levels -= levels.min()
    levels /= levels.max()
    thresholds = kernels.step_thresholds(x.min(), x.max(), 10, *scale, single)
    for k, threshold in zip(range(10, -1, -1), thresholds, strict=True):
        assert np.array_equal(x >= threshold, levels.astype(np.float64) >= k / 10)


def test_nothing_reaches_the_thresholds_of_a_map_that_is_constant_in_single_precision() -> None:
    thresholds = kernels.step_thresholds(1.0, 1 + 1e-12, 10, 0.0, 1.0, True)
    assert np.isinf(thresholds[:-1]).all()
    assert thresholds[-1] == 1


def test_judd_area_of_repeated_points_is_the_mean_over_orders_of_ties() -> None:
    """Fixated pixels: a with 3 fixations and b with 1 share a value with two others; c with 2 lies below with one."""
    from itertools import permutations

    areas = []
    for order in permutations("abxy"):
        for last in permutations("cz"):
            hits = alarms = 0
            points = [(0.0, 0.0)]
            for pixel in ("v", *order, "w", *last, "u"):  # v, w and u are others, above, between and below
                alarms += pixel in "vwuxyz"
                if pixel in "abc":
                    hits += {"a": 3, "b": 1, "c": 2}[pixel]
                    points.append((alarms / 6, hits / 6))
            fp, tp = zip(*points, (1.0, 1.0), strict=True)
            areas.append(np.trapezoid(tp, fp))
    levels = [np.array(column) for column in ([2, 4], [1, 2], [1, 4], [2, 4])]
    assert kernels.judd_area(*levels, 9) == pytest.approx(np.mean(areas), abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_areas_equal_those_of_the_twin(seed: int) -> None:
    generator = np.random.default_rng(seed)
    P = generator.integers(0, 3 + 5 * seed, (8, 9)).astype(np.float64)
    P[0, :2] = 0, 1
    F = generator.random(P.shape) < 0.3
    levels = np.unique(P)
    at = [v == P for v in levels]
    hits, equal = np.array([(F & here).sum() for here in at]), np.array([here.sum() for here in at])
    below = np.cumsum(equal) - equal
    assert kernels.judd_area(hits, hits, below, equal, P.size) == pytest.approx(reference.auc_judd(P, F), abs=1e-14)
    S = P / P.max()
    counts = [np.array([(x >= k / 10).sum() for k in range(10, -1, -1)]) for x in (S[F], S)]
    area = kernels.stepped_area(counts[0], int(F.sum()), counts[1], P.size)
    assert area == pytest.approx(reference.auc_borji(P, F), abs=1e-14)
