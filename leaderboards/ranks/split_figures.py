"""The figures of several methods on one split as arrays, and their ranks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from videosal.leaderboards.statistics.resampling import draw_counts
from videosal.metrics import metric_info

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from videosal.leaderboards.board.run_like import RunLike

    Floats = NDArray[np.float64]


class SplitFigures:
    """The means of the videos of one split.

    Parameters
    ----------
    runs : sequence of Run
        One per method, scored alike.
    metrics : sequence of str
        Those that no video has, as s-AUC where there is one, are left out.

    Attributes
    ----------
    values, weights : ndarray of float64, shape (videos, metrics, methods)
        Means, turned so that higher is better, NaN where undefined; and what each counts in the mean of the split.
    """

    def __init__(self, runs: Sequence[RunLike], metrics: Sequence[str]) -> None:
        signs = np.array([1.0 if metric_info(metric).higher_is_better else -1.0 for metric in metrics])
        tables = [run.frame_table for run in runs]
        videos = tables[0].by_video.means.index
        values = np.stack([table.by_video.means.loc[videos, list(metrics)].to_numpy() for table in tables], axis=2)
        counts = np.stack([table.counts.loc[videos, list(metrics)].to_numpy() for table in tables], axis=2)
        self.values = values * signs[:, None]
        defined = ~np.isnan(values)
        self.weights = np.where(defined, counts if runs[0].aggregation == "frame" else 1.0, 0.0)
        told = defined.any(axis=(0, 2))  # a metric that no video has, as s-AUC of a single one, ranks nothing
        self.values, self.weights = self.values[:, told], self.weights[:, told]

    def means(self) -> Floats:
        """The figures of a table, shape (metrics, methods)."""
        found: Floats = (np.nan_to_num(self.values) * self.weights).sum(axis=0) / self.weights.sum(axis=0)
        return found

    def drawn_means(self, seed: Sequence[int]) -> Floats:
        """The same for each draw of the videos, shape (draws, metrics, methods)."""
        n_videos = len(self.values)
        products = (np.nan_to_num(self.values) * self.weights).reshape(n_videos, -1)
        weights = self.weights.reshape(n_videos, -1)
        with np.errstate(invalid="ignore"):  # no drawn video has the metric
            drawn = np.concatenate([(counts @ products) / (counts @ weights) for counts in draw_counts(n_videos, seed)])
        return drawn.reshape(len(drawn), *self.values.shape[1:])

    def block_ranks(self) -> Floats:
        """Ranks of the methods in each video, by their mean rank over its metrics, shape (videos, methods)."""
        from scipy.stats import rankdata

        ranks = rank_methods(self.values)
        ranks[np.isnan(self.values).any(axis=2)] = np.nan
        kept = ~np.isnan(ranks).all(axis=(1, 2))
        found: Floats = rankdata(np.nanmean(ranks[kept], axis=1), axis=1)
        return found


def rank_methods(values: Floats) -> Floats:
    """Ranks along the last axis: 1 for the highest; values that differ by rounding are told apart."""
    from scipy.stats import rankdata

    found: Floats = np.asarray(rankdata(-values, axis=-1), np.float64)
    return found
