"""Results of a run, as data frames."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videosal.benchmark.runs import store
from videosal.benchmark.runs.frame_table import FrameTable
from videosal.benchmark.runs.identity import Identity
from videosal.benchmark.runs.video_means import VideoMeans
from videosal.benchmark.scoring.video_scores import MISSING, UNSCORED, WITH_MAP
from videosal.datasets import Coverage
from videosal.errors import RunError

if TYPE_CHECKING:
    import pandas as pd

    from videosal.benchmark.scoring.video_scores import VideoScores


@dataclass(frozen=True, slots=True)
class RunCoverage(Coverage):
    """What the copy holds, what the full split holds, and how many frames had a usable map."""

    frames_scored: int


class Run:
    """One model, or one folder of predictions, scored on one split of a data set.

    Made by `videosal.score`, `videosal.run` and `videosal.load_run`.

    Attributes
    ----------
    path : Path
        The run directory.
    info : dict
        What ``run.json`` holds: provenance, counts, notes.
    """

    def __init__(
        self,
        path: Path,
        info: dict[str, Any],
        results: list[VideoScores] | None = None,
        means: VideoMeans | None = None,
    ) -> None:
        self.path = path
        self.info = info
        self._known = results
        self._means = means

    @property
    def name(self) -> str:
        """Name of the row in a table."""
        return str(self.info["name"])

    @property
    def kind(self) -> str:
        """``model`` or ``predictions``."""
        return str(self.info["kind"])

    @property
    def dataset(self) -> str:
        """Name of the data set, ``dhf1k``."""
        return str(self.info["dataset"])

    @property
    def split(self) -> str:
        """Name of the split, ``val``."""
        return str(self.info["split"])

    @property
    def title(self) -> str:
        """Data set and split as they are printed, ``DHF1K val``."""
        return str(self.info["title"])

    @property
    def protocol(self) -> str:
        """Name of the protocol."""
        return str(self.info["protocol"])

    @property
    def signature(self) -> str:
        """How the scores were computed, in one line."""
        return str(self.info["signature"])

    @property
    def aggregation(self) -> str:
        """``frame`` or ``video``: the mean that the protocol takes."""
        return str(self.info["aggregation"])

    @property
    def metrics(self) -> list[str]:
        """Names of the metrics."""
        return list(self.info["metrics"])

    @property
    def model(self) -> dict[str, Any] | None:
        """What the model's card says (`input_size`, `gflops`, ...); None for a folder of predictions."""
        return self.info.get("model")

    @property
    def notes(self) -> list[str]:
        """What a reader of the scores should know."""
        return list(self.info["notes"])

    @property
    def identity(self) -> Identity | None:
        """What it is a run of; None where a version before schema 2 wrote it, which did not say."""
        return Identity.from_json(self.info["identity"]) if "identity" in self.info else None

    @property
    def complete(self) -> bool:
        """Whether every video of the copy is scored in every metric and every frame had a usable map."""
        whole = self._means is not None or all(result.scores.keys() >= {*self.metrics} for result in self._results)
        n_videos = len(self.frame_table.by_video.means)
        return whole and n_videos == self.info["coverage"]["videos_found"] and not self.count_status(*UNSCORED)

    @property
    def partial(self) -> bool:
        """Whether the copy of the data set holds less than the full split."""
        return self.coverage.partial

    @property
    def coverage(self) -> RunCoverage:
        """Counts of videos and frames."""
        return RunCoverage(**self.info["coverage"], frames_scored=self.count_status(*WITH_MAP))

    def count_status(self, *wanted: str) -> int:
        """Count frames by status: ``ok``, ``missing``, ``non-finite`` and so on, as in `frames`."""
        return sum(self.frame_table.status_counts[status] for status in wanted)

    @cached_property
    def frame_table(self) -> FrameTable:
        """The scores per frame, and how means are made of them."""
        import pandas as pd

        possible = None
        if self._means is None:
            possible = pd.DataFrame([result.possible for result in self._results], [r.video for r in self._results])
        return FrameTable(
            lambda: pd.DataFrame(self._columns()),
            self.metrics,
            undefined_is_zero=self.info.get("undefined_as") == "zero",
            possible=possible,
            means=self._means,
        )

    @property
    def frames(self) -> pd.DataFrame:
        """One row per ground-truth frame.

        Columns: ``video``, ``frame`` (name, text), one per metric (NaN where it is undefined or there was no map),
        ``status`` (``ok``; ``missing``, ``unreadable`` or ``non-finite``: no usable map; ``no density`` or ``no
        fixations``: scored in the metrics that do not need what the copy lacks), ``frame_index`` (place in the video,
        from 0).
        """
        return self.frame_table.frames

    @cached_property
    def videos(self) -> pd.DataFrame:
        """One row per video.

        Columns: ``video``, ``n_frames``, ``n_scored`` (frames with a usable map), one per metric (mean over the frames
        that count: those where it is defined, or all with a usable map where the protocol counts undefined as zero).
        """
        return self.frame_table.videos

    def summary(self) -> pd.DataFrame:
        """Both means of each metric.

        Returns
        -------
        DataFrame
            Indexed by metric. ``frame_mean``: over all frames where the metric is defined (the field's custom);
            ``video_mean``: over the means of the videos; ``n``: frames where it is defined; ``n_undefined``: frames
            with a map, and the ground truth that it needs, where it is not; ``n_by_map``: those of them where the
            ground truth allows a value and the map does not, as a constant one (0 where that is not known). Frames
            without a usable map are in no count.
        """
        return self.frame_table.summary()

    def merge(self) -> None:
        """Write all frames to ``scores.h5``, and what they come to per video to ``summary.json``."""
        attributes = {"schema": store.SCHEMA}
        for name in ("name", "dataset", "split", "protocol", "signature"):
            attributes[name] = self.info[name]
        store.write_scores(self.path, self._columns(), attributes)
        store.write_summary(self.path, self.info, self.frame_table.by_video.to_json())

    @cached_property
    def _results(self) -> list[VideoScores]:
        return self._known if self._known is not None else _read_results(self.path, self.info)

    def _columns(self) -> dict[str, list[Any]]:
        results = self._results
        nothing = {result.video: [math.nan] * len(result.frames) for result in results}
        return {
            "video": [result.video for result in results for _ in result.frames],
            "frame": [frame for result in results for frame in result.frames],
            # A metric that was being added when the run was killed is not in every result.
            **{m: [v for result in results for v in result.scores.get(m, nothing[result.video])] for m in self.metrics},
            "status": [status for result in results for status in result.status],
            "frame_index": [index for result in results for index in range(len(result.frames))],
        }

    def __repr__(self) -> str:
        missing = self.count_status(MISSING)
        return (
            f"<Run {self.name} on {self.dataset}:{self.split}: {self.coverage.frames_scored} frames, {missing} missing>"
        )


def load_run(path: str | Path) -> Run:
    """Read a run directory, finished or not.

    Parameters
    ----------
    path : path
        The directory that ``--out`` named.

    Returns
    -------
    Run
        With the videos that are scored so far. The scores of its frames are read when they are first asked for, and
        not at all where ``summary.json`` has what is asked.

    Raises
    ------
    RunError
        It is no run directory, or one of its files is damaged.
    """
    folder = Path(path).expanduser()
    info = store.read_info(folder)
    videos = store.read_summary(folder, info)
    if videos is None:
        return Run(folder, info, _read_results(folder, info))
    return Run(folder, info, means=VideoMeans.from_json(videos, info["metrics"]))


def _read_results(folder: Path, info: dict[str, Any]) -> list[VideoScores]:
    results = [store.read_video(folder, video) for video in info["videos"]]
    own = Identity.from_json(info["identity"]).result if "identity" in info else ""
    found = [result for result in results if result is not None and result.identity == own]
    if not found:
        raise RunError(f"{folder} holds no scored video yet: run the same command again")
    return found
