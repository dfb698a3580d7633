from __future__ import annotations

import math

import numpy as np
import pytest

from videosal.metrics import formulas as reference
from videosal.metrics import roc

P = np.array([[0.0, 1, 2, 3], [4, 4, 2, 0], [1, 1, 3, 5]])
F = np.array([3, 4, 6])  # values 3, 4, 2
NEGATIVE = np.delete(P.ravel(), F)


def test_thresholds_are_tenths_with_or_without_the_largest() -> None:
    assert roc.thresholds(10, top=True).tolist() == [1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0]
    assert roc.thresholds(10, top=False).tolist() == roc.thresholds(10, top=True).tolist()[1:]


def test_stepped_area_follows_the_curve() -> None:
    positive, negative = np.array([0.95, 0.35]), np.array([0.5, 0.2, 0.1, 0.0])
    levels = np.array([0.9, 0.4, 0.3])
    # Points (0, 0), (0, 1/2), (1/4, 1/2), (1/4, 1), (1, 1).
    assert roc.stepped(positive, negative, levels) == pytest.approx(0.25 * 0.5 + 0.75)
    assert roc.stepped(positive, negative, levels, share=0.5) == pytest.approx(0.125 * 0.5 + 0.875)


def test_single_precision_moves_a_value_onto_a_threshold() -> None:
    levels = np.array([[0.0, 153, 255]])
    assert roc.minmax(levels)[1] == 0.6
    assert roc.minmax(levels, single=True)[1] > 0.6
    assert not roc.minmax(np.array([[1.0, 1 + 1e-12]]), single=True).any()


def test_walking_without_ties_is_the_expectation_and_with_ties_is_not() -> None:
    spread = P + np.arange(12).reshape(3, 4) / 100
    assert roc.walk(spread, F, 9) == pytest.approx(roc.judd(spread, F), abs=1e-12)
    # Thresholds 4, 3, 2: reached by 3, 5, 7 of all.
    assert roc.walk(P, F, 9) == pytest.approx(
        np.trapezoid([0, 1 / 3, 2 / 3, 1, 1], [0, 2 / 9, 3 / 9, 4 / 9, 1]), abs=1e-12
    )
    mask = np.zeros(P.shape, bool)
    mask.flat[F] = True
    assert roc.judd(P, F) == reference.auc_judd(P, mask)


def test_rates_are_rounded_to_four_digits_at_thresholds_taken_once() -> None:
    twice = np.array([3, 4, 5, 6])  # values 3, 4, 4, 2
    # Thresholds 4, 3, 2: hits 2, 3, 4 of four, alarms 1, 2, 3 of eight.
    assert roc.rounded(P, twice) == np.trapezoid([0, 0.5, 0.75, 1, 1], [0, 0.125, 0.25, 0.375, 1])
    assert roc.rounded(P, F) == np.trapezoid([0, 0.3333, 0.6667, 1, 1], [0, 0.2222, 0.3333, 0.4444, 1])


def test_the_broken_index_looks_up_other_pixels() -> None:
    levels = P / 5
    # Row 1, column 2 becomes 1 * 3 + 2 = 5, read as row 5 % 3 - 1, column 5 // 3.
    found = roc.with_broken_index(levels, F, np.array([6]))
    alarm = levels[1, 1]
    at = np.arange(1, 10) / 10
    hits = np.array([0, *[round((levels.flat[F] >= t).mean(), 4) for t in at]])
    alarms = np.array([0, *[round(float(alarm > t) / 3, 4) for t in at]])
    order = np.argsort(hits, kind="stable")
    assert found == pytest.approx(np.trapezoid([*hits[order], 1], [*alarms[order], 1]))
    tall = np.zeros((9, 2))
    tall[8, 1] = 1
    assert math.isnan(roc.with_broken_index(tall, np.array([0]), np.array([17])))
