"""What the frames of each video come to: the small part of a run from which tables and tests are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from videosal.benchmark.scoring.video_scores import LACKING, OK, UNSCORED, WITH_MAP
from videosal.errors import PluginError, UnknownNameError
from videosal.metrics import metric_info

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

STATUSES = (*WITH_MAP, *UNSCORED)


@dataclass(frozen=True, slots=True)
class VideoMeans:
    """Counts and means of every video; each frame is indexed by the name of the video.

    Attributes
    ----------
    status : DataFrame of int
        Number of frames, a column per status: ``ok`` where there was a map to score, else what was wrong with it, or
        what the ground truth lacks.
    means : DataFrame of float64
        A column per metric: mean over the frames that count; NaN where there is none.
    n : DataFrame of int
        A column per metric: frames where it is defined.
    possible : DataFrame of float64
        A column per metric: frames with a usable map where the ground truth allows a value; NaN where that is not
        known, as in results of earlier versions.
    """

    status: pd.DataFrame
    means: pd.DataFrame
    n: pd.DataFrame
    possible: pd.DataFrame

    @classmethod
    def of_frames(
        cls, frames: pd.DataFrame, metrics: Sequence[str], possible: pd.DataFrame | None, *, undefined_is_zero: bool
    ) -> VideoMeans:
        """Reduce frames (columns ``video``, ``status`` and one per metric), the videos in their order."""
        import pandas as pd

        videos = frames["video"].rename("video")
        scores = frames[list(metrics)]
        status = pd.DataFrame({name: frames["status"] == name for name in STATUSES})
        means = counted_scores(frames, metrics, undefined_is_zero=undefined_is_zero).groupby(videos, sort=False).mean()
        known = pd.DataFrame(dtype="float64") if possible is None else possible
        return cls(
            status.groupby(videos, sort=False).sum().astype("int64"),
            means,
            scores.notna().groupby(videos, sort=False).sum().astype("int64"),
            known.reindex(index=means.index, columns=means.columns).astype("float64"),
        )

    @classmethod
    def from_json(cls, videos: Mapping[str, Mapping[str, Any]], metrics: Sequence[str]) -> VideoMeans:
        """Read what `to_json` gave, which `videosal.benchmark.runs.checks.check_summary` has checked."""
        import pandas as pd

        def table(part: str, columns: Sequence[str]) -> pd.DataFrame:
            rows = [[video[part].get(column) for column in columns] for video in videos.values()]
            index = pd.Index(list(videos), name="video", dtype="object")
            return pd.DataFrame(rows, index, list(columns)).astype("float64")

        status = table("status", STATUSES).fillna(0).astype("int64")
        n = table("n", metrics).fillna(0).astype("int64")
        return cls(status, table("means", metrics), n, table("possible", metrics))

    def to_json(self) -> dict[str, dict[str, Any]]:
        """The same per video, for a file: statuses that do not occur are left out, null stands for NaN."""
        return {
            str(video): {
                "status": {name: int(count) for name, count in self.status.loc[video].items() if count},
                "means": {
                    metric: None if mean != mean else float(mean) for metric, mean in self.means.loc[video].items()
                },
                "n": {metric: int(count) for metric, count in self.n.loc[video].items()},
                "possible": {
                    metric: None if count != count else int(count) for metric, count in self.possible.loc[video].items()
                },
            }
            for video in self.means.index
        }

    @property
    def with_map(self) -> pd.Series[int]:
        """Frames with a usable map, per video."""
        return self.status[list(WITH_MAP)].sum(axis=1)

    @property
    def usable(self) -> pd.DataFrame:
        """Frames with a usable map and the ground truth that the metric needs; a column per metric."""
        import pandas as pd

        counts = {metric: self.status[usable_statuses(metric)].sum(axis=1) for metric in self.n.columns}
        return pd.DataFrame(counts, self.n.index)

    def keep(self, videos: Sequence[str]) -> VideoMeans:
        """The part of the given videos."""
        parts = (self.status, self.means, self.n, self.possible)
        return VideoMeans(*(part[part.index.isin(videos)] for part in parts))


def counted_scores(frames: pd.DataFrame, metrics: Sequence[str], *, undefined_is_zero: bool) -> pd.DataFrame:
    """The scores as they count in a mean: NaN where the frame counts in none."""
    scores = frames[list(metrics)]
    if not undefined_is_zero:
        return scores
    counted = scores.copy()
    for metric in metrics:
        counts_not = ~frames["status"].isin(usable_statuses(metric))
        counted[metric] = scores[metric].where(scores[metric].notna() | counts_not, 0.0)
    return counted


def usable_statuses(metric: str) -> list[str]:
    """List the statuses of frames that have what a metric needs, as far as it is known here."""
    try:
        needs = metric_info(metric).needs
    except (UnknownNameError, PluginError):  # of a third party that is not here
        needs = ()
    return [OK, *(status for what, status in LACKING.items() if what not in needs)]
