"""The eight metrics as the MATLAB code of the MIT benchmark computes them, in vectorised NumPy: the baseline of speed.

Written from the formulas, function by function as that code is split, with its jitter and its 100 random splits. As
there, AUC-Judd compares the whole map with each fixated value; no other loop runs over anything. `score_frame_sorting`
sorts the map once instead, which is what a careful user of NumPy would write: the harder one to beat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Map = NDArray[np.float64]

SPLITS = 100
EPS = 2.0**-52
THRESHOLDS = np.arange(10, -1, -1) / 10


def score_frame(
    prediction: Array,
    density: Array,
    fixations: Array,
    others: NDArray[np.int64],
    baseline: Array,
    generator: np.random.Generator,
) -> dict[str, float]:
    """Score maps (H, W) of one size and any dtype; `others` are points (row, col)."""
    p, fixated = prediction.astype(np.float64), np.flatnonzero(fixations)
    area = auc_judd(p, fixated, generator)
    return {"auc_judd": area, **_other_seven(p, density, fixated, others, baseline, generator)}


def score_frame_sorting(
    prediction: Array,
    density: Array,
    fixations: Array,
    others: NDArray[np.int64],
    baseline: Array,
    generator: np.random.Generator,
) -> dict[str, float]:
    """As `score_frame`, with the faster AUC-Judd."""
    p, fixated = prediction.astype(np.float64), np.flatnonzero(fixations)
    area = auc_judd_sorting(p, fixated, generator)
    return {"auc_judd": area, **_other_seven(p, density, fixated, others, baseline, generator)}


def cc(p: Map, d: Map) -> float:
    return float(np.mean(_standardised(p) * _standardised(d)) * p.size / (p.size - 1))


def nss(p: Map, fixated: NDArray[np.intp]) -> float:
    return float(_standardised(p).ravel()[fixated].mean())


def sim(p: Map, d: Map) -> float:
    return float(np.minimum(_share(_minmax(p)), _share(_minmax(d))).sum())


def kld(p: Map, d: Map) -> float:
    p, d = _share(p), _share(d)
    return float((d * np.log(EPS + d / (p + EPS))).sum())


def auc_judd(p: Map, fixated: NDArray[np.intp], generator: np.random.Generator) -> float:
    s = _minmax(p + generator.random(p.shape) / 1e7).ravel()
    thresholds = np.sort(s[fixated])[::-1]
    reached = np.array([np.count_nonzero(s >= threshold) for threshold in thresholds])
    return _judd_area(reached, s.size)


def auc_judd_sorting(p: Map, fixated: NDArray[np.intp], generator: np.random.Generator) -> float:
    s = _minmax(p + generator.random(p.shape) / 1e7).ravel()
    thresholds = np.sort(s[fixated])[::-1]
    return _judd_area(s.size - np.searchsorted(np.sort(s), thresholds, side="left"), s.size)


def auc_borji(p: Map, fixated: NDArray[np.intp], generator: np.random.Generator) -> float:
    s = _minmax(p).ravel()
    drawn = generator.integers(0, s.size, (SPLITS, len(fixated)))
    return _mean_area(s[fixated], s[drawn])


def sauc(p: Map, fixated: NDArray[np.intp], elsewhere: NDArray[np.intp], generator: np.random.Generator) -> float:
    s = _minmax(p).ravel()
    count = min(len(fixated), len(elsewhere))
    drawn = [generator.choice(elsewhere, count, replace=False, shuffle=False) for _ in range(SPLITS)]
    return _mean_area(s[fixated], s[np.array(drawn)])


def ig(p: Map, fixated: NDArray[np.intp], b: Map) -> float:
    ours, theirs = _share(_minmax(p)).ravel()[fixated], _share(_minmax(b)).ravel()[fixated]
    return float((np.log2(EPS + ours) - np.log2(EPS + theirs)).mean())


def _other_seven(
    p: Map,
    density: Array,
    fixated: NDArray[np.intp],
    others: NDArray[np.int64],
    baseline: Array,
    generator: np.random.Generator,
) -> dict[str, float]:
    d, b = density.astype(np.float64), baseline.astype(np.float64)
    elsewhere = np.ravel_multi_index((others[:, 0], others[:, 1]), p.shape)
    return {
        "cc": cc(p, d),
        "nss": nss(p, fixated),
        "sim": sim(p, d),
        "kld": kld(p, d),
        "auc_borji": auc_borji(p, fixated, generator),
        "sauc": sauc(p, fixated, elsewhere, generator),
        "ig": ig(p, fixated, b),
    }


def _judd_area(reached: NDArray[np.intp], size: int) -> float:
    """Area below the line through one point per fixation; how many pixels reach each fixated value, descending."""
    n = len(reached)
    hits = np.arange(1, n + 1)
    tp = np.concatenate(([0.0], hits / n, [1.0]))
    fp = np.concatenate(([0.0], (reached - hits) / (size - n), [1.0]))
    return float(np.trapezoid(tp, fp))


def _mean_area(positive: Map, negatives: Map) -> float:
    """Mean over splits of the area at the fixed thresholds; negatives (splits, n)."""
    corners = np.zeros((len(negatives), 1)), np.ones((len(negatives), 1))
    rates = (negatives[:, :, None] >= THRESHOLDS).mean(axis=1)
    fp = np.concatenate((corners[0], rates, corners[1]), axis=1)
    tp = np.concatenate(([0.0], (positive[:, None] >= THRESHOLDS).mean(axis=0), [1.0]))
    return float(np.trapezoid(np.broadcast_to(tp, fp.shape), fp, axis=1).mean())


def _standardised(x: Map) -> Map:
    z: Map = (x - x.mean()) / x.std(ddof=1)
    return z


def _minmax(x: Map) -> Map:
    scaled: Map = (x - x.min()) / (x.max() - x.min())
    return scaled


def _share(x: Map) -> Map:
    share: Map = x / x.sum()
    return share
