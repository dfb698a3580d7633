"""Every metric with every convention that a protocol may ask for, in plain NumPy.

`videosal.metrics.compiled.formulas` computes the same, much faster, for protocols whose conventions the compiled
kernels know.
Where the original is random, a metric is its expectation, or with a seed one run of the original.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from videosal.metrics import roc
from videosal.metrics.compiled.formulas import EMD, or_nan, whitney
from videosal.metrics.formulas import is_constant

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from videosal.metrics.frame.preparation import PreparedMaps
    from videosal.metrics.protocols.record import Protocol

    Map = NDArray[np.float64]
    Pixels = NDArray[np.int64]

TINY = 1e-20  # pysaliency's addend


@dataclass(frozen=True, slots=True)
class Rules:
    """A protocol, and what a call changes about it.

    Attributes
    ----------
    protocol : Protocol
    seed : int or None
        Start of the draws; None for expectations.
    bugs : frozenset of str
        Keys of the bugs to reproduce.
    """

    protocol: Protocol
    seed: int | None = None
    bugs: frozenset[str] = frozenset()

    def draws_of(self, metric: str) -> np.random.Generator | None:
        """Return a stream of its own for a metric, so that it does not matter what else is scored."""
        if self.seed is None or metric not in self.protocol.sampled:
            return None
        return np.random.default_rng([self.seed, self.protocol.metrics.index(metric)])


def cc(maps: PreparedMaps, rules: Rules) -> float:
    P, D, rule = maps.paired, maps.density, rules.protocol
    assert D is not None
    if rule.cc_eps:
        p, d = (_centred(x) / (x.std() + rule.cc_eps) for x in (P, D))
        shared, p_own, d_own = _products(p, d)
        return float(shared / math.sqrt(p_own * d_own + rule.cc_eps))
    if is_constant(D):
        return math.nan
    if is_constant(P):
        return or_nan(rule.cc_constant)
    shared, p_own, d_own = _products(_centred(P), _centred(D))
    return float(np.clip(shared / (math.sqrt(p_own) * math.sqrt(d_own)), -1, 1))


def nss(maps: PreparedMaps, rules: Rules) -> float:
    P, rule = maps.prediction, rules.protocol
    if maps.fixations.size == 0:
        return 1.0 if "nss-one" in rules.bugs else math.nan
    if is_constant(P):
        return or_nan(rule.nss_constant)
    deviation = P.std(ddof=rule.nss_ddof) + rule.nss_eps
    return float((P.flat[maps.fixations].mean() - P.mean()) / deviation)


def sim(maps: PreparedMaps, rules: Rules) -> float:
    P, D, rule = maps.paired, maps.density, rules.protocol
    assert D is not None
    if rule.sim_scale == "shift":
        return float(np.minimum(_lifted(P), _lifted(D)).sum())
    if not P.any() or not D.any():
        return or_nan(rule.sim_zero)
    if rule.sim_scale == "minmax":
        if is_constant(P) or is_constant(D):
            return math.nan
        P, D = P - P.min(), D - D.min()
    elif _is_negative(P, maps):
        return math.nan
    p, d = (x / (x.sum() + rule.sim_eps) for x in (P, D))
    return min(1.0, float(np.minimum(p, d).sum()))


def kld(maps: PreparedMaps, rules: Rules) -> float:
    P, D, rule = maps.paired, maps.density, rules.protocol
    assert D is not None
    if rule.kld_form == "added":
        p, d = (_share(_lifted(x, uniform=False) + TINY) for x in (P, D))
        loss = np.log(d)
        loss -= np.log(p)
        loss *= d
        return float(loss.sum())
    if _is_negative(P, maps):
        return math.nan
    if not D.any():
        return or_nan(rule.kld_empty)
    if not P.any() and not (rule.kld_blank_kept and rule.kld_form == "eps"):
        return math.nan
    p, d = np.maximum(P / (P.sum() or 1.0), 0), _share(D)
    if rule.kld_form == "plain":
        if not p.all():  # log 0: infinite, and undefined where the density is 0 too
            return math.nan if (d[p == 0] == 0).any() else math.inf
        return float((d * (np.log(d, where=d > 0, out=np.zeros_like(d)) - np.log(p))).sum())
    return float((d * np.log(rule.eps + d / (p + rule.eps))).sum())


def auc_judd(maps: PreparedMaps, rules: Rules) -> float:
    P, F, rule = maps.prediction, maps.fixations, rules.protocol
    n, size = F.size, P.size
    if rule.judd == "events" and n:
        return roc.of_events(P, F)
    if n == 0 or n >= size:
        return math.nan
    if rule.judd == "unique":
        return math.nan if is_constant(P) else roc.rounded(P, F)
    if rule.judd in ("walk", "distinct"):
        return roc.walk(P, F, _negatives_of_walk(F, P.shape, rules))
    draws = rules.draws_of("auc_judd")
    if "float32-jitter" in rules.bugs:
        return _judd_in_single_precision(P, F, draws)
    if draws is None:
        area = roc.judd(P, np.unique(F) if rule.repeats else F)
    else:
        jitter = draws.random(P.shape) if rule.judd_jitter == "uniform" else draws.normal(size=P.shape)
        area = roc.walk(P + jitter * 1e-7, F, size - n)
    if "judd-off-by-one" in rules.bugs:
        area -= (1 - 1 / (2 * n)) / (size - n)
    return area


def auc_borji(maps: PreparedMaps, rules: Rules) -> float:
    P, F, rule = maps.prediction, maps.fixations, rules.protocol
    if F.size < rule.borji_least:
        return math.nan
    if is_constant(P):
        return or_nan(rule.auc_constant)
    levels, thresholds = roc.minmax(P, single=rule.single), roc.thresholds(rule.auc_steps, top=rule.auc_top)
    draws = rules.draws_of("auc_borji")
    if draws is None:
        return roc.stepped(levels[F], levels, thresholds)
    count = rule.borji_draws or F.size
    areas = [roc.stepped(levels[F], levels[draws.integers(P.size, size=count)], thresholds) for _ in range(rule.splits)]
    return float(np.mean(areas))


def sauc(maps: PreparedMaps, rules: Rules) -> float:
    P, F, rule = maps.prediction, maps.fixations, rules.protocol
    O = maps.others  # noqa: E741
    if F.size == 0 or O.size == 0:
        return math.nan
    if rule.sauc_form == "exact":
        return 0.5 if is_constant(P) else whitney(P.flat[F], P.flat[O])
    if is_constant(P):
        return 0.5 if "sauc-index" in rules.bugs else or_nan(rule.auc_constant)
    levels = roc.minmax(P, single=rule.single)
    if "sauc-index" in rules.bugs:
        return roc.with_broken_index(levels.reshape(P.shape), F, O)
    thresholds = roc.thresholds(rule.auc_steps, top=rule.auc_top)
    taken = min(F.size, O.size)
    share = taken / F.size if "sauc-divisor" in rules.bugs else 1.0
    draws = rules.draws_of("sauc")
    if draws is None:
        return roc.stepped(levels[F], levels[O], thresholds, share=share)
    picks = (draws.permutation(O)[:taken] for _ in range(rule.splits))
    return float(np.mean([roc.stepped(levels[F], levels[pick], thresholds, share=share) for pick in picks]))


def ig(maps: PreparedMaps, rules: Rules) -> float:
    P, B, F, rule = maps.prediction, maps.baseline, maps.fixations, rules.protocol
    assert B is not None
    if F.size == 0:
        return math.nan
    if rule.ig_scale == "added":
        p, b = (_share(_lifted(x, uniform=False) + TINY).flat[F] for x in (P, B))
        eps = 0.0
    else:
        if rule.ig_scale == "minmax":
            if is_constant(P) or is_constant(B):
                return math.nan
            P, B = P - P.min(), B - B.min()
        if _is_negative(P, maps) or not P.any() or not B.any():
            return math.nan
        p, b = (np.maximum(x / x.sum(), 0).flat[F] for x in (P, B))
        eps = rule.eps
    log = np.log2 if rule.ig_unit == "bits" else np.log
    return float((log(eps + p) - log(eps + b)).mean())


def emd(maps: PreparedMaps, rules: Rules) -> float:
    assert maps.density is not None
    return EMD[rules.protocol.emd](maps.paired, maps.density)


def auc(maps: PreparedMaps, rules: Rules) -> float:
    P, F = maps.prediction, maps.fixations
    if F.size == 0:
        return math.nan
    if rules.protocol.auc_negatives == "all":
        return 0.5 if is_constant(P) else roc.whitney_of_all(P, F)
    others = np.delete(P.ravel(), F)
    if others.size == 0:
        return math.nan
    return 0.5 if is_constant(P) else whitney(P.flat[F], others)


def sauc_exact(maps: PreparedMaps, rules: Rules) -> float:
    P, F, O = maps.prediction, maps.fixations, maps.others  # noqa: E741
    if F.size == 0 or O.size == 0:
        return math.nan
    return 0.5 if is_constant(P) else whitney(P.flat[F], P.flat[O])


def _judd_in_single_precision(P: Map, F: Pixels, draws: np.random.Generator | None) -> float:
    """One run of SalEMA's code; without draws the mean of twenty, for its expectation has no closed form."""
    single = P.astype(np.float32)

    def run(stream: np.random.Generator) -> float:
        jittered = single + (stream.random(P.shape) * 1e-7).astype(np.float32)
        return roc.walk(jittered.astype(np.float64), F, P.size - F.size)

    if draws is not None:
        return run(draws)
    stream = np.random.default_rng(0)
    return float(np.mean([run(stream) for _ in range(20)]))


def _is_negative(P: Map, maps: PreparedMaps) -> bool:
    """Whether values below zero were the prediction's own, and not put there by resizing it."""
    return not maps.undershoot and bool(P.min() < 0)


def _centred(x: Map) -> Map:
    deviations: Map = x - x.mean()
    return deviations


def _products(p: Map, d: Map) -> tuple[np.float64, np.float64, np.float64]:
    """Sums of p * d, p * p and d * d; both are overwritten, for new memory costs more than the arithmetic."""
    shared = (p * d).sum()
    p *= p
    d *= d
    return shared, p.sum(), d.sum()


def _share(x: Map) -> Map:
    shares: Map = x / x.sum()
    return shares


def _lifted(x: Map, *, uniform: bool = True) -> Map:
    """pysaliency's rule: a negative minimum comes to 0; for SIM the sum to 1, and zeros become uniform."""
    low = float(x.min())
    if low < 0:
        x = x - low
    if not uniform:
        return x
    return _share(x) if x.any() else np.full(x.shape, 1 / x.size)


def _negatives_of_walk(F: Pixels, shape: tuple[int, ...], rules: Rules) -> int:
    """How many pixels the original takes to be not fixated."""
    size = shape[0] * shape[1]
    if rules.protocol.judd == "walk":
        return size - F.size
    if "columns-counted" in rules.bugs:
        rows, columns = np.divmod(F, shape[1])
        return size - (1 if np.array_equal(rows, columns) else 2)
    return size - np.unique(F).size


CONVENTIONS: dict[str, Callable[[PreparedMaps, Rules], float]] = {
    "cc": cc,
    "nss": nss,
    "sim": sim,
    "kld": kld,
    "auc_judd": auc_judd,
    "auc_borji": auc_borji,
    "sauc": sauc,
    "ig": ig,
    "emd": emd,
    "auc": auc,
    "sauc_exact": sauc_exact,
}
