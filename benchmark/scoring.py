"""Score one video: the piece of work that a process takes."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.benchmark.plan import CENTER, NEGATIVE_FRAMES, Job, Plan
from videosal.benchmark.saved_maps import quantise, save_map
from videosal.datasets import draw_negatives, load_dataset, video_mean_density
from videosal.datasets.images import find_damage, read_map
from videosal.errors import RunError
from videosal.metrics import imresize, metric_info, score_frame
from videosal.registry import load_plugin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from videosal.datasets import Dataset, Video

OK = "ok"
UNDEFINED = "undefined"  # at least one metric has no value for this frame
MISSING = "missing"  # no map
UNREADABLE = "unreadable"  # a damaged file in place of the map
NON_FINITE = "non-finite"  # a map with NaN or infinity
UNSCORED = (MISSING, UNREADABLE, NON_FINITE)


@dataclass(frozen=True, slots=True)
class VideoScores:
    """Scores of one video, one entry per ground-truth frame in every list.

    Attributes
    ----------
    video, key : str
        As in the `Job`.
    frames, status : list of str
        Names of the frames, and whether each has all its values.
    scores : dict of str to list of float
        Per metric; NaN where undefined or missing.
    negatives : list of (str, str)
        Video and frame of the fixations that sAUC took as negatives.
    depths : list of str
        Dtypes of the scored maps.
    """

    video: str
    key: str
    frames: list[str]
    status: list[str]
    scores: dict[str, list[float]]
    negatives: list[tuple[str, str]] = field(default_factory=list)
    depths: list[str] = field(default_factory=list)


class Scorer:
    """Opens what a plan names, once per process, and scores its videos.

    Parameters
    ----------
    plan : Plan
        What to score.
    density_sum : ndarray, shape (90, 160), or None
        `videosal.datasets.densities.sum_of_means` of the split, from which each video's own part is taken away;
        None where the baseline of IG is another.
    """

    def __init__(self, plan: Plan, density_sum: NDArray[np.float64] | None) -> None:
        for plugin in plan.plugins:
            load_plugin(plugin)
        self.plan = plan
        self.dataset: Dataset = load_dataset(plan.dataset, plan.root)
        self._density_sum = density_sum
        self._model: Any = None

    def score(self, job: Job) -> VideoScores:
        """Score the video that `job` names."""
        video = self.dataset.video(job.video)
        negatives = self._negatives(video)
        baseline = self._baseline(video)
        result = VideoScores(job.video, job.key, [], [], {metric: [] for metric in self.plan.metrics})
        if negatives is not None:
            result.negatives.extend(negatives.sources)
        depths = set()
        for frame, saliency in zip(video.frame_names, self._maps(video, job), strict=True):
            status, scores = self._score_frame(
                video, frame, saliency, None if negatives is None else negatives.points, baseline
            )
            result.frames.append(frame)
            result.status.append(status)
            for metric, values in result.scores.items():
                values.append(scores.get(metric, math.nan))
            if status in (OK, UNDEFINED) and not isinstance(saliency, str):
                depths.add(saliency.dtype.name)
        result.depths.extend(sorted(depths))
        return result

    def _score_frame(
        self,
        video: Video,
        frame: str,
        saliency: NDArray[Any] | str,
        others: NDArray[np.int64] | None,
        baseline: NDArray[np.float64] | None,
    ) -> tuple[str, dict[str, float]]:
        if isinstance(saliency, str):
            return saliency, {}
        if not np.isfinite(saliency).all():
            return NON_FINITE, {}
        truth = video.ground_truth(frame)
        given = {
            "density": truth.density,
            "fixations": truth.fixations,
            "other_fixations": others,
            "baseline": baseline,
        }
        defined = [
            metric
            for metric in self.plan.metrics
            if all(given.get(need, saliency) is not None for need in metric_info(metric).needs)
        ]
        scores = score_frame(saliency, **given, metrics=defined, protocol=self.plan.protocol)
        whole = len(defined) == len(self.plan.metrics) and not any(math.isnan(value) for value in scores.values())
        return OK if whole else UNDEFINED, scores

    def _maps(self, video: Video, job: Job) -> Iterator[NDArray[Any] | str]:
        """Yield the map of each ground-truth frame, or the status that says why there is none."""
        if job.files is None:
            return self._predict(video)
        return (_read(job.files.get(frame)) for frame in video.frame_names)

    def _predict(self, video: Video) -> Iterator[NDArray[Any]]:
        from videosal.models import create_model, iterate_predictions, prepare_model

        spec = self.plan.model
        assert spec is not None
        if self._model is None:
            self._model = create_model(spec.name, spec.weights, spec.device, **spec.options)
            prepare_model(self._model, self.dataset)
        folder = spec.save_maps / video.name if spec.save_maps else None
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
        wanted: dict[int, list[str]] = defaultdict(list)
        for frame, position in zip(video.frame_names, video.frame_positions(), strict=True):
            wanted[position].append(frame)
        for index, saliency in enumerate(iterate_predictions(self._model, video.frames)):
            for frame in wanted.get(index, ()):
                kept = saliency if self.plan.float_maps else quantise(saliency)
                if folder:
                    save_map(folder, frame, kept)
                yield kept

    def _negatives(self, video: Video) -> Any:
        if "sauc" not in self.plan.metrics or len(self.dataset) < 2:
            return None
        return draw_negatives(self.dataset, video, count=NEGATIVE_FRAMES, seed=self.plan.seed)

    def _baseline(self, video: Video) -> NDArray[np.float64] | None:
        """Return the IG baseline at the size of the video's ground truth."""
        if "ig" not in self.plan.metrics:
            return None
        if self.plan.baseline == CENTER:
            from videosal.models import center_map

            return np.asarray(center_map(*video.size), np.float64)
        if self._density_sum is None:
            return imresize(read_map(Path(self.plan.baseline)), video.size)
        others = self._density_sum - video_mean_density(video)
        # The bicubic kernel can fall below zero beside a steep edge.
        return np.clip(imresize(others, video.size), 0, None)


def _read(file: Path | None) -> NDArray[Any] | str:
    if file is None:
        return MISSING
    if find_damage(file):
        return UNREADABLE
    return read_map(file)


def describe_depth(results: list[VideoScores]) -> str:
    """Name the depth of the maps of a run for its signature."""
    names = {depth for result in results for depth in result.depths}
    if len(names) > 1:
        return "mixed"
    return {"uint8": "8bit", "uint16": "16bit"}.get(next(iter(names), "uint8"), "float")


def check_complete(result: VideoScores) -> VideoScores:
    """Return `result` if its lists fit together; raise `RunError` if not."""
    lengths = {len(result.frames), len(result.status), *(len(values) for values in result.scores.values())}
    if len(lengths) != 1:
        raise RunError(f"the result of video {result.video} is damaged: delete it and score again")
    return result
