"""Time what statistics cost where there are many runs and many videos: one process, one thread, CPU time.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.statistics_speed

The runs are made up: run directories of 100 videos in eight metrics, as DHF1K val has them, and one of 3,558 videos.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from videosal import score
from videosal.benchmark import load_run
from videosal.benchmark.runs import store
from videosal.benchmark.runs.results import Run
from videosal.benchmark.scoring.video_scores import VideoScores
from videosal.cli.run_summary import print_run
from videosal.datasets import load_dataset
from videosal.leaderboards import Leaderboard, compare_runs

if TYPE_CHECKING:
    from collections.abc import Callable

METRICS = ("cc", "nss", "sim", "kld", "auc_judd", "auc_borji", "sauc", "ig")
FRAMES = 3


def make_runs(folder: Path, n_runs: int, n_videos: int) -> list[Path]:
    """Write run directories that differ in nothing but their names and scores."""
    maps = folder / "maps"
    for video in load_dataset("sample:test"):
        (maps / video.name).mkdir(parents=True, exist_ok=True)
        for frame in video.frame_names:
            np.save(maps / video.name / f"{frame}.npy", np.random.default_rng(0).random((9, 16)))
    info = dict(score(maps, "sample:test", out=folder / "one", metrics=["cc"]).info)
    names = [f"{number:04d}" for number in range(n_videos)]
    info |= {"metrics": list(METRICS), "videos": names}
    info["coverage"] |= {
        **dict.fromkeys(("videos_found", "videos_expected"), n_videos),
        **dict.fromkeys(("frames_found", "frames_expected"), n_videos * FRAMES),
    }
    paths = []
    for number in range(n_runs):
        generator = np.random.default_rng(number)
        path = folder / f"run-{n_videos}-{number:02d}"
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        own = info | {"name": path.name, "identity": info["identity"] | {"name": path.name}}
        store.write_info(path, own)
        identity = Run(path, own).identity
        assert identity is not None
        frames = [f"{frame:04d}" for frame in range(1, FRAMES + 1)]
        results = []
        for video in names:
            scores = {metric: generator.normal(0.5 + number / 100, 0.1, FRAMES).tolist() for metric in METRICS}
            possible = dict.fromkeys(METRICS, FRAMES)
            result = VideoScores(video, identity.result, frames, ["ok"] * FRAMES, scores, possible=possible)
            store.write_video(path, result)
            results.append(result)
        Run(path, own, results).merge()
        paths.append(path)
    return paths


def measure(what: str, goal: float, work: Callable[[], object]) -> None:
    """Print the least CPU time of three calls."""
    times = []
    for _ in range(3):
        began = time.process_time()
        with contextlib.redirect_stdout(io.StringIO()):
            work()
        times.append(time.process_time() - began)
    print(f"{what}: {min(times):.2f} s (goal: below {goal:g} s)")


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs = make_runs(folder, 50, 100)
        [large] = make_runs(folder, 1, 3558)
        measure("compare of 20 runs, 8 metrics, 100 videos", 5, lambda: compare_runs(runs[:20]))
        measure("score's own summary of 3,558 videos", 1, lambda: print_run(load_run(large)))
        measure("table of 50 runs", 2, lambda: Leaderboard.from_runs(runs).to_markdown())


if __name__ == "__main__":
    main()
