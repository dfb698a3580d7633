"""Runs of one model that differ in chance alone (seeds), as one run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from videosal.leaderboards.board.ranking import column_identity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from videosal.benchmark.runs.frame_table import FrameTable
    from videosal.leaderboards.board.run_like import CoverageLike, RunLike


@dataclass(frozen=True, slots=True)
class SeedRuns:
    """Several runs of one name, split and signature; their scores are means over the runs.

    Attributes
    ----------
    runs : sequence of RunLike
        Two or more.
    """

    runs: Sequence[RunLike]

    @property
    def n_runs(self) -> int:
        """Number of runs."""
        return len(self.runs)

    @property
    def name(self) -> str:
        """Name that the runs share."""
        return self.runs[0].name

    @property
    def dataset(self) -> str:
        """Data set that the runs share."""
        return self.runs[0].dataset

    @property
    def split(self) -> str:
        """Split that the runs share."""
        return self.runs[0].split

    @property
    def title(self) -> str:
        """Data set and split as they are printed."""
        return self.runs[0].title

    @property
    def protocol(self) -> str:
        """Protocol that the runs share."""
        return self.runs[0].protocol

    @property
    def signature(self) -> str:
        """Signature that the runs share."""
        return self.runs[0].signature

    @property
    def aggregation(self) -> str:
        """Kind of mean that the runs share."""
        return self.runs[0].aggregation

    @property
    def metrics(self) -> list[str]:
        """Metrics that all runs have."""
        return [metric for metric in self.runs[0].metrics if all(metric in run.metrics for run in self.runs)]

    @property
    def complete(self) -> bool:
        """Whether all runs are complete."""
        return all(run.complete for run in self.runs)

    @property
    def partial(self) -> bool:
        """Whether a run is of a partial copy."""
        return any(run.partial for run in self.runs)

    @property
    def coverage(self) -> CoverageLike:
        """Coverage of the run with the fewest frames."""
        return min((run.coverage for run in self.runs), key=lambda coverage: coverage.frames_scored)

    @property
    def model(self) -> Mapping[str, Any] | None:
        """What the first run says of the model."""
        return self.runs[0].model

    @property
    def info(self) -> Mapping[str, Any]:
        """What ``run.json`` of the first run holds."""
        return getattr(self.runs[0], "info", {})

    @property
    def identity(self) -> Any:
        """What the runs were scored from, as the first run has it."""
        return getattr(self.runs[0], "identity", None)

    @property
    def frame_table(self) -> FrameTable:
        """Mean over the runs of each frame's scores."""
        from videosal.benchmark.runs.frame_table import FrameTable

        return FrameTable.mean_of([run.frame_table for run in self.runs])

    @property
    def frames(self) -> pd.DataFrame:
        """Mean over the runs of each frame's scores."""
        return self.frame_table.frames

    def summary(self) -> pd.DataFrame:
        """Mean over the runs of each mean, and its standard deviation (``frame_sd``, ``video_sd``).

        Counts are those of the run with the fewest defined and the most undefined frames.
        """
        import pandas as pd

        stacked = pd.concat([run.summary().loc[self.metrics] for run in self.runs])
        groups = stacked.groupby(level=0, sort=False)
        means = groups[["frame_mean", "video_mean"]].mean()
        spreads = groups[["frame_mean", "video_mean"]].std(ddof=1).set_axis(["frame_sd", "video_sd"], axis=1)
        return means.join(spreads).join(groups["n"].min()).join(groups[["n_undefined", "n_by_map"]].max())


def join_seeds(runs: Sequence[RunLike]) -> list[RunLike]:
    """Make one run of all that have one name and were scored in one way on one truth; the others stay as they are."""
    groups: dict[tuple[str, str], list[RunLike]] = {}
    for run in runs:
        groups.setdefault((run.name, column_identity(run)), []).append(run)
    return [SeedRuns(members) if len(members) > 1 else members[0] for members in groups.values()]
