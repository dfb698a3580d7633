"""The metrics that are areas under ROC curves, with their sources, written as in `videosal.metrics.formulas`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from videosal.metrics import roc, sampling
from videosal.metrics.protocols.choices import or_nan

if TYPE_CHECKING:
    from videosal.metrics.case import Case
    from videosal.metrics.statistics.base import Levels


def auc_judd(case: Case) -> float:
    """Area under the ROC curve with a threshold per fixation, the other pixels as negatives (MIT's AUC_Judd.m).

    That code breaks ties by random jitter, and joins its points by straight lines; this is the expectation of what it
    returns: the Mann-Whitney statistic with ties counted half, plus what the lines cut off. Judd et al., ICCV 2009.
    """
    statistics, rule = case.points.statistics, case.protocol.gaze
    n, fixated, spread = case.fixations.size, case.fixated.size, statistics.prediction.spread
    if rule.judd == "events" and n:
        return 1.0 if fixated >= spread.size else roc.of_events(_levels_of_events(case), spread.size)
    if n == 0 or fixated >= spread.size:
        return math.nan
    if rule.judd == "unique":
        if spread.constant:
            return 0.5 if case.uniform else math.nan
        return roc.rounded(statistics.levels(case.fixations, case.fixated), spread.size)
    if rule.judd in ("walk", "distinct"):
        negatives = spread.size - (n if rule.judd == "walk" else fixated)
        if "columns-counted" in case.bugs:
            negatives = sampling.negatives_by_columns(case.fixations, case.points.shape)
        return roc.walk(statistics.levels(case.fixations, case.fixated), spread.size, negatives)
    draws = case.draws_of("auc_judd")
    if "float32-jitter" in case.bugs:
        return sampling.judd_in_single_precision(case, draws)
    if draws is not None:
        area = sampling.judd(case, draws)
    elif spread.constant:
        area = roc.judd(roc.one_level(n, fixated, spread.size), spread.size)
    else:
        area = roc.judd(statistics.levels(case.fixations, case.fixated), spread.size)
    if "judd-off-by-one" in case.bugs:
        area -= (1 - 1 / (2 * n)) / (spread.size - n)
    return area


def auc_borji(case: Case) -> float:
    """Area under the ROC curve at fixed thresholds, random pixels as negatives (Borji et al. 2013; MIT's AUC_Borji.m).

    The expectation over the random draws: the false positive rate is that of all pixels.
    """
    statistics, rule, n = case.points.statistics, case.protocol.gaze, case.fixations.size
    if n < rule.borji_least:
        return math.nan
    if statistics.prediction.spread.constant:
        return 0.5 if case.uniform else or_nan(rule.auc_constant)
    thresholds = case.thresholds
    hits = statistics.reaching_at(case.fixations, thresholds)
    draws = case.draws_of("auc_borji")
    if draws is None:
        return roc.stepped(hits, n, statistics.reaching(thresholds), statistics.prediction.spread.size)
    return sampling.borji(case, hits, thresholds, draws)


def sauc(case: Case) -> float:
    """Shuffled AUC: fixations of other frames as negatives (Zhang et al., JOV 2008; MIT's AUC_shuffled.m).

    The expectation over the random draws, with all of O as the pool.
    """
    statistics, rule, n, m = case.points.statistics, case.protocol.gaze, case.fixations.size, case.others.size
    if n == 0 or m == 0:
        return math.nan
    if rule.sauc_form == "exact":
        return sauc_exact(case)
    if statistics.prediction.spread.constant:
        return 0.5 if case.uniform or "sauc-index" in case.bugs else or_nan(rule.auc_constant)
    if "sauc-index" in case.bugs:
        return sampling.with_broken_index(case)
    thresholds = case.thresholds
    hits = statistics.reaching_at(case.fixations, thresholds)
    draws = case.draws_of("sauc")
    if draws is not None:
        return sampling.sauc(case, hits, thresholds, draws)
    return roc.stepped(
        hits, n, statistics.reaching_at(case.others, thresholds), m, share=sampling.share_of_alarms(case)
    )


def auc(case: Case) -> float:
    """Chance that P at a fixation is above P elsewhere, ties counted half (Mann and Whitney 1947)."""
    statistics, n = case.points.statistics, case.fixations.size
    spread, among_all = statistics.prediction.spread, case.protocol.gaze.auc_negatives == "all"
    if n == 0 or (case.fixated.size >= spread.size and not among_all):
        return math.nan
    if spread.constant:
        return 0.5
    return roc.whitney_of_levels(statistics.levels(case.fixations, case.fixated), spread.size, among_all=among_all)


def sauc_exact(case: Case) -> float:
    """Chance that P at a fixation is above P at one of O, ties counted half (Kuemmerer et al., ECCV 2018)."""
    if case.fixations.size == 0 or case.others.size == 0:
        return math.nan
    prediction = case.points.statistics.prediction
    if prediction.spread.constant:
        return 0.5
    return roc.whitney(prediction.values[case.fixations], prediction.values[case.others])


def _levels_of_events(case: Case) -> Levels:
    """Rank the values of 16 bits that CrowdSAL's code makes of a map; bytes stay as far apart as they are."""
    statistics, n, fixated = case.points.statistics, case.fixations.size, case.fixated
    if statistics.prediction.spread.constant:
        return roc.one_level(n, fixated.size, statistics.prediction.spread.size)
    if statistics.prediction.values.dtype == np.uint8:
        return statistics.levels(case.fixations, fixated)
    return roc.levels_of_16_bits(case.points.scaled().reshape(-1), case.fixations, fixated)
