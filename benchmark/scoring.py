"""Score one video: the piece of work that a process takes."""

from __future__ import annotations

import math
import zlib
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.benchmark.maps.reader import MapReader, MapRef, one_per_file
from videosal.benchmark.maps.saved_maps import quantise, save_map, saved_stamps
from videosal.benchmark.plan import CENTER, Job, Plan
from videosal.code_identity import suite_digest
from videosal.datasets import (
    all_negatives,
    draw_from_all,
    draw_negatives,
    load_dataset,
    negatives_from_map,
    same_video_negatives,
)
from videosal.datasets.files.contents import FileStamp, record_contents
from videosal.datasets.files.images import read_map
from videosal.errors import FileError, InputError, PredictionError
from videosal.metrics import Baseline, get_protocol, imresize, metric_info, rescale_points, score_frame
from videosal.metrics.calibration import Calibration
from videosal.registry import load_plugin
from videosal.safe_name import safe_name
from videosal.whole_file import make_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from videosal.datasets import Dataset, Negatives, Video

OK = "ok"
MISSING = "missing"  # no map
UNREADABLE = "unreadable"  # a damaged file in place of the map
NON_FINITE = "non-finite"  # a map with NaN or infinity
UNSCORED = (MISSING, UNREADABLE, NON_FINITE)


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
        Names of the frames; ``ok`` where there was a map to score, else what was wrong with it.
    scores : dict of str to list of float
        Per metric; NaN where undefined or missing.
    negatives : list of (str, str)
        Video and frame of the fixations that sAUC took as negatives.
    depths : list of str
        Dtypes of the scored maps.
    truth, maps : list of FileStamp
        The files that the scores were computed from: those of the ground truth, and those of the maps, or where a model
        saved its maps.
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
        self._rules = get_protocol(plan.protocol)
        self._reader = MapReader(self._rules.luma)
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
            saved = saved_stamps(spec.save_maps / safe_name(video.name), result.frames)
            result.maps.extend(stamp.with_content({}) for stamp in saved)
        return result

    def _score_video(self, video: Video, job: Job) -> VideoScores:
        negatives = self._negatives(video) if "sauc" in job.metrics else None
        baseline = Baseline(self._baseline(video, job.others)) if "ig" in job.metrics else None
        result = VideoScores(
            job.video, job.identity, [], [], {metric: [] for metric in job.metrics}, suite=suite_digest()
        )
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
                scores, lost = self._score_frame(video, frame, saliency, others, baseline, job.metrics)
            result.frames.append(frame)
            result.status.append(status)
            for metric, values in result.scores.items():
                values.append(scores.get(metric, math.nan))
                result.possible[metric] += metric in lost or not math.isnan(values[-1])
        result.depths.extend(sorted(dtype.name for dtype in depths))
        if job.files and (changed := self._reader.changed_files(job.files.values())):
            raise PredictionError(f"{changed[0]} changed while video {job.video} was scored: run the command again")
        return result

    def _score_frame(
        self,
        video: Video,
        frame: str,
        saliency: NDArray[Any],
        others: NDArray[np.int64] | None,
        baseline: Baseline | None,
        metrics: tuple[str, ...],
    ) -> tuple[dict[str, float], set[str]]:
        """Score the metrics whose inputs this frame has; name those that the map alone leaves undefined."""
        given: dict[str, Any] = {
            "density": video.stored_density(frame, self._rules.luma),
            "fixations": video.fixation_points(frame) if self._rules.repeats else video.stored_fixations(frame),
            "other_fixations": others,
            "baseline": baseline,
        }
        defined = _defined(metrics, tuple(name for name, value in given.items() if value is not None))
        if given["fixations"] is None or (given["density"] is not None and video.gaze_size == video.size):
            return self._score_given(video, frame, saliency, given, defined)
        scores: dict[str, float] = {}
        lost: set[str] = set()
        for own, names in _own_sizes(video, frame, given, defined):
            found, undefined = self._score_given(video, frame, saliency, own, names)
            scores |= found
            lost |= undefined
        return {metric: scores[metric] for metric in defined}, lost

    def _score_given(
        self, video: Video, frame: str, saliency: NDArray[Any], given: dict[str, Any], defined: tuple[str, ...]
    ) -> tuple[dict[str, float], set[str]]:
        """Score metrics whose inputs are all given."""
        plan = self.plan
        # Each frame has draws of its own, the same in every process.
        seed = None if plan.sample is None else zlib.crc32(f"{plan.sample} {video.name} {frame}".encode())

        def score(image: NDArray[Any], names: tuple[str, ...]) -> dict[str, float]:
            return score_frame(
                image, **given, metrics=names, protocol=plan.protocol, seed=seed, bug_compatible=plan.bug_compatible
            )

        try:
            scores = score(saliency, defined)
        except InputError as error:
            raise InputError(f"video {video.name}, frame {frame}: {error}") from error
        undefined = tuple(metric for metric in defined if math.isnan(scores[metric]))
        # Where a map that says something has a value, the ground truth is not to blame.
        allowed = score(_ramp(_size_of(video, given)), undefined) if undefined else {}
        return scores, {metric for metric, value in allowed.items() if not math.isnan(value)}

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
        folder = spec.save_maps / safe_name(video.name) if spec.save_maps else None
        if folder:
            make_folder(folder)
        wanted: dict[int, list[str]] = defaultdict(list)
        for frame, position in zip(video.frame_names, video.frame_positions(), strict=True):
            wanted[position].append(frame)
        for index, saliency in enumerate(iterate_predictions(self._model, video.frames, video=video.name)):
            for frame in wanted.get(index, ()):
                kept = saliency if self.plan.float_maps else quantise(saliency)
                if folder:
                    save_map(folder, frame, kept)
                yield kept

    def _negatives(self, video: Video) -> Negatives | None:
        """Build the sAUC negatives as the protocol wants them; None where there are none."""
        plan, rules = self.plan, self._rules
        if plan.negatives is not None:
            return negatives_from_map(Path(plan.negatives), video)
        if rules.negatives == "same-video":
            return same_video_negatives(video)
        if rules.negatives == "whole-set":
            swapped = plan.bug_compatible and any(bug.in_negatives for bug in rules.bugs)
            rescale = partial(rescale_points, swap_axes=True) if swapped else None
            return draw_from_all(self.dataset, video, count=rules.negative_frames, seed=plan.seed, rescale=rescale)
        if rules.negatives == "none" or len(self.dataset) < 2:
            return None
        if rules.negative_frames == 0:
            return all_negatives(self.dataset, video)
        return draw_negatives(self.dataset, video, count=rules.negative_frames, seed=plan.seed)

    def _baseline(self, video: Video, others: NDArray[np.float64] | None) -> NDArray[np.float64]:
        """Return the IG baseline at the size of the video's fixations."""
        if others is not None:
            # The bicubic kernel can fall below zero beside a steep edge.
            return np.clip(imresize(others, video.gaze_size), 0, None)
        if self.plan.baseline == CENTER:
            from videosal.models import center_map

            return np.asarray(center_map(*video.gaze_size), np.float64)
        return imresize(read_map(Path(self.plan.baseline)), video.gaze_size)


@lru_cache(maxsize=8)
def _ramp(size: tuple[int, int]) -> NDArray[Any]:
    """A map without equal halves and without zeros, for which a metric is defined wherever it can be."""
    rows, columns = (np.linspace(0, 1, side) for side in size)
    ramp: NDArray[Any] = np.rint(1 + 127 * (rows[:, None] + columns)).astype(np.uint8)
    return ramp


def _own_sizes(
    video: Video, frame: str, given: dict[str, Any], metrics: tuple[str, ...]
) -> list[tuple[dict[str, Any], tuple[str, ...]]]:
    """Part the metrics by which map they are scored at the size of, and give each what it needs.

    Raises
    ------
    InputError
        A metric needs both maps.
    """
    needs = {metric: set(metric_info(metric).needs) for metric in metrics}
    if both := [metric for metric, wanted in needs.items() if {"density", "fixations"} <= wanted]:
        (height, width), (rows, columns) = video.size, video.gaze_size
        raise InputError(
            f"video {video.name}, frame {frame}: {', '.join(both)} needs density and fixations of one size, and they "
            f"are {width}x{height} and {columns}x{rows}: leave it out of --metrics, or bring the maps to one size"
        )
    on_density = tuple(metric for metric in metrics if "density" in needs[metric])
    on_fixations = tuple(metric for metric in metrics if metric not in on_density)
    # No metric of these looks at this density: it tells the size of the frame, which points do not.
    blank = np.ones(video.gaze_size, np.uint8)
    split = [
        ({**given, "fixations": None, "other_fixations": None}, on_density),
        ({**given, "density": blank}, on_fixations),
    ]
    return [(own, names) for own, names in split if names]


def _size_of(video: Video, given: dict[str, Any]) -> tuple[int, int]:
    """Return the size at which a frame is scored."""
    return video.size if given["fixations"] is None else video.gaze_size


def _is_finite(saliency: NDArray[Any]) -> bool:
    return saliency.dtype.kind != "f" or bool(np.isfinite(saliency).all())


@lru_cache
def _defined(metrics: tuple[str, ...], given: tuple[str, ...]) -> tuple[str, ...]:
    """Choose the metrics whose inputs are given."""
    return tuple(metric for metric in metrics if set(metric_info(metric).needs) <= set(given))
