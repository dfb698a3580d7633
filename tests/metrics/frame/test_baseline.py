from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from videosal.metrics import get_protocol, score_frame
from videosal.metrics.frame.baseline import read_baseline
from videosal.metrics.frame.resize import RESIZE

IMRESIZE = RESIZE[get_protocol("standard").resize]
FIXATIONS = np.array([[1, 2], [3, 4], [5, 6]])
PREDICTION = np.arange(63, dtype=np.uint8).reshape(7, 9)


@pytest.mark.parametrize("size", [(7, 9), (4, 5)])
def test_an_array_that_cannot_change_is_measured_once(size: tuple[int, int]) -> None:
    x = np.random.default_rng(0).random(size)
    expected = read_baseline(x, (7, 9), IMRESIZE)
    x.flags.writeable = False
    first = read_baseline(x, (7, 9), IMRESIZE)
    assert first is read_baseline(x, (7, 9), IMRESIZE)
    assert first is not read_baseline(x.copy(), (7, 9), IMRESIZE)
    assert read_baseline(x, (3, 3), IMRESIZE).values.size == 9
    assert np.array_equal(first.values, expected.values)
    assert (first.low, first.excess, first.constant) == (expected.low, expected.excess, expected.constant)


def test_an_array_that_can_change_is_measured_anew() -> None:
    x = np.random.default_rng(0).random((7, 9))
    view = x[:]
    view.flags.writeable = False
    for baseline in (x, view):
        before = score_frame(PREDICTION, fixations=FIXATIONS, baseline=baseline)["ig"]
        x[3, 4] *= 0.5
        assert score_frame(PREDICTION, fixations=FIXATIONS, baseline=baseline)["ig"] != before


def test_few_arrays_are_kept() -> None:
    references = []
    for seed in range(20):
        x = np.random.default_rng(seed).random((7, 9))
        x.flags.writeable = False
        read_baseline(x, (7, 9), IMRESIZE)
        references.append(weakref.ref(x))
        del x
    gc.collect()
    assert sum(reference() is not None for reference in references) <= 8


@pytest.mark.parametrize("offset", [0.0, 1.0, -1.0, 1e4, -1e4, 1e9])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int32])
def test_low_and_excess(offset: float, dtype: type) -> None:
    x = (np.random.default_rng(0).random((7, 9)) * 100 + offset).astype(dtype)
    baseline = read_baseline(x, (7, 9), IMRESIZE)
    doubles = x.astype(np.float64)
    assert baseline.low == doubles.min()
    assert baseline.excess == pytest.approx((doubles - doubles.min()).sum(), rel=1e-12)
    assert baseline.constant is bool(doubles.std() < 1e-12 * abs(doubles.mean()))


@pytest.mark.parametrize("constant", [np.full((7, 9), 3, np.uint8), np.full((7, 9), 0.1), np.full((4, 5), 0.1)])
def test_constant_baselines_are_told(constant: np.ndarray) -> None:
    assert read_baseline(constant, (7, 9), IMRESIZE).constant
