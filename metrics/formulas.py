"""Every metric, once, for every protocol, with its source; the areas under curves stand in `videosal.metrics.areas`.

A formula takes a case: a prediction P with what it is held against, and the protocol, whose choices are its parameters.
It asks `videosal.metrics.statistics` for sums and ranks over maps; D is the density, F are the fixations, O those of
other frames, B is the baseline. Maps are not scaled: what a protocol scales them by is part of the formulas, through
`videosal.metrics.statistics.shares`. A value that is undefined is NaN.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from videosal.metrics.areas import auc, auc_borji, auc_judd, sauc, sauc_exact
from videosal.metrics.emd import clipped_emd, signed_emd
from videosal.metrics.protocols.choices import or_nan
from videosal.metrics.statistics.shares import Shares, shares, uniform_shares, with_floor

if TYPE_CHECKING:
    from collections.abc import Callable

    from videosal.metrics.case import Case
    from videosal.metrics.statistics.shares import Scale
    from videosal.metrics.statistics.spread import Spread


def cc(case: Case) -> float:
    """Pearson's correlation of P and D (Bylinskii et al., TPAMI 2019, eq. 4; MIT's CC.m). Range -1 to 1."""
    p, d, rule = case.pair.statistics.prediction.spread, case.pair.statistics.density.spread, case.protocol.pair
    if d.constant and not rule.cc_eps:
        return math.nan
    if case.uniform:
        return 0.0
    if rule.cc_eps:
        assert case.density_scale is not None
        p_deviation = p.deviation + rule.cc_eps * case.pair.scale.width
        d_deviation = d.deviation + rule.cc_eps * case.density_scale.width
        shared = case.pair.statistics.codeviation / p_deviation / d_deviation
        own = (p.squares / p_deviation / p_deviation) * (d.squares / d_deviation / d_deviation)
        return float(shared / math.sqrt(own + rule.cc_eps))
    if p.constant:
        return or_nan(rule.cc_constant)
    correlation = case.pair.statistics.codeviation / (math.sqrt(p.squares) * math.sqrt(d.squares))
    return min(1.0, max(-1.0, correlation))


def nss(case: Case) -> float:
    """Mean of the standardised P over F (Peters et al., Vision Research 2005; MIT's NSS.m)."""
    p, rule, n = case.points.statistics.prediction.spread, case.protocol.gaze, case.fixations.size
    if n == 0:
        return 1.0 if "nss-one" in case.bugs else math.nan
    if p.constant:
        return 0.0 if case.uniform else or_nan(rule.nss_constant)
    deviation = math.sqrt(p.squares / (p.size - rule.nss_ddof)) + rule.nss_eps * case.points.scale.width
    return (case.points.statistics.sum_at(case.fixations) / n - p.mean) / deviation


def sim(case: Case) -> float:
    """Histogram intersection: the sum of the smaller shares of P and D (Judd et al. 2012; MIT's similarity.m).

    MIT's shares are of maps with minimum 0. Range 0 to 1.
    """
    p, d, rule = case.pair.statistics.prediction.spread, case.pair.statistics.density.spread, case.protocol.pair
    p_scale, d_scale = case.pair.scale, case.density_scale
    assert d_scale is not None
    if rule.sim_scale == "shift":
        return case.pair.statistics.overlap(_lifted(p, p_scale), _lifted(d, d_scale))
    if _is_blank(d, d_scale) or (_is_blank(p, p_scale) and not case.uniform):
        return or_nan(rule.sim_zero)
    if rule.sim_scale == "minmax" and (d.constant or (p.constant and not case.uniform)):
        return math.nan
    how = rule.sim_scale
    if how == "sum" and _is_negative(case):
        if case.protocol.maps.negative == "undefined":
            return math.nan
        how = "shift"
    ours = uniform_shares(p) if case.uniform else shares(p, p_scale, how, eps=rule.sim_eps)
    return min(1.0, case.pair.statistics.overlap(ours, shares(d, d_scale, rule.sim_scale, eps=rule.sim_eps)))


def kld(case: Case) -> float:
    """Kullback-Leibler divergence of P from D, in nats (Bylinskii et al., TPAMI 2019, eq. 5; MIT's KLdiv.m).

    Sum of D * log(eps + D / (P + eps)) over the shares of both maps. What an interpolation put below zero counts as
    zero probability.
    """
    statistics, rule, eps = case.pair.statistics, case.protocol.pair, case.protocol.maps.eps
    p, d, p_scale, d_scale = (
        statistics.prediction.spread,
        statistics.density.spread,
        case.pair.scale,
        case.density_scale,
    )
    assert d_scale is not None
    if rule.kld_form == "added":
        return statistics.divergence(shares(p, p_scale, "added"), shares(d, d_scale, "added"), 0.0)
    negative = _is_negative(case)
    if negative and case.protocol.maps.negative == "undefined":
        return math.nan
    if _is_blank(d, d_scale):
        return or_nan(rule.kld_empty)
    if case.uniform:
        ours = uniform_shares(p)
    elif _is_blank(p, p_scale):
        if not (rule.kld_blank_kept and rule.kld_form == "eps"):
            return math.nan
        ours = Shares(p_scale.low, 1.0)
    else:
        ours = shares(p, p_scale, "shift" if negative else "sum")
    theirs = shares(d, d_scale, "sum")
    if rule.kld_form == "plain":  # 0 * log 0 is undefined, and log 0 infinite
        return math.nan if statistics.share_no_mass(ours.low, theirs.low) else statistics.divergence(ours, theirs, 0.0)
    return statistics.divergence(with_floor(ours, eps), theirs, eps)


def ig(case: Case) -> float:
    """Information gain over B, in bits per fixation (Kuemmerer et al., PNAS 2015; MIT's InfoGain.m).

    Mean over F of log(eps + P) - log(eps + B), shares of both maps; MIT's are of maps with minimum 0.
    """
    assert case.baseline is not None  # the caller has seen to it
    statistics, rule, n = case.points.statistics, case.protocol.gaze, case.fixations.size
    (baseline, b_scale), p, p_scale = case.baseline, statistics.prediction.spread, case.points.scale
    if n == 0:
        return math.nan
    b = baseline.spread
    uniform = case.protocol.maps.uninformative == "uniform"
    if rule.ig_scale != "added" and not uniform:
        flat = rule.ig_scale == "minmax" and (p.constant or b.constant)
        if flat or _is_blank(p, p_scale) or _is_blank(b, b_scale):
            return math.nan
    how = rule.ig_scale
    if how == "sum" and _is_negative(case):
        if case.protocol.maps.negative == "undefined":
            return math.nan
        how = "shift"
    eps = 0.0 if rule.ig_scale == "added" else case.protocol.maps.eps
    ours = uniform_shares(p) if uniform and p.constant else shares(p, p_scale, how)
    theirs = uniform_shares(b) if uniform and b.constant else shares(b, b_scale, rule.ig_scale)
    gain = statistics.gain(with_floor(ours, eps), baseline, with_floor(theirs, eps), case.fixations) / n
    return gain if rule.ig_unit == "bits" else gain * math.log(2)


def emd(case: Case) -> float:
    """Earth mover's distance between P and D (Rubner et al., IJCV 2000): see :mod:`videosal.metrics.emd`."""
    P, D = case.pair.scaled(), case.density()
    if case.uniform:
        P = np.ones(P.shape)
    elif case.protocol.maps.negative == "shifted" and _is_negative(case):
        P -= P.min()  # or nothing might be left of it
    return (clipped_emd if case.protocol.pair.emd == "clipped" else signed_emd)(P, D)


def jsd(case: Case) -> float:
    """Jensen-Shannon divergence of P and D, in nats (Lin, IEEE Trans. Inf. Theory 1991). Range 0 to log 2.

    Half the divergence of the shares of each map from the mean of both, which needs no eps.
    """
    statistics, d_scale = case.pair.statistics, case.density_scale
    assert d_scale is not None
    p, d, p_scale = statistics.prediction.spread, statistics.density.spread, case.pair.scale
    negative = _is_negative(case)
    blank = _is_blank(p, p_scale) and not case.uniform
    if _is_blank(d, d_scale) or blank or (negative and case.protocol.maps.negative == "undefined"):
        return math.nan
    ours = uniform_shares(p) if case.uniform else shares(p, p_scale, "shift" if negative else "sum")
    return statistics.mean_divergence(ours, shares(d, d_scale, "sum"))


def _is_blank(spread: Spread, scale: Scale) -> bool:
    """Whether a map is zero throughout, as scaled."""
    return spread.low == spread.high == scale.low


def _is_negative(case: Case) -> bool:
    """Whether the prediction has values below zero of its own, and not put there by resizing it."""
    return case.negative and case.pair.statistics.prediction.spread.low < case.pair.scale.low


def _lifted(spread: Spread, scale: Scale) -> Shares:
    """pysaliency's shares: a negative minimum comes to 0, and zeros become uniform."""
    lifted = shares(spread, scale, "shift")
    return lifted if lifted.total > 0 else uniform_shares(spread)


FORMULAS: dict[str, Callable[[Case], float]] = {
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
    "jsd": jsd,
}
