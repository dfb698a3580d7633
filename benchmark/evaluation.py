"""Carry out a plan in a run directory: open or resume it, score what is not yet scored, merge."""

from __future__ import annotations

import datetime
import logging
import platform
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from videosal.benchmark import store
from videosal.benchmark.executor import run_jobs
from videosal.benchmark.plan import CENTER, MEAN_OTHERS, make_job
from videosal.benchmark.prediction_folder import list_some
from videosal.benchmark.results import Run
from videosal.benchmark.saved_maps import is_saved
from videosal.benchmark.scoring import NON_FINITE, VideoScores, describe_depth
from videosal.datasets.densities import sum_of_means
from videosal.errors import InputError, RunError
from videosal.metrics import get_protocol, warm_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from videosal.benchmark.plan import Job, Plan
    from videosal.datasets import Dataset

_log = logging.getLogger(__name__)

Existing = Literal["resume", "overwrite", "error"]


class Progress(Protocol):
    """Called after each video with the numbers of frames done and in all, and the video's name."""

    def __call__(self, done: int, total: int, video: str) -> None: ...


def evaluate(
    plan: Plan,
    truth: Dataset,
    files: dict[str, dict[str, Path]] | None,
    row: dict[str, Any],
    *,
    out: str | Path | None,
    existing: Existing,
    workers: int,
    progress: Progress | None,
) -> Run:
    """Score what is not yet scored, merge, and return the run.

    Parameters
    ----------
    plan, truth
        What to score, and the open split.
    files : dict of str to dict of str to Path, or None
        For each video, the map of each frame that has one; None for a live model.
    row : dict
        What ``run.json`` says of the model or folder: ``name``, ``kind`` and so on.
    out, existing, workers, progress
        As in `videosal.score`.
    """
    if workers < 1:
        raise InputError(f"workers is {workers}, expected 1 or more")
    path = Path(out) if out is not None else Path("runs") / f"{row['name']}-{truth.name}-{truth.split.name}"
    fingerprint = truth.fingerprint()
    jobs = [make_job(plan, fingerprint, video, files[video.name] if files is not None else None) for video in truth]
    info = {**row, **_describe(plan, truth, fingerprint)}
    _open_directory(path, info, existing)
    results = {job.video: result for job in jobs if (result := _finished(path, plan, job)) is not None}
    store.write_info(path, info)
    pending = [job for job in jobs if job.video not in results]
    if pending:
        store.drop_scores(path)
        for result in _score_pending(plan, truth, pending, path, workers, progress):
            results[result.video] = result
    ordered = [results[job.video] for job in jobs]
    info |= {
        "signature": f"{plan.signature()}|maps={describe_depth(ordered)}",
        "notes": _notes(plan, truth, ordered),
    }
    store.write_info(path, info)
    finished = Run(path, info, ordered)
    finished.merge()
    return finished


def _score_pending(
    plan: Plan, truth: Dataset, jobs: list[Job], path: Path, workers: int, progress: Progress | None
) -> Iterator[VideoScores]:
    warm_up()  # so that workers load compiled kernels from the cache instead of compiling them side by side
    needs_average = "ig" in plan.metrics and plan.baseline == MEAN_OTHERS
    density_sum = sum_of_means(truth) if needs_average else None
    frames = {job.video: len(truth.video(job.video).frame_names) for job in jobs}
    done = 0
    for result in run_jobs(plan, jobs, path, workers=workers, density_sum=density_sum):
        done += frames[result.video]
        if progress:
            progress(done, sum(frames.values()), result.video)
        yield result


def _describe(plan: Plan, truth: Dataset, fingerprint: str) -> dict[str, Any]:
    coverage = truth.coverage()
    return {
        "dataset": truth.name,
        "split": truth.split.name,
        "title": truth.split.title,
        "root": str(truth.root.resolve()),
        "fingerprint": fingerprint,
        "videos": [video.name for video in truth.videos],
        "coverage": {field: getattr(coverage, field) for field in coverage.__dataclass_fields__},
        "protocol": plan.protocol,
        "signature": plan.signature(),
        "aggregation": get_protocol(plan.protocol).aggregation,
        "metrics": list(plan.metrics),
        "baseline": plan.baseline,
        "seed": plan.seed,
        "notes": [],
        "versions": {
            "python": platform.python_version(),
            **{
                package: metadata.version(package)
                for package in ("videosal", "numpy", "numba", "opencv-python-headless")
            },
        },
        "command": sys.argv,
        "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _open_directory(path: Path, info: dict[str, Any], existing: Existing) -> None:
    """Make the run directory, or check that what is there may go on."""
    if (path / store.INFO).exists():
        if existing == "error":
            raise RunError(f"{path} is a run already: choose another --out, or --existing resume or overwrite")
        if existing == "overwrite":
            shutil.rmtree(path)
        else:
            _check_same_run(path, info)
    elif path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise RunError(f"{path} is in use and is not a run: choose another --out")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot make the run directory {path} ({error.strerror or error})") from error


def _check_same_run(path: Path, info: dict[str, Any]) -> None:
    old = store.read_info(path)
    same = ("name", "kind", "dataset", "split", "protocol")
    changed = [f"{field} {old.get(field)!r}, now {info[field]!r}" for field in same if old.get(field) != info[field]]
    if changed:
        raise RunError(
            f"{path} holds another run ({'; '.join(changed)}): choose another --out, or --existing overwrite"
        )


def _finished(path: Path, plan: Plan, job: Job) -> VideoScores | None:
    """Return the stored result of a job if it is still true."""
    result = store.read_video(path, job.video)
    if result is None:
        return None
    if result.key != job.key:
        _log.warning("%s changed since it was scored: it is scored again", job.video)
        return None
    folder = plan.model.save_maps / job.video if plan.model and plan.model.save_maps else None
    if folder and not all(is_saved(folder, frame) for frame in result.frames):
        return None  # the scores are there, the maps that are asked for are not
    return result


def _notes(plan: Plan, truth: Dataset, results: list[VideoScores]) -> list[str]:
    """Say what a reader of the scores should know."""
    notes = []
    coverage = truth.coverage()
    if coverage.partial:
        notes.append(
            f"partial copy of {truth.full_name}: {coverage.videos_found} of {coverage.videos_expected} videos, "
            f"{coverage.frames_found} of {coverage.frames_expected} frames"
        )
    if "sauc" in plan.metrics and len(truth) < 2:
        notes.append(f"sauc is undefined: {truth.full_name} holds one video here, and its negatives come from others")
    if "ig" in plan.metrics and plan.baseline == CENTER and len(truth) < 2:
        notes.append("ig is measured against a centre Gaussian: there is no other video to average")
    bad = [
        f"{r.video}/{f}" for r in results for f, status in zip(r.frames, r.status, strict=True) if status == NON_FINITE
    ]
    if bad:
        notes.append(f"{len(bad)} maps hold NaN or infinity and are not scored ({list_some(bad)})")
    depth = describe_depth(results)
    if depth != "8bit":
        notes.append(f"maps are scored at their own depth ({depth}), not as 8-bit: KLD, IG and AUC-J can differ")
    return notes
