"""Score one video: the piece of work that a process takes."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.benchmark.maps.reader import MapReader, MapRef, one_per_file
from videosal.benchmark.maps.saved_maps import quantise, save_map, saved_stamps
from videosal.benchmark.scoring.beside_video import choose_negatives, make_baseline
from videosal.benchmark.scoring.frame_scores import FrameScorer
from videosal.benchmark.scoring.video_scores import MISSING, NON_FINITE, OK, UNREADABLE, VideoScores
from videosal.datasets import load_dataset
from videosal.datasets.files.contents import record_contents
from videosal.errors import FileError, PredictionError
from videosal.metrics import Baseline, get_protocol
from videosal.metrics.calibration import Calibration
from videosal.registry import load_plugin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from videosal.benchmark.plan import Job, Plan
    from videosal.datasets import Dataset, Video


class Scorer:
    """Opens what a plan names, once per process, and scores its videos.

    Parameters
    ----------
    plan : Plan
        What to score.
    dataset : Dataset, optional
        Where this process has it open already; else it is opened, and was checked where the plan was made.
    """

    def __init__(self, plan: Plan, dataset: Dataset | None = None) -> None:
        for plugin in plan.plugins:
            load_plugin(plugin)
        self.plan = plan
        self.dataset = dataset or load_dataset(plan.dataset, plan.root, check_pack=False, **plan.dataset_options)
        self._model: Any = None
        self._frames = FrameScorer(plan)
        self._reader = MapReader(get_protocol(plan.protocol).luma)
        self._calibration = Calibration.from_json(plan.calibration) if plan.calibration else None

    def score(self, job: Job) -> VideoScores:
        """Score the video that `job` names, and note down the files that it was computed from."""
        video = self.dataset.video(job.video)
        with record_contents() as known:
            result = self._score_video(video, job)
        result.truth.extend(stamp.with_content(known) for stamp in video.truth_files())
        if job.files is not None:
            result.maps.extend(self._reader.stamp(ref, known) for ref in one_per_file(job.files.values()).values())
        elif (spec := self.plan.model) is not None and spec.save_maps is not None:
            saved = saved_stamps(spec.save_maps / video.name, result.frames)
            result.maps.extend(stamp.with_content({}) for stamp in saved)
        return result

    def _score_video(self, video: Video, job: Job) -> VideoScores:
        negatives = choose_negatives(self.plan, self.dataset, video) if "sauc" in job.metrics else None
        baseline = Baseline(make_baseline(self.plan, video, job.others)) if "ig" in job.metrics else None
        result = VideoScores(job.video, job.identity, [], [], {metric: [] for metric in job.metrics})
        result.possible.update(dict.fromkeys(job.metrics, 0))
        if negatives is not None:
            result.negatives.extend(negatives.sources)
        depths: set[np.dtype[Any]] = set()
        for frame, saliency in zip(video.frame_names, self.maps(video, job), strict=True):
            status = saliency if isinstance(saliency, str) else OK if _is_finite(saliency) else NON_FINITE
            scores: dict[str, float] = {}
            lost: set[str] = set()
            if status == OK and not isinstance(saliency, str):
                depths.add(saliency.dtype)
                if saliency.size and saliency.min() == saliency.max():
                    result.constant.append(frame)
                if self._calibration is not None:
                    saliency = self._calibration.apply(saliency)
                others = None if negatives is None else negatives.for_frame(frame)
                scores, lost = self._frames.score(video, frame, saliency, others, baseline, job.metrics)
            result.frames.append(frame)
            result.status.append(status)
            for metric, values in result.scores.items():
                values.append(scores.get(metric, math.nan))
                result.possible[metric] += metric in lost or not math.isnan(values[-1])
        result.depths.extend(sorted(dtype.name for dtype in depths))
        if job.files and (changed := self._reader.changed_files(job.files.values())):
            raise PredictionError(f"{changed[0]} changed while video {job.video} was scored: run the command again")
        return result

    def maps(self, video: Video, job: Job) -> Iterator[NDArray[Any] | str]:
        """Yield the map of each ground-truth frame, or the status that says why there is none."""
        if job.files is None:
            return self._predict(video)
        return (self._read(job.files.get(frame)) for frame in video.frame_names)

    def _read(self, ref: MapRef | None) -> NDArray[Any] | str:
        if ref is None:
            return MISSING
        try:
            return self._reader.read(ref)
        except FileError:
            if self._reader.is_damaged(ref):
                return UNREADABLE
            raise

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
        for index, saliency in enumerate(iterate_predictions(self._model, video.frames, video=video.name)):
            for frame in wanted.get(index, ()):
                kept = saliency if self.plan.float_maps else quantise(saliency)
                if folder:
                    save_map(folder, frame, kept)
                yield kept


def _is_finite(saliency: NDArray[Any]) -> bool:
    return saliency.dtype.kind != "f" or bool(np.isfinite(saliency).all())
