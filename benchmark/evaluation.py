"""Carry out plans in their run directories: open or resume them, score what is not yet scored, merge."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from videosal.benchmark.executor import Session, run_jobs
from videosal.benchmark.maps.origin import claim_folder, complete_folder, make_origin
from videosal.benchmark.plan import MEAN_OTHERS, Job, SharedJob
from videosal.benchmark.runs import store
from videosal.benchmark.runs.finish import finish_run
from videosal.benchmark.runs.identify import made_by_of, make_identity
from videosal.benchmark.runs.provenance import describe_session
from videosal.benchmark.runs.results import Run
from videosal.benchmark.runs.resume import check_truth_stayed, open_run, sort_out, stamp_pack
from videosal.benchmark.runs.shards import deal
from videosal.benchmark.workers.same_code import check_result
from videosal.datasets.density_grid import add_up
from videosal.disk.folder_lock import hold
from videosal.disk.safe_name import safe_name
from videosal.disk.whole_file import make_folder
from videosal.errors import RunError
from videosal.metrics import warm_up

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Executor

    from videosal.benchmark.maps.reader import MapRef
    from videosal.benchmark.plan import Plan
    from videosal.benchmark.runs.identity import Identity
    from videosal.benchmark.runs.resume import Compare, Existing, Work
    from videosal.benchmark.scoring.video_scores import VideoScores
    from videosal.datasets import Dataset


class Progress(Protocol):
    """Called after each video with the numbers of frames done and in all, and the video's name."""

    def __call__(self, done: int, total: int, video: str) -> None: ...


def evaluate(
    plans: Sequence[tuple[Plan, dict[str, Any], str | Path | None]],
    truth: Dataset,
    files: dict[str, dict[str, MapRef]] | None,
    *,
    existing: Existing,
    compare: Compare,
    executor: Executor,
    shard: str | None,
    progress: Progress | None,
) -> list[Run]:
    """Score what is not yet scored, merge, and return the runs; of several, each map is read once.

    Parameters
    ----------
    plans : sequence of (Plan, dict, path or None)
        What to score, under protocols of different names; for each what ``run.json`` says of the model or folder
        (``name``, ``kind`` and so on), and the run directory.
    truth : Dataset
        The open split.
    files : dict of str to dict of str to MapRef, or None
        For each video, the map of each frame that has one; None for a live model, and for people.
    existing, compare, progress
        As in `videosal.score`.
    executor : Executor
        Where the videos are scored.
    shard : str or None
        ``I/N``: take one part of N of the videos.
    """
    with ExitStack() as held:
        runs = []
        for place, (plan, row, out) in enumerate(plans):
            # The name of a folder need not be text; that of a run stands in tables, figures and files.
            row = row | {"name": row["name"].encode(errors="backslashreplace").decode()}
            path = Path(out).expanduser() if out is not None else _default_directory(plan, truth, row, shard)
            _make_directory(path)
            held.enter_context(hold(path, "scoring into"))
            runs.append(_open(path, plan, place, row, truth, files, existing, compare, shard))
        for run in runs:
            if not run.whole:
                _begin(run, overwrite=existing == "overwrite")
        filled = {run.identity.result: run for run in runs}
        scored, pack = [], stamp_pack(truth)
        for result in _score_pending(runs, truth, executor, progress):
            run = filled[result.identity]
            run.results[result.video] = _keep(run.path, result, run.results.get(result.video), run.plan.metrics)
            scored.append(result)
        check_truth_stayed(truth, scored, pack)
        return [_finish(run) for run in runs]


@dataclass(slots=True)
class _Filling:
    """A run directory that is being filled.

    `before` is what ``run.json`` said, `info` what it says now, `results` what there is to keep and what has come.
    """

    path: Path
    plan: Plan
    row: dict[str, Any]
    identity: Identity
    before: dict[str, Any] | None
    info: dict[str, Any]
    jobs: list[Job]
    work: Work
    results: dict[str, VideoScores]

    @property
    def whole(self) -> bool:
        """Whether nothing is left to do."""
        if self.before is None or self.work.pending or not (self.path / store.SCORES).exists():
            return False
        return bool(self.before.get("conventions", self.info["conventions"]) == self.info["conventions"])


def _open(
    path: Path,
    plan: Plan,
    place: int,
    row: dict[str, Any],
    truth: Dataset,
    files: dict[str, dict[str, MapRef]] | None,
    existing: Existing,
    compare: Compare,
    shard: str | None,
) -> _Filling:
    before = open_run(path, existing)
    if before is None:
        store.clear(path)  # results without their run.json are nobody's
    else:
        plan = replace(plan, metrics=tuple(dict.fromkeys([*plan.metrics, *before["metrics"]])))
    identity = make_identity(plan, truth, row)
    jobs = [
        Job(v.name, plan.metrics, identity.result, files[v.name] if files is not None else None, plan=place)
        for v in truth
    ]
    if shard:
        jobs = deal(jobs, shard, {video.name: len(video.frame_names) for video in truth})
    work = sort_out(path, before, identity, plan, truth, jobs, compare)
    info = {**row, **describe_plan(plan, truth, identity), "sessions": before["sessions"] if before else []}
    if shard:
        info["shard"] = shard
    return _Filling(path, plan, row, identity, before, info, jobs, work, work.kept)


def _begin(run: _Filling, *, overwrite: bool) -> None:
    if run.work.pending:
        run.info["sessions"] = [*run.info["sessions"], describe_session()]
    folder = run.plan.model.save_maps if run.plan.model else None
    if folder and run.work.pending:
        origin = make_origin(run.row["name"], run.identity.depth, made_by_of(run.identity), run.row)
        claim_folder(folder, origin, run.info["videos"], overwrite=overwrite)
    store.set_aside(run.path, run.work.stale)
    store.write_info(run.path, run.info)


def _finish(run: _Filling) -> Run:
    results = [run.results[job.video] for job in run.jobs]
    if run.whole:
        return Run(run.path, run.before or {}, results)
    store.drop_set_aside(run.path)
    if run.plan.model and run.plan.model.save_maps:
        complete_folder(run.plan.model.save_maps, {result.video: result.maps for result in run.results.values()})
    return finish_run(run.path, run.info, results)


def _score_pending(
    runs: Sequence[_Filling], truth: Dataset, executor: Executor, progress: Progress | None
) -> Iterator[VideoScores]:
    """Score the longest videos first, so that no worker is left with one at the end."""
    pending = [job for run in runs for job in run.work.pending]
    if not pending:
        return
    warm_up()  # so that workers load compiled kernels from the cache instead of compiling them side by side
    if runs[0].plan.baseline == MEAN_OTHERS and any("ig" in job.metrics for job in pending):
        pending = _with_others(pending, truth)
    by_video: dict[str, list[Job]] = {}
    for job in pending:
        by_video.setdefault(job.video, []).append(job)
    session = Session(tuple(run.plan for run in runs))
    frames = {video: len(truth.video(video).frame_names) for video in by_video}
    shared = [SharedJob(video, tuple(by_video[video])) for video in sorted(by_video, key=lambda video: -frames[video])]
    done = 0
    for results in run_jobs(session, shared, executor, truth):
        for result in results:
            check_result(result)
        done += frames[results[0].video]
        if progress:
            progress(done, sum(frames.values()), results[0].video)
        yield from results


def _with_others(jobs: list[Job], truth: Dataset) -> list[Job]:
    means = {video.name: video.mean_density() for video in truth}
    total = add_up(means.values())
    others = {video: total - mean for video, mean in means.items()}
    return [replace(job, others=others[job.video]) for job in jobs]


def _keep(path: Path, result: VideoScores, kept: VideoScores | None, metrics: tuple[str, ...]) -> VideoScores:
    """Write a result, together with the metrics that were there before, which were computed from the same files."""
    if kept is not None:
        for before, now in ((kept.truth, result.truth), (kept.maps, result.maps)):
            if [stamp.content for stamp in before] != [stamp.content for stamp in now]:
                raise RunError(f"files of video {result.video} changed while it was scored: run the command again")
        result = result.with_scores_of(kept, metrics)
    store.write_video(path, result)
    return result


def describe_plan(plan: Plan, truth: Dataset, identity: Identity) -> dict[str, Any]:
    """Say what ``run.json`` holds of a plan and its data."""
    coverage = truth.coverage()
    return {
        "dataset": truth.name,
        "split": truth.split.name,
        "title": truth.split.title,
        "root": str(truth.root.resolve()),
        "dataset_options": plan.dataset_options,
        "dataset_notes": truth.notes(),
        "fingerprint": identity.truth,
        "videos": [video.name for video in truth.videos],
        "coverage": {field: getattr(coverage, field) for field in coverage.__dataclass_fields__},
        "protocol": plan.protocol.name,
        "conventions": plan.protocol.to_json(),
        "signature": plan.human.signature(identity.signature) if plan.human else identity.signature,
        "aggregation": plan.protocol.aggregation,
        "metrics": list(plan.metrics),
        "baseline": plan.baseline,
        "seed": plan.seed,
        "negatives": plan.negatives,
        "sample": plan.sample,
        "bug_compatible": plan.bug_compatible,
        "calibration": json.loads(plan.calibration) if plan.calibration else None,
        "undefined_as": plan.protocol.undefined,
        "notes": [],
        "identity": identity.to_json(),
    }


def _default_directory(plan: Plan, truth: Dataset, row: dict[str, Any], shard: str | None) -> Path:
    """Name the run after what it is; the default protocol goes without saying.

    The maps that a model saved have its name, and the run of the model itself is there already.
    """
    parts = [row["name"], truth.name, truth.split.name]
    parts += ["maps"] if "maps_of" in row else []
    parts += [plan.protocol.name] if plan.protocol.name != "standard" else []
    parts += [shard.replace("/", "-of-")] if shard else []
    return Path("runs") / safe_name("-".join(parts))


def _make_directory(path: Path) -> None:
    if path.exists() and not (path / store.INFO).exists() and (not path.is_dir() or store.foreign_entries(path)):
        raise RunError(f"{path} is in use and is not a run: choose another --out")
    make_folder(path)
