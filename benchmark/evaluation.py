"""Carry out a plan in a run directory: open or resume it, score what is not yet scored, merge."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from videosal.benchmark.executor import Session, run_jobs
from videosal.benchmark.maps.saved_maps import is_saved
from videosal.benchmark.plan import MEAN_OTHERS, make_job
from videosal.benchmark.runs import store
from videosal.benchmark.runs.finish import finish_run
from videosal.benchmark.runs.provenance import describe_environment
from videosal.benchmark.runs.shards import deal
from videosal.datasets.density_grid import add_up
from videosal.errors import RunError
from videosal.metrics import get_protocol, warm_up

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

    from videosal.benchmark.maps.reader import MapRef
    from videosal.benchmark.plan import Compare, Job, Plan
    from videosal.benchmark.runs.results import Run
    from videosal.benchmark.scoring import VideoScores
    from videosal.datasets import Dataset

_log = logging.getLogger(__name__)

Existing = Literal["resume", "overwrite", "error"]


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
    path = Path(out) if out is not None else _default_directory(plan, truth, row, shard)
    _make_directory(path)
    with store.lock(path):
        plan = _open_run(path, plan, row, truth, existing)
        fingerprint = truth.fingerprint()
        info = {**row, **_describe(plan, truth, fingerprint)}
        jobs = [
            make_job(plan, fingerprint, video, files[video.name] if files is not None else None, compare)
            for video in truth
        ]
        if shard:
            info["shard"] = shard
            jobs = deal(jobs, shard, {video.name: len(video.frame_names) for video in truth})
        results, pending = _sort_out(path, plan, jobs)
        store.write_info(path, info)
        if pending:
            store.drop_scores(path)
            for result in _score_pending(plan, truth, pending, executor, progress):
                results[result.video] = _keep(path, result)
        return finish_run(path, info, [results[job.video] for job in jobs])


def _score_pending(
    plan: Plan, truth: Dataset, jobs: list[Job], executor: Executor, progress: Progress | None
) -> Iterator[VideoScores]:
    """Score the longest videos first, so that no worker is left with one at the end."""
    warm_up()  # so that workers load compiled kernels from the cache instead of compiling them side by side
    if plan.baseline == MEAN_OTHERS and any("ig" in job.metrics for job in jobs):
        jobs = _with_others(jobs, truth)
    session = Session(plan)
    frames = {job.video: len(truth.video(job.video).frame_names) for job in jobs}
    done = 0
    for result in run_jobs(session, sorted(jobs, key=lambda job: -frames[job.video]), executor, truth):
        done += frames[result.video]
        if progress:
            progress(done, sum(frames.values()), result.video)
        yield result


def _with_others(jobs: list[Job], truth: Dataset) -> list[Job]:
    means = {video.name: video.mean_density() for video in truth}
    total = add_up(means.values())
    return [replace(job, others=total - means.pop(job.video)) for job in jobs]


def _keep(path: Path, result: VideoScores) -> VideoScores:
    """Write a result, together with the metrics that an older one has from the same inputs."""
    older = store.read_video(path, result.video)
    if older is not None and older.inputs == result.inputs:
        result = result.with_scores_of(older)
    store.write_video(path, result)
    return result


def _describe(plan: Plan, truth: Dataset, fingerprint: str) -> dict[str, Any]:
    coverage = truth.coverage()
    return {
        "dataset": truth.name,
        "split": truth.split.name,
        "title": truth.split.title,
        "root": str(truth.root.resolve()),
        "dataset_options": plan.dataset_options,
        "dataset_notes": truth.notes(),
        "fingerprint": fingerprint,
        "videos": [video.name for video in truth.videos],
        "coverage": {field: getattr(coverage, field) for field in coverage.__dataclass_fields__},
        "protocol": plan.protocol,
        "signature": plan.signature(),
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
        **describe_environment(),
    }


def _default_directory(plan: Plan, truth: Dataset, row: dict[str, Any], shard: str | None) -> Path:
    """Name the run after what it is; the default protocol goes without saying."""
    parts = [row["name"], truth.name, truth.split.name]
    parts += [plan.protocol] if plan.protocol != "standard" else []
    parts += [shard.replace("/", "-of-")] if shard else []
    return Path("runs") / "-".join(parts)


def _make_directory(path: Path) -> None:
    if path.exists() and not (path / store.INFO).exists() and (not path.is_dir() or _other_entries(path)):
        raise RunError(f"{path} is in use and is not a run: choose another --out")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot make the run directory {path} ({error.strerror or error})") from error


def _other_entries(path: Path) -> list[Path]:
    return [entry for entry in path.iterdir() if entry.name not in (store.LOCK, store.VIDEOS)]


def _open_run(path: Path, plan: Plan, row: dict[str, Any], truth: Dataset, existing: Existing) -> Plan:
    """Check that what is in the run directory may go on, and return the plan with the metrics it has already."""
    if not (path / store.INFO).exists():
        return plan
    if existing == "error":
        raise RunError(f"{path} is a run already: choose another --out, or --existing resume or overwrite")
    if existing == "overwrite":
        store.clear(path)
        return plan
    old = store.read_info(path)
    now = {**row, "dataset": truth.name, "split": truth.split.name, "protocol": plan.protocol}
    same = ("name", "kind", "dataset", "split", "protocol")
    changed = [f"{field} {old.get(field)!r}, now {now[field]!r}" for field in same if old.get(field) != now[field]]
    if changed:
        raise RunError(
            f"{path} holds another run ({'; '.join(changed)}): choose another --out, or --existing overwrite"
        )
    return replace(plan, metrics=tuple(dict.fromkeys([*old["metrics"], *plan.metrics])))


def _sort_out(path: Path, plan: Plan, jobs: list[Job]) -> tuple[dict[str, VideoScores], list[Job]]:
    """Tell the results that are still true from the work that is left."""
    results: dict[str, VideoScores] = {}
    pending = []
    folder = plan.model.save_maps if plan.model else None
    for job in jobs:
        stored = store.read_video(path, job.video)
        if stored is not None and stored.inputs != job.inputs:
            changed = [name for name, value in job.inputs.items() if stored.inputs.get(name) != value]
            _log.warning("video %s is scored again: %s changed", job.video, " and ".join(changed))
            stored = None
        if stored is None or (folder and not all(is_saved(folder / job.video, frame) for frame in stored.frames)):
            pending.append(job)
        elif new := tuple(metric for metric in job.metrics if metric not in stored.scores):
            pending.append(replace(job, metrics=new))
        else:
            results[job.video] = stored
    return results, pending
