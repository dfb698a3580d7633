"""The plain formulas, held against SciPy and against small simulations of the MATLAB procedures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from tests.metrics import oracle as reference

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Map = NDArray[np.float64]
    Mask = NDArray[np.bool_]


def frame(seed: int, levels: int = 12) -> tuple[Map, Mask, Mask]:
    """Return a prediction with ties, fixations that prefer high values, and others that prefer them less."""
    generator = np.random.default_rng(seed)
    P = np.floor(generator.random((14, 15)) ** 3 * levels) / levels
    F = generator.random(P.shape) < 0.02 + 0.25 * P
    others = generator.random(P.shape) < 0.05 + 0.1 * P
    return P, F, others


def mit_auc_judd(P: Map, F: Mask, generator: np.random.Generator) -> float:
    """One run: jitter, one threshold per fixation, straight lines between the points."""
    S = P + generator.random(P.shape) / 1e7
    thresholds = np.sort(S[F])[::-1]
    n, pixels = thresholds.size, S.size
    above = np.array([(t <= S).sum() for t in thresholds])
    tp = np.concatenate(([0.0], np.arange(1, n + 1) / n, [1.0]))
    fp = np.concatenate(([0.0], (above - np.arange(1, n + 1)) / (pixels - n), [1.0]))
    return float(np.trapezoid(tp, fp))


def mit_stepped(positive: Map, negative: Map) -> float:
    """One split: thresholds from the largest value that occurs down to 0."""
    top = max(positive.max(), negative.max())
    thresholds = [k / 10 for k in range(10, -1, -1) if k / 10 <= top]
    tp = [0.0, *((positive >= t).mean() for t in thresholds), 1.0]
    fp = [0.0, *((negative >= t).mean() for t in thresholds), 1.0]
    return float(np.trapezoid(tp, fp))


def agrees(value: float, runs: list[float]) -> bool:
    """Whether the value lies within four standard errors of the mean of the runs, which do differ."""
    error = np.std(runs, ddof=1) / np.sqrt(len(runs))
    return bool(0 < error < 5e-3 and abs(value - np.mean(runs)) < 4 * error)


@pytest.mark.parametrize("seed", range(4))
def test_auc_judd_is_the_expectation_over_the_jitter(seed: int) -> None:
    P, F, _ = frame(seed, levels=3)
    generator = np.random.default_rng(seed)
    assert agrees(reference.auc_judd(P, F), [mit_auc_judd(P, F, generator) for _ in range(600)])


@pytest.mark.parametrize("seed", range(4))
def test_auc_borji_is_the_expectation_over_the_draws(seed: int) -> None:
    P, F, _ = frame(seed)
    S, generator = P / P.max(), np.random.default_rng(seed)
    runs = [mit_stepped(S[F], generator.choice(S.ravel(), F.sum())) for _ in range(1500)]
    assert agrees(reference.auc_borji(P, F), runs)


@pytest.mark.parametrize("seed", range(4))
def test_sauc_is_the_expectation_over_the_draws(seed: int) -> None:
    P, F, others = frame(seed)
    S, generator = P / P.max(), np.random.default_rng(seed)
    F = F & (np.cumsum(F).reshape(F.shape) <= 6)
    runs = [mit_stepped(S[F], generator.choice(S[others], F.sum(), replace=False)) for _ in range(1500)]
    assert agrees(reference.sauc(P, F, others), runs)


def test_auc_judd_without_ties_is_mann_whitney_plus_half_a_step() -> None:
    generator = np.random.default_rng(0)
    P, F = generator.random((9, 11)), generator.random((9, 11)) < 0.2
    n, m = F.sum(), (~F).sum()
    mann_whitney = stats.mannwhitneyu(P[F], P[~F]).statistic / (n * m)
    last = (P[~F] > P[F].min()).mean()
    assert reference.auc_judd(P, F) == pytest.approx(mann_whitney + last / (2 * n), abs=1e-12)
    assert reference.auc_judd(P, F) == pytest.approx(mit_auc_judd(P, F, generator), abs=1e-12)


def test_density_metrics_equal_those_of_scipy() -> None:
    generator = np.random.default_rng(1)
    P, D = generator.random((9, 11)), generator.random((9, 11))
    assert reference.cc(P, D) == pytest.approx(stats.pearsonr(P.ravel(), D.ravel()).statistic, abs=1e-12)
    assert reference.kld(P, D) == pytest.approx(stats.entropy(D.ravel(), P.ravel()), abs=1e-10)
    P, D = P - P.min(), D - D.min()
    half_l1 = np.abs(P / P.sum() - D / D.sum()).sum() / 2
    assert reference.sim(P, D) == pytest.approx(1 - half_l1, abs=1e-12)


def test_nss_and_ig_by_hand() -> None:
    P = np.array([[0.0, 1.0], [2.0, 5.0]])
    F = np.array([[False, True], [False, True]])
    assert reference.nss(P, F) == pytest.approx((3 - 2) / np.sqrt(14 / 3), abs=1e-12)
    assert reference.nss(P, F, ddof=0) == pytest.approx((3 - 2) / np.sqrt(14 / 4), abs=1e-12)
    B = np.array([[0.0, 1.0], [1.0, 2.0]])
    assert reference.ig(P, F, B) == pytest.approx((np.log2(1 / 8 / (1 / 4)) + np.log2(5 / 8 / (1 / 2))) / 2, abs=1e-12)
    F[0, 0] = True  # the minimum counts as no probability at all
    assert reference.ig(P, F, B + B.T) == pytest.approx(
        (np.log2(1 / 8 / (1 / 4)) + np.log2(5 / 8 / (1 / 2))) / 3, abs=1e-9
    )


def test_kld_by_hand() -> None:
    D = np.array([[3.0, 1.0, 0.0]])
    assert reference.kld(np.array([[1.0, 1.0, 2.0]]), D) == pytest.approx(0.75 * np.log(0.75 / 0.25), abs=1e-12)
    absent = 0.25 * np.log(0.25 / reference.EPS)
    assert reference.kld(np.array([[1.0, 0.0, 0.0]]), D) == pytest.approx(0.75 * np.log(0.75) + absent, abs=1e-12)
    assert reference.kld(np.array([[1.1, -0.1, 0.0]]), D, undershoot=True) == pytest.approx(
        0.75 * np.log(0.75 / 1.1) + absent, abs=1e-12
    )
    lifted = 0.75 * np.log(0.75 / (1.2 / 1.3)) + absent
    assert reference.kld(np.array([[1.1, -0.1, 0.0]]), D) == pytest.approx(lifted, abs=1e-12)
    assert reference.kld(D * 0, D) == pytest.approx(0.75 * np.log(0.75 * 3) + 0.25 * np.log(0.25 * 3), abs=1e-12)


@pytest.mark.parametrize(("offset", "constant"), [(0.0, False), (1e6, False), (1e13, True)])
def test_a_map_is_constant_where_its_spread_is_that_of_rounding(offset: float, constant: bool) -> None:
    x = np.array([[0.0, 1.0]]) + offset
    assert reference.is_constant(x) is constant
    assert reference.is_constant(np.full((3, 3), 0.1))
