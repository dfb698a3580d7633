"""What one plan makes of a video, gathered frame by frame, and what its protocol makes of the stored maps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.benchmark.scoring.frame_scores import FrameScores, Look
from videosal.benchmark.scoring.video_scores import NON_FINITE, OK, VideoScores
from videosal.code_identity import suite_digest
from videosal.datasets.files.luma import numbers_of
from videosal.metrics.calibration import Calibration

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from videosal.benchmark.plan import Job, Plan
    from videosal.benchmark.scoring.human import HumanScorer
    from videosal.datasets import Negatives
    from videosal.datasets.files.luma import Coding
    from videosal.metrics import Baseline

    StoredMap = NDArray[Any] | tuple[NDArray[Any], Coding]


class Recorder:
    """Gathers the scores of a video under one plan.

    Parameters
    ----------
    plan, job
        What is scored.
    negatives : Negatives or None
        Those of sAUC, where the job asks for it and there are any.
    baseline : Baseline or None
        That of IG, where the job asks for it.
    """

    def __init__(self, plan: Plan, job: Job, negatives: Negatives | None, baseline: Baseline | None) -> None:
        self.plan = plan
        scores: dict[str, list[float]] = {metric: [] for metric in job.metrics}
        self.result = VideoScores(job.video, job.identity, [], [], scores, suite=suite_digest())
        self.result.possible.update(dict.fromkeys(job.metrics, 0))
        self._metrics, self._negatives, self._baseline = job.metrics, negatives, baseline
        if negatives is not None:
            self.result.negatives.extend(negatives.sources)
        self._depths: set[np.dtype[Any]] = set()

    def look(self, frame: str, views: Views) -> Look | None:
        """Begin a frame: note down what its map is, and say what is to be scored; None where there is no map."""
        view = views.of(self.plan)
        self.result.frames.append(frame)
        if view.saliency is None:
            self.add(FrameScores(view.status, {}, set()))
            return None
        self._depths.add(view.depth)
        if view.constant:
            self.result.constant.append(frame)
        others = None if self._negatives is None else self._negatives.for_frame(frame)
        return Look(self.plan.protocol, view.saliency, others, self._baseline, self._metrics)

    def score_people(self, frame: str, people: HumanScorer) -> None:
        """Score the observers of a frame against each other, in place of a map."""
        self.result.frames.append(frame)
        self._depths.add(np.dtype(np.uint8))
        others = None if self._negatives is None else self._negatives.for_frame(frame)
        self.add(FrameScores(OK, people.score(frame, others, self._baseline, self._metrics), set()))

    def add(self, found: FrameScores) -> None:
        """End a frame with its status and scores."""
        self.result.status.append(found.status)
        for metric, values in self.result.scores.items():
            values.append(found.scores.get(metric, math.nan))
            self.result.possible[metric] += metric in found.lost or not math.isnan(values[-1])

    def finish(self) -> VideoScores:
        """Return what has been gathered."""
        self.result.depths.extend(sorted(dtype.name for dtype in self._depths))
        return self.result


@dataclass(frozen=True, slots=True)
class View:
    """A map as a plan sees it; `saliency` is None where the status says why there is none to score."""

    status: str
    saliency: NDArray[Any] | None
    depth: np.dtype[Any]
    constant: bool


class Views:
    """The map of one frame, or the status that says why there is none, as plans see it: decoded and calibrated."""

    def __init__(self, stored: StoredMap | str) -> None:
        self._stored = stored
        self._known: dict[tuple[str, str | None], View] = {}

    def of(self, plan: Plan) -> View:
        """Return it as a plan sees it; plans that see the same share it."""
        # Only levels of a video depend on the rule.
        key = plan.protocol.luma if isinstance(self._stored, tuple) else "", plan.calibration
        if key not in self._known:
            self._known[key] = self._see(plan)
        return self._known[key]

    def _see(self, plan: Plan) -> View:
        stored = self._stored
        if isinstance(stored, str):
            return View(stored, None, np.dtype(np.uint8), constant=False)
        saliency = stored_numbers(stored, plan.protocol.luma)
        if saliency.dtype.kind == "f" and not np.isfinite(saliency).all():
            return View(NON_FINITE, None, saliency.dtype, constant=False)
        constant = bool(saliency.size and saliency.min() == saliency.max())
        shown = Calibration.from_json(plan.calibration).apply(saliency) if plan.calibration else saliency
        return View(OK, shown, saliency.dtype, constant)


def stored_numbers(stored: StoredMap, luma: str) -> NDArray[Any]:
    """Return a map as numbers, by a rule where it is levels of a video."""
    if not isinstance(stored, tuple):
        return stored
    numbers = numbers_of(stored, luma)
    assert numbers is not None
    return numbers
