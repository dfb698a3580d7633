"""Carry out a plan in a run directory: open or resume it, score what is not yet scored, merge."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from videosal.benchmark.executor import Session, run_jobs
from videosal.benchmark.maps.origin import claim_folder, complete_folder, make_origin
from videosal.benchmark.plan import MEAN_OTHERS, Job
from videosal.benchmark.runs import store
from videosal.benchmark.runs.finish import finish_run
from videosal.benchmark.runs.identify import made_by_of, make_identity
from videosal.benchmark.runs.provenance import describe_session
from videosal.benchmark.runs.results import Run
from videosal.benchmark.runs.resume import open_run, sort_out
from videosal.benchmark.runs.shards import deal
from videosal.benchmark.workers.same_code import check_result
from videosal.datasets.density_grid import add_up
from videosal.errors import RunError
from videosal.metrics import get_protocol, warm_up
from videosal.safe_name import safe_name
from videosal.whole_file import make_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

    from videosal.benchmark.maps.reader import MapRef
    from videosal.benchmark.plan import Plan
    from videosal.benchmark.runs.identity import Identity
    from videosal.benchmark.runs.resume import Compare, Existing
    from videosal.benchmark.scoring import VideoScores
    from videosal.datasets import Dataset


class Progress(Protocol):
    """Called after each video with the numbers of frames done and in all, and the video's name."""

    def __call__(self, done: int, total: int, video: str) -> None: ...


def evaluate(
    plan: Plan,
    truth: Dataset,
    files: dict[str, dict[str, MapRef]] | None,
    row: dict[str, Any],
    *,
    out: str | Path | None,
    existing: Existing,
    compare: Compare,
    executor: Executor,
    shard: str | None,
    progress: Progress | None,
) -> Run:
    """Score what is not yet scored, merge, and return the run.

    Parameters
    ----------
    plan, truth
        What to score, and the open split.
    files : dict of str to dict of str to MapRef, or None
        For each video, the map of each frame that has one; None for a live model.
    row : dict
        What ``run.json`` says of the model or folder: ``name``, ``kind`` and so on.
    out, existing, compare, progress
        As in `videosal.score`.
    executor : Executor
        Where the videos are scored.
    shard : str or None
        ``I/N``: take one part of N of the videos.
    """
    path = Path(out).expanduser() if out is not None else _default_directory(plan, truth, row, shard)
    _make_directory(path)
    with store.lock(path):
        before = open_run(path, existing)
        if before is None:
            store.clear(path)  # results without their run.json are nobody's
        else:
            plan = replace(plan, metrics=tuple(dict.fromkeys([*plan.metrics, *before["metrics"]])))
        identity = make_identity(plan, truth, row)
        jobs = [Job(v.name, plan.metrics, identity.result, files[v.name] if files is not None else None) for v in truth]
        if shard:
            jobs = deal(jobs, shard, {video.name: len(video.frame_names) for video in truth})
        work = sort_out(path, before, identity, plan, truth, jobs, compare)
        results = work.kept
        if before is not None and not work.pending and (path / store.SCORES).exists():
            return Run(path, before, [results[job.video] for job in jobs])
        info = {**row, **describe_plan(plan, truth, identity), "sessions": before["sessions"] if before else []}
        if shard:
            info["shard"] = shard
        if work.pending:
            info["sessions"] = [*info["sessions"], describe_session()]
        folder = plan.model.save_maps if plan.model else None
        if folder and work.pending:
            origin = make_origin(row["name"], identity.depth, made_by_of(identity), row)
            claim_folder(folder, origin, info["videos"], overwrite=existing == "overwrite")
        store.set_aside(path, work.stale)
        store.write_info(path, info)
        for result in _score_pending(plan, truth, work.pending, executor, progress):
            results[result.video] = _keep(path, result, results.get(result.video), plan.metrics)
        store.drop_set_aside(path)
        if folder:
            complete_folder(folder, {result.video: result.maps for result in results.values()})
        return finish_run(path, info, [results[job.video] for job in jobs])


def _score_pending(
    plan: Plan, truth: Dataset, jobs: list[Job], executor: Executor, progress: Progress | None
) -> Iterator[VideoScores]:
    """Score the longest videos first, so that no worker is left with one at the end."""
    if not jobs:
        return
    warm_up()  # so that workers load compiled kernels from the cache instead of compiling them side by side
    if plan.baseline == MEAN_OTHERS and any("ig" in job.metrics for job in jobs):
        jobs = _with_others(jobs, truth)
    session = Session(plan)
    frames = {job.video: len(truth.video(job.video).frame_names) for job in jobs}
    done = 0
    for result in run_jobs(session, sorted(jobs, key=lambda job: -frames[job.video]), executor, truth):
        check_result(result)
        done += frames[result.video]
        if progress:
            progress(done, sum(frames.values()), result.video)
        yield result


def _with_others(jobs: list[Job], truth: Dataset) -> list[Job]:
    means = {video.name: video.mean_density() for video in truth}
    total = add_up(means.values())
    return [replace(job, others=total - means.pop(job.video)) for job in jobs]


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
        "protocol": plan.protocol,
        "signature": identity.signature,
        "aggregation": get_protocol(plan.protocol).aggregation,
        "metrics": list(plan.metrics),
        "baseline": plan.baseline,
        "seed": plan.seed,
        "negatives": plan.negatives,
        "sample": plan.sample,
        "bug_compatible": plan.bug_compatible,
        "calibration": json.loads(plan.calibration) if plan.calibration else None,
        "undefined_as": get_protocol(plan.protocol).undefined,
        "notes": [],
        "identity": identity.to_json(),
    }


def _default_directory(plan: Plan, truth: Dataset, row: dict[str, Any], shard: str | None) -> Path:
    """Name the run after what it is; the default protocol goes without saying.

    The maps that a model saved have its name, and the run of the model itself is there already.
    """
    parts = [row["name"], truth.name, truth.split.name]
    parts += ["maps"] if "maps_of" in row else []
    parts += [plan.protocol] if plan.protocol != "standard" else []
    parts += [shard.replace("/", "-of-")] if shard else []
    return Path("runs") / safe_name("-".join(parts))


def _make_directory(path: Path) -> None:
    if path.exists() and not (path / store.INFO).exists() and (not path.is_dir() or store.foreign_entries(path)):
        raise RunError(f"{path} is in use and is not a run: choose another --out")
    make_folder(path)
