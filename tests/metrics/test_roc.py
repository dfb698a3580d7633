from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.metrics import oracle
from videosal.metrics import roc, score_frame
from videosal.metrics.sampling import levels_of

P = np.array([[0.0, 1, 2, 3], [4, 4, 2, 0], [1, 1, 3, 5]])
F = np.array([3, 4, 6])  # values 3, 4, 2


def levels(fixations: Any, values: Any = P) -> roc.Levels:
    return levels_of(values, fixations, np.unique(fixations))


def test_stepped_area_follows_the_curve() -> None:
    positive, negative = np.array([0.95, 0.35]), np.array([0.5, 0.2, 0.1, 0.0])
    hits, alarms = ([np.count_nonzero(x >= level) for level in (0.9, 0.4, 0.3)] for x in (positive, negative))
    # Points (0, 0), (0, 1/2), (1/4, 1/2), (1/4, 1), (1, 1).
    given = np.array(hits), 2, np.array(alarms), 4
    assert roc.stepped(*given) == pytest.approx(0.25 * 0.5 + 0.75)
    assert roc.stepped(*given, share=0.5) == pytest.approx(0.125 * 0.5 + 0.875)


def test_walking_without_ties_is_the_expectation_and_with_ties_is_not() -> None:
    spread = levels(F, P + np.arange(12).reshape(3, 4) / 100)
    assert roc.walk(spread, 12, 9) == pytest.approx(roc.judd(spread, 12), abs=1e-12)
    # Thresholds 4, 3, 2: reached by 3, 5, 7 of all.
    assert roc.walk(levels(F), 12, 9) == pytest.approx(
        np.trapezoid([0, 1 / 3, 2 / 3, 1, 1], [0, 2 / 9, 3 / 9, 4 / 9, 1]), abs=1e-12
    )
    mask = np.zeros(P.shape, bool)
    mask.flat[F] = True
    assert roc.judd(levels(F), 12) == oracle.auc_judd(P, mask)


def test_rates_are_rounded_to_four_digits_at_thresholds_taken_once() -> None:
    twice = np.array([3, 4, 5, 6])  # values 3, 4, 4, 2
    # Thresholds 4, 3, 2: hits 2, 3, 4 of four, alarms 1, 2, 3 of eight.
    assert roc.rounded(levels(twice), 12) == np.trapezoid([0, 0.5, 0.75, 1, 1], [0, 0.125, 0.25, 0.375, 1])
    assert roc.rounded(levels(F), 12) == np.trapezoid([0, 0.3333, 0.6667, 1, 1], [0, 0.2222, 0.3333, 0.4444, 1])


def test_whitney_of_levels_counts_pairs() -> None:
    repeated = np.array([3, 3, 4, 6])
    positive = P.flat[repeated]
    for among_all, negative in ((True, P.ravel()), (False, np.delete(P.ravel(), F))):
        pairs = np.sign(positive[:, None] - negative[None, :])
        wanted = (pairs + 1).mean() / 2
        assert roc.whitney_of_levels(levels(repeated), 12, among_all=among_all) == pytest.approx(wanted)
        assert roc.whitney(positive, negative) == pytest.approx(wanted)


def test_the_broken_index_looks_up_other_pixels() -> None:
    # Row 1, column 2 becomes 1 * 3 + 2 = 5, read as row 5 % 3 - 1, column 5 // 3.
    given: dict[str, Any] = {"protocol": "stsanet", "metrics": ["sauc"], "bug_compatible": True}
    found = score_frame(
        P, fixations=np.argwhere(np.isin(np.arange(12), F).reshape(3, 4)), other_fixations=[[1, 2]], **given
    )
    single = (P / 5).astype(np.float32).astype(float)
    at = np.arange(1, 10) / 10
    hits = np.array([0, *[round(float((single.flat[F] >= t).mean()), 4) for t in at]])
    alarms = np.array([0, *[round(float(single[1, 1] > t) / 3, 4) for t in at]])
    order = np.argsort(hits, kind="stable")
    assert found["sauc"] == pytest.approx(np.trapezoid([*hits[order], 1], [*alarms[order], 1]))
    tall = np.zeros((9, 2))
    tall[8, 1] = 1
    assert np.isnan(score_frame(tall, fixations=[[0, 0]], other_fixations=[[8, 1]], **given)["sauc"])
