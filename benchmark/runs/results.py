"""Results of a run, as data frames."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videosal.benchmark.runs import store
from videosal.benchmark.runs.identity import Identity
from videosal.benchmark.scoring import MISSING, OK, UNDEFINED, UNSCORED
from videosal.datasets import Coverage
from videosal.errors import RunError

if TYPE_CHECKING:
    import pandas as pd

    from videosal.benchmark.scoring import VideoScores


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

    def __init__(self, path: Path, info: dict[str, Any], results: list[VideoScores]) -> None:
        self.path = path
        self.info = info
        self._results = results

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
        """Whether every video of the copy is scored and every frame had a usable map."""
        scored = {result.video for result in self._results}
        return len(scored) == self.info["coverage"]["videos_found"] and not self.count_status(*UNSCORED)

    @property
    def partial(self) -> bool:
        """Whether the copy of the data set holds less than the full split."""
        return self.coverage.partial

    @property
    def coverage(self) -> RunCoverage:
        """Counts of videos and frames."""
        frames = sum(len(result.frames) for result in self._results)
        return RunCoverage(**self.info["coverage"], frames_scored=frames - self.count_status(*UNSCORED))

    def count_status(self, *wanted: str) -> int:
        """Count the frames without a usable map, by reason: ``missing``, ``unreadable``, ``non-finite``."""
        return sum(status in wanted for result in self._results for status in result.status)

    @cached_property
    def frames(self) -> pd.DataFrame:
        """One row per ground-truth frame.

        Columns: ``video``, ``frame`` (name, text), one per metric (NaN where undefined or missing), ``status``
        (``ok``; ``undefined``: a metric has no value; ``missing``, ``unreadable`` or ``non-finite``: no usable map),
        ``frame_index`` (place in the video, from 0).
        """
        import pandas as pd

        return pd.DataFrame(self._columns())

    @cached_property
    def videos(self) -> pd.DataFrame:
        """One row per video.

        Columns: ``video``, ``n_frames``, ``n_scored`` (frames with a usable map), one per metric (mean over the frames
        where it is defined).
        """
        frames = self.frames
        usable = ~frames["status"].isin(UNSCORED)
        if self._undefined_is_zero:
            scores = frames[self.metrics]
            frames = frames.assign(**scores.where(scores.notna() | ~usable.to_numpy()[:, None], 0.0))
        groups = frames.assign(n_frames=1, n_scored=usable.astype(int)).groupby("video", sort=False)
        return groups[["n_frames", "n_scored"]].sum().join(groups[self.metrics].mean()).reset_index()

    def summary(self) -> pd.DataFrame:
        """Both means of each metric.

        Returns
        -------
        DataFrame
            Indexed by metric. ``frame_mean``: over all frames where the metric is defined (the field's custom);
            ``video_mean``: over the means of the videos; ``n``: frames where it is defined; ``n_undefined``: frames
            with a map where it is not. Frames without a usable map are in neither count.
        """
        import pandas as pd

        frames = self.frames
        usable = frames[~frames["status"].isin(UNSCORED)][self.metrics]
        counted = usable.fillna(0.0) if self._undefined_is_zero else usable
        return pd.DataFrame(
            {
                "frame_mean": counted.mean(),
                "video_mean": self.videos[self.metrics].mean(),
                "n": usable.notna().sum(),
                "n_undefined": usable.isna().sum(),
            }
        ).rename_axis("metric")

    @property
    def _undefined_is_zero(self) -> bool:
        """Whether the protocol counts undefined values as zeros, as one original does."""
        return self.info.get("undefined_as") == "zero"

    def merge(self) -> None:
        """Write all frames to ``scores.h5``."""
        attributes = {"schema": store.SCHEMA}
        for name in ("name", "dataset", "split", "protocol", "signature"):
            attributes[name] = self.info[name]
        store.write_scores(self.path, self._columns(), attributes)

    def _columns(self) -> dict[str, list[Any]]:
        results = self._results
        scores = {m: [value for result in results for value in result.scores[m]] for m in self.metrics}
        defined = [not any(map(math.isnan, values)) for values in zip(*scores.values(), strict=True)]
        usable = [status for result in results for status in result.status]
        return {
            "video": [result.video for result in results for _ in result.frames],
            "frame": [frame for result in results for frame in result.frames],
            **scores,
            "status": [
                UNDEFINED if status == OK and not whole else status
                for status, whole in zip(usable, defined, strict=True)
            ],
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
        With the videos that are scored so far.

    Raises
    ------
    RunError
        It is no run directory, or one of its files is damaged.
    """
    folder = Path(path)
    info = store.read_info(folder)
    results = [store.read_video(folder, video) for video in info["videos"]]
    own = Identity.from_json(info["identity"]).result if "identity" in info else ""
    found = [result for result in results if result is not None and result.identity == own]
    if not found:
        raise RunError(f"{folder} holds no scored video yet: run the same command again")
    return Run(folder, info, found)
