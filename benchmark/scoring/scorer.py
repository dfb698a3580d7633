"""Score one video: the piece of work that a process takes."""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from videosal.benchmark.maps.reader import MapReader, MapRef, one_per_file
from videosal.benchmark.maps.saved_maps import quantise, save_map, saved_stamps
from videosal.benchmark.scoring.beside_video import choose_negatives, kind_of_negatives, make_baseline
from videosal.benchmark.scoring.frame_scores import FrameScorer
from videosal.benchmark.scoring.human import HumanScorer
from videosal.benchmark.scoring.recorder import Recorder, Views
from videosal.benchmark.scoring.video_scores import MISSING, UNREADABLE
from videosal.datasets import load_dataset
from videosal.datasets.files.contents import record_contents
from videosal.disk.safe_name import safe_name
from videosal.disk.whole_file import make_folder
from videosal.errors import DamagedFileError, FileError, PredictionError
from videosal.metrics import Baseline
from videosal.registry import load_plugin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from videosal.benchmark.plan import Job, Plan, SharedJob
    from videosal.benchmark.scoring.recorder import StoredMap
    from videosal.benchmark.scoring.video_scores import VideoScores
    from videosal.datasets import Dataset, Negatives, Video
    from videosal.datasets.files.contents import FileStamp

_log = logging.getLogger(__name__)


class Scorer:
    """Opens what plans name, once per process, and scores their videos.

    Parameters
    ----------
    plans : sequence of Plan
        What to score: of one model or folder, on one split, under one protocol each.
    dataset : Dataset, optional
        Where this process has it open already; else it is opened, and was checked where the plans were made.
    """

    def __init__(self, plans: Sequence[Plan], dataset: Dataset | None = None) -> None:
        self.plan = plan = plans[0]
        for plugin in plan.plugins:
            load_plugin(plugin)
        self.dataset = dataset or load_dataset(plan.dataset, plan.root, check_pack=False, **plan.dataset_options)
        self._plans = plans
        self._model: Any = None
        self._frames = FrameScorer(plan)
        self._reader = MapReader()

    def score(self, shared: SharedJob) -> list[VideoScores]:
        """Score a video, once for each job, and note down the files that the scores were computed from."""
        video, files = self.dataset.video(shared.video), shared.jobs[0].files
        truth_files = video.truth_files()  # before they are read: what is replaced from now on is found at the end
        with record_contents() as known:
            results = self._score_video(video, shared.jobs)
        truth = [stamp.with_content(known) for stamp in truth_files]
        maps: list[FileStamp] = []
        if files is not None:
            maps = [self._reader.stamp(ref, known) for ref in one_per_file(files.values()).values()]
        elif self.plan.human is not None:
            maps = [stamp.with_content(known) for stamp in video.observer_files()]
        elif (spec := self.plan.model) is not None and spec.save_maps is not None:
            saved = saved_stamps(spec.save_maps / safe_name(video.name), results[0].frames)
            maps = [stamp.with_content({}) for stamp in saved]
        for result in results:
            result.truth.extend(truth)
            result.maps.extend(maps)
        return results

    def _score_video(self, video: Video, jobs: Sequence[Job]) -> list[VideoScores]:
        recorders = self._recorders(video, jobs)
        if self.plan.human is not None:
            self._score_people(video, recorders)
            return [recorder.finish() for recorder in recorders]
        for frame, stored in zip(video.frame_names, self.maps(video, jobs[0].files), strict=True):
            views = Views(stored)
            looks = [(one, look) for one in recorders if (look := one.look(frame, views)) is not None]
            found = self._frames.score(video, frame, [look for _, look in looks]) if looks else []
            for (recorder, _), scores in zip(looks, found, strict=True):
                recorder.add(scores)
        files = jobs[0].files
        if files and (changed := self._reader.changed_files(files.values())):
            raise PredictionError(f"{changed[0]} changed while video {video.name} was scored: run the command again")
        return [recorder.finish() for recorder in recorders]

    def _score_people(self, video: Video, recorders: Sequence[Recorder]) -> None:
        """Score the observers of each frame against each other, under each plan."""
        for recorder in recorders:
            people = HumanScorer(recorder.plan, video, self._frames)
            for frame in video.frame_names:
                recorder.score_people(frame, people)

    def _recorders(self, video: Video, jobs: Sequence[Job]) -> list[Recorder]:
        """Prepare what each job needs beside the video; jobs that need the same share it."""
        drawn: dict[tuple[object, ...], Negatives | None] = {}
        baseline = None
        recorders = []
        for job in jobs:
            plan, negatives = self._plans[job.plan], None
            if "sauc" in job.metrics:
                kind = kind_of_negatives(plan)
                if kind not in drawn:
                    drawn[kind] = choose_negatives(plan, self.dataset, video)
                negatives = drawn[kind]
            if "ig" in job.metrics and baseline is None:
                baseline = Baseline(make_baseline(plan, video, job.others))
            recorders.append(Recorder(plan, job, negatives, baseline if "ig" in job.metrics else None))
        return recorders

    def maps(self, video: Video, files: Mapping[str, MapRef] | None) -> Iterator[StoredMap | str]:
        """Yield the map of each ground-truth frame as it is stored, or the status that says why there is none."""
        if files is None:
            return self._predict(video)
        return (self._read(files.get(frame)) for frame in video.frame_names)

    def _read(self, ref: MapRef | None) -> StoredMap | str:
        if ref is None:
            return MISSING
        try:
            return self._reader.read_stored(ref)
        except FileError as error:
            if self._reader.changed_files([ref]):
                return UNREADABLE  # and an error at the end of the video
            if not (self.plan.allow_damaged and isinstance(error, DamagedFileError)):
                raise
            _log.warning("%s", error)
            return UNREADABLE

    def _predict(self, video: Video) -> Iterator[NDArray[Any]]:
        from videosal.models import create_model, frames_for, iterate_predictions, prepare_model

        spec = self.plan.model
        assert spec is not None
        if self._model is None:
            self._model = create_model(spec.name, spec.weights, spec.device, **spec.options)
            prepare_model(self._model, self.dataset)
        folder = spec.save_maps / safe_name(video.name) if spec.save_maps else None
        if folder:
            make_folder(folder)
        wanted: dict[int, list[str]] = defaultdict(list)
        frames, positions = frames_for(spec.name, video)
        for frame, position in zip(video.frame_names, positions, strict=True):
            wanted[position].append(frame)
        for index, saliency in enumerate(iterate_predictions(self._model, frames, video=video.name)):
            for frame in wanted.get(index, ()):
                kept = saliency if self.plan.float_maps else quantise(saliency)
                if folder:
                    save_map(folder, frame, kept)
                yield kept
