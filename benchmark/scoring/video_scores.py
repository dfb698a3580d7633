"""The scores of one video, and what was wrong with frames that have none."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from videosal.datasets.files.contents import FileStamp

OK = "ok"
MISSING = "missing"  # no map
UNREADABLE = "unreadable"  # a damaged file in place of the map
NON_FINITE = "non-finite"  # a map with NaN or infinity
UNSCORED = (MISSING, UNREADABLE, NON_FINITE)
# What the ground truth of a frame lacks, by the argument of `score_frame`: its map is scored in what needs none.
LACKING = {"density": "no density", "fixations": "no fixations"}
WITH_MAP = (OK, *LACKING.values())


@dataclass(frozen=True, slots=True)
class VideoScores:
    """Scores of one video, one entry per ground-truth frame in every list.

    Attributes
    ----------
    video : str
        Its name.
    identity : str
        Of the run, as in the `Job`.
    frames, status : list of str
        Names of the frames; ``ok`` where there was a map to score, else what was wrong with it, or what the ground
        truth lacks.
    scores : dict of str to list of float
        Per metric; NaN where undefined or missing.
    negatives : list of (str, str)
        Video and frame of the fixations that sAUC took as negatives.
    depths : list of str
        Dtypes of the scored maps.
    truth, maps : list of FileStamp
        The files that the scores were computed from: those of the ground truth, and those of the maps, or where a model
        saved its maps; for the human bound, those of the observers.
    possible : dict of str to int
        Per metric, the frames with a usable map for which the ground truth allows a value: more than there are values
        where maps say nothing. Results of earlier versions have none.
    constant : list of str
        Frames whose map has one value throughout, and so no information.
    suite : str
        Digest of the code of videosal in the process that scored them; empty in results of earlier versions.
    """

    video: str
    identity: str
    frames: list[str]
    status: list[str]
    scores: dict[str, list[float]]
    negatives: list[tuple[str, str]] = field(default_factory=list)
    depths: list[str] = field(default_factory=list)
    truth: list[FileStamp] = field(default_factory=list)
    maps: list[FileStamp] = field(default_factory=list)
    possible: dict[str, int] = field(default_factory=dict)
    constant: list[str] = field(default_factory=list)
    suite: str = ""

    def with_scores_of(self, older: VideoScores, order: Sequence[str]) -> VideoScores:
        """Add the metrics of an older result that was computed from the same inputs; `order` is that of all metrics."""
        scores = older.scores | self.scores
        return replace(
            self,
            scores={metric: scores[metric] for metric in order},
            possible=older.possible | self.possible,
            negatives=self.negatives or older.negatives,
        )
