"""Every metric of `standard` in plain NumPy, written apart from the package: the independent oracle of the tests.

Maps are (H, W) of one size, float64 and finite; P is the prediction, D the ground-truth density (not negative), F and
O are boolean masks of fixated pixels (this frame's, and those of other frames), B is a baseline map. A value that is
undefined is NaN. `videosal.metrics.score_frame` gives the same numbers, much faster, from raw input.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Map = NDArray[np.float64]
    Mask = NDArray[np.bool_]

EPS = 2.0**-52


def cc(P: Map, D: Map) -> float:
    """Pearson's correlation of the two maps (Bylinskii et al., TPAMI 2019, eq. 4; MIT's CC.m).

    NaN if the density is constant; 0 for a constant prediction. Range -1 to 1.
    """
    if is_constant(D):
        return np.nan
    if is_constant(P):
        return 0.0
    p, d = P - P.mean(), D - D.mean()
    return float((p * d).sum() / np.sqrt((p * p).sum() * (d * d).sum()))


def nss(P: Map, F: Mask, *, ddof: int = 1) -> float:
    """Mean of the standardised prediction over the fixated pixels (Peters et al. 2005; MIT's NSS.m).

    NaN without a fixation; 0 for a constant prediction.
    """
    if not F.any():
        return np.nan
    if is_constant(P):
        return 0.0
    return float(((P - P.mean()) / P.std(ddof=ddof))[F].mean())


def sim(P: Map, D: Map) -> float:
    """Histogram intersection of the two maps, each scaled to minimum 0 and then to sum 1 (MIT's similarity.m).

    NaN if the density is constant. Range 0 to 1.
    """
    if is_constant(D):
        return np.nan
    return float(np.minimum(_distribution(P), _distribution(D)).sum())


def kld(P: Map, D: Map, *, eps: float = EPS, undershoot: bool = False) -> float:
    """Kullback-Leibler divergence of the prediction from the density, in nats (MIT's KLdiv.m).

    Both maps are scaled to sum 1; a negative minimum of the prediction comes to 0 before, but what an interpolation put
    below zero (`undershoot`) counts as zero probability. A constant prediction is uniform. NaN for an all-zero density.
    """
    if not D.any():
        return np.nan
    if is_constant(P):
        P = np.ones(P.shape)
    elif P.min() < 0 and not undershoot:
        P = P - P.min()
    p = P / P.sum()
    d = D / D.sum()
    return float((d * np.log(eps + d / (np.maximum(p, 0) + eps))).sum())


def auc_judd(P: Map, F: Mask) -> float:
    """Area under the ROC curve with one threshold per fixation, the other pixels as negatives (MIT's AUC_Judd.m).

    That code breaks ties by random jitter, and joins its points by straight lines; this is the expectation of what it
    returns: the Mann-Whitney statistic with ties counted half, plus what the lines cut off the last step below the
    lowest fixated value. NaN without fixations or without other pixels.
    """
    n, m = int(F.sum()), int((~F).sum())
    if n == 0 or m == 0:
        return np.nan
    ranked = np.zeros_like(P) if is_constant(P) else P
    positive, negative = ranked[F], np.sort(ranked[~F])
    below = np.searchsorted(negative, positive, side="left")
    not_above = np.searchsorted(negative, positive, side="right")
    mann_whitney = (below + not_above).sum() / 2
    lowest = positive.min()
    above = (negative > lowest).sum()
    tied, k = (negative == lowest).sum(), (positive == lowest).sum()
    return float((mann_whitney + (above + tied * k / (k + 1)) / 2) / (n * m))


def auc_borji(P: Map, F: Mask, *, steps: int = 10) -> float:
    """Area under the ROC curve at fixed thresholds, random pixels as negatives (MIT's AUC_Borji.m).

    The expectation over the random draws: the false positive rate is that of all pixels. NaN with fewer than two
    fixations; 0.5 for a constant prediction.
    """
    if F.sum() < 2:
        return np.nan
    if is_constant(P):
        return 0.5
    return _stepped_auc(_minmax(P)[F], _minmax(P).ravel(), steps)


def sauc(P: Map, F: Mask, O: Mask, *, steps: int = 10) -> float:  # noqa: E741
    """Shuffled AUC: as `auc_borji`, with other frames' fixations as negatives (MIT's AUC_shuffled.m).

    The expectation over the random draws, with all of O as the pool. NaN without fixations or others; 0.5 for a
    constant prediction.
    """
    if not F.any() or not O.any():
        return np.nan
    if is_constant(P):
        return 0.5
    return _stepped_auc(_minmax(P)[F], _minmax(P)[O], steps)


def ig(P: Map, F: Mask, B: Map, *, eps: float = EPS) -> float:
    """Information gain over the baseline in bits per fixation (Kuemmerer et al. 2015; MIT's InfoGain.m).

    Both maps are scaled to minimum 0 and then to sum 1; a constant one is uniform. NaN without fixations.
    """
    if not F.any():
        return np.nan
    gain = np.log2(eps + _distribution(P)) - np.log2(eps + _distribution(B))
    return float(gain[F].mean())


def is_constant(x: Map) -> bool:
    """Whether x has no structure beyond rounding: its standard deviation is below 1e-12 of its mean."""
    low, high = float(x.min()), float(x.max())
    # No deviation is smaller than that of a map whose values but two are equal, which mostly settles it.
    if (high - low) / math.sqrt(2 * x.size) > 1e-11 * max(abs(low), abs(high)):
        return False
    return bool(low == high or x.std() < 1e-12 * abs(x.mean()))


def imresize(image: Map, size: tuple[int, int]) -> Map:
    """MATLAB's bicubic `imresize` with antialiasing, as two products with full weight matrices."""
    rows = resize_matrix(image.shape[0], size[0])
    columns = resize_matrix(image.shape[1], size[1])
    return rows @ image @ columns.T


def resize_matrix(n_in: int, n_out: int) -> Map:
    """Weights (n_out, n_in) of one axis: Keys' cubic kernel, stretched where the axis shrinks, mirrored borders."""
    scale = n_out / n_in
    stretch = min(scale, 1.0)
    matrix = np.zeros((n_out, n_in))
    for u in range(n_out):
        centre = (u + 1) / scale + 0.5 * (1 - 1 / scale)
        left = math.floor(centre - 2 / stretch)
        taps = left + np.arange(math.ceil(4 / stretch) + 2)
        weights = _keys_cubic(np.asarray(stretch * (centre - taps), dtype=np.float64))
        mirrored = (taps - 1) % (2 * n_in)
        mirrored = np.where(mirrored < n_in, mirrored, 2 * n_in - 1 - mirrored)
        np.add.at(matrix[u], mirrored, weights / weights.sum())
    return matrix


def _minmax(x: Map) -> Map:
    scaled: Map = (x - x.min()) / (x.max() - x.min())
    return scaled


def _distribution(x: Map) -> Map:
    scaled = np.ones(x.shape) if is_constant(x) else _minmax(x)
    distribution: Map = scaled / scaled.sum()
    return distribution


def _stepped_auc(positive: Map, negative: Map, steps: int) -> float:
    thresholds = np.arange(steps, -1, -1) / steps
    tp = [0.0, *((positive >= t).mean() for t in thresholds), 1.0]
    fp = [0.0, *((negative >= t).mean() for t in thresholds), 1.0]
    return float(np.trapezoid(tp, fp))


def _keys_cubic(x: Map) -> Map:
    x = np.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0.0))
