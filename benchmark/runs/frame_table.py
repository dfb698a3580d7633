"""Scores per frame, and the one way from them to means: held by a run, by runs of several seeds, by slices of a run."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from videosal.benchmark.runs.video_means import VideoMeans, counted_scores
from videosal.benchmark.scoring.video_scores import OK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

_KEYS = ["video", "frame"]


class FrameTable:
    """Scores of frames under one protocol.

    Parameters
    ----------
    read : callable
        Returns the frames: columns ``video``, ``frame``, ``status`` (``ok`` where there was a map to score) and one per
        metric (NaN where it is undefined). Called when a frame is first asked for.
    metrics : sequence of str
        Names of the metrics.
    undefined_is_zero : bool
        Whether the protocol counts an undefined value as zero in its means, as one original does, or leaves it out.
    possible : DataFrame, optional
        Per video and metric, the frames with a usable map where the ground truth allows a value.
    means : VideoMeans, optional
        What the frames come to, where that is known already: no mean then reads the frames.
    """

    def __init__(
        self,
        read: Callable[[], pd.DataFrame],
        metrics: Sequence[str],
        *,
        undefined_is_zero: bool = False,
        possible: pd.DataFrame | None = None,
        means: VideoMeans | None = None,
    ) -> None:
        self.metrics = list(metrics)
        self.undefined_is_zero = undefined_is_zero
        self._read = read
        self._possible = possible
        self._means = means

    @classmethod
    def mean_of(cls, tables: Sequence[FrameTable]) -> FrameTable:
        """Mean over several tables of each frame's scores, for the metrics that all have.

        A frame of which a table has no usable map has none here either; a metric is undefined where it is undefined in
        one of the tables, unless that counts as zero.
        """
        first = tables[0]
        metrics = [metric for metric in first.metrics if all(metric in table.metrics for table in tables)]

        def read() -> pd.DataFrame:
            found = [table._counted(metrics) for table in tables]
            mean = found[0][metrics]
            status = found[0]["status"]
            for other in found[1:]:
                mean = mean + other[metrics].reindex(mean.index)
                status = status.where(status != OK, other["status"].reindex(mean.index))
            return (mean / len(found)).join(status).reset_index()

        return cls(read, metrics, undefined_is_zero=first.undefined_is_zero)

    @cached_property
    def frames(self) -> pd.DataFrame:
        """One row per frame."""
        return self._read()

    @cached_property
    def by_video(self) -> VideoMeans:
        """Counts and means of every video."""
        if self._means is not None:
            return self._means
        return VideoMeans.of_frames(self.frames, self.metrics, self._possible, undefined_is_zero=self.undefined_is_zero)

    @property
    def videos(self) -> pd.DataFrame:
        """One row per video: ``video``, ``n_frames``, ``n_scored`` (with a usable map), and the mean of each metric."""
        found = self.by_video
        counts = found.status.sum(axis=1).to_frame("n_frames").assign(n_scored=found.status[OK])
        return counts.join(found.means).rename_axis("video").reset_index()

    @property
    def counts(self) -> pd.DataFrame:
        """Frames behind the mean of each video and metric, indexed by video."""
        found = self.by_video
        if not self.undefined_is_zero:
            return found.n
        return found.n.apply(lambda _: found.status[OK])

    def keep(self, videos: Sequence[str]) -> FrameTable:
        """The part of the given videos."""
        return FrameTable(
            lambda: self.frames[self.frames["video"].isin(videos)],
            self.metrics,
            undefined_is_zero=self.undefined_is_zero,
            means=self.by_video.keep(videos),
        )

    def summary(self) -> pd.DataFrame:
        """Both means of each metric.

        Returns
        -------
        DataFrame
            Indexed by metric. ``frame_mean``: over the frames that count; ``video_mean``: over the means of the videos;
            ``n``: frames where the metric is defined; ``n_undefined``: frames with a map where it is not; ``n_by_map``:
            those of them where the ground truth allows a value and the map does not (0 where that is not known).
        """
        import pandas as pd

        found, counts = self.by_video, self.counts
        total = counts.sum()
        return pd.DataFrame(
            {
                "frame_mean": (found.means * counts).sum() / total.where(total > 0),
                "video_mean": found.means.mean(),
                "n": found.n.sum(),
                "n_undefined": int(found.status[OK].sum()) - found.n.sum(),
                "n_by_map": (found.possible - found.n).fillna(0).sum().astype("int64"),
            }
        ).rename_axis("metric")

    def pair(self, other: FrameTable, metric: str) -> pd.DataFrame:
        """Means of the videos that both have over the frames where both have a value; both are of one ground truth.

        Returns
        -------
        DataFrame
            Indexed by video, sorted: ``first`` and ``second``, the means, and ``n``, the frames behind them.
        """
        import pandas as pd

        if self._is_whole(metric) and other._is_whole(metric):
            # Both have all frames that the ground truth allows, which are the same frames.
            parts = [self.by_video.means[metric], other.by_video.means[metric], self.counts[metric]]
            found = pd.concat(parts, axis=1, join="inner", keys=["first", "second", "n"])
            return found[found["n"] > 0].sort_index()
        names = [table._counted([metric])[metric] for table in (self, other)]
        both = pd.concat(names, axis=1, join="inner", keys=["first", "second"]).dropna().groupby(level="video")
        return both.mean().assign(n=both.size())

    def _is_whole(self, metric: str) -> bool:
        """Whether every frame has a map, and the metric a value wherever the ground truth allows one."""
        found = self.by_video
        scored = bool((found.status.sum(axis=1) == found.status[OK]).all())
        return scored and bool((found.possible[metric] == found.n[metric]).all())

    def _counted(self, metrics: Sequence[str]) -> pd.DataFrame:
        """The values that count, and the status, by video and frame."""
        frames = self.frames.set_index(_KEYS)
        return counted_scores(frames, metrics, undefined_is_zero=self.undefined_is_zero).join(frames[["status"]])
