"""Measure the human bound beside the way in which it was computed at first.

    python -m tests.benchmarks.human_bound [--root DIEM] [--videos 2] [--frames 3400] [--every N]

Without ``--root`` the gaze is made: event files as raw DIEM has them, of 50 viewers near four moving places, for videos
of 1280x720 and 1246x720. Of each video every N-th frame is scored in both ways, by one process and with the same
metrics. At first each half of a frame was smoothed twice, as what is known and as what is to be predicted, into maps of
float64, and these were brought to 8 bits by NumPy. CPU time counts; reading the gaze and choosing the smoothing, which
take as long in both ways, are told apart.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.benchmark.bounds import choose_smoothing
from videosal.benchmark.plan import HumanBound, Job, Plan
from videosal.benchmark.scoring.human import fold_generator, split_observers
from videosal.benchmark.scoring.scorer import Scorer
from videosal.datasets import load_dataset
from videosal.metrics import score_frame, warm_up

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from videosal.datasets import Video

METRICS = ("cc", "nss", "sim", "kld", "auc_judd", "auc_borji")
NAMES = ("documentary_dolphins_1280x720", "Antarctica_landscape_1246x720")


def make_gaze(root: Path, videos: int, frames: int, viewers: int = 50) -> None:
    """Write event files of training videos of DIEM."""
    generator = np.random.default_rng(0)
    for name in NAMES[:videos]:
        folder = root / name / "event_data"
        folder.mkdir(parents=True)
        paths = np.cumsum(generator.normal(0, 2, (4, frames, 2)), axis=1) + generator.uniform(300, 660, (4, 1, 2))
        for viewer in range(viewers):
            place = np.repeat(generator.integers(0, 4, frames // 20 + 1), 20)[
                :frames
            ]  # looks elsewhere every 20 frames
            x, y = (paths[place, np.arange(frames)] + generator.normal(0, 30, (frames, 2))).clip(130, 830).T
            fixates = (generator.random(frames) < 0.85).astype(int)
            rows = (
                f"{n + 1}\t{x[n]:.1f}\t{y[n]:.1f}\t900.0\t{fixates[n]}\t{x[n]:.1f}\t{y[n]:.1f}\t900.0\t{fixates[n]}\r\n"
                for n in range(frames)
            )
            (folder / f"diem1s{viewer:02d}.asc_1_{name}.txt").write_bytes("".join(rows).encode())


def score_at_first(video: Video, sigma: float) -> dict[str, list[float]]:
    """Score the halves of each frame as it was done at first."""
    generator = fold_generator(video, 0)
    scores: dict[str, list[float]] = {metric: [] for metric in METRICS}
    for frame in video.frame_names:
        found = [
            score_frame(
                _quantise(_smooth(known.points, video.size, sigma)),
                _quantise(_smooth(left.points, video.size, sigma)),
                left.points,
                metrics=METRICS,
            )
            for known, left in split_observers(video.observer_points(frame) or {}, "halves", generator)
        ]
        for metric in METRICS:
            values = [fold[metric] for fold in found if fold[metric] == fold[metric]]
            scores[metric].append(float(np.mean(values)) if values else float("nan"))
    return scores


def _smooth(points: NDArray[Any], size: tuple[int, int], sigma: float) -> NDArray[np.float64]:
    rows, columns = (
        np.exp(-((points[:, axis, None] - np.arange(side)) ** 2) / (2 * sigma**2)) for axis, side in enumerate(size)
    )
    summed: NDArray[np.float64] = rows.T @ columns
    return summed


def _quantise(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    low, high = values.min(), values.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError("a map is not finite")
    return np.rint((values - low) * (255 / (high - low))).astype(np.uint8)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--root", type=Path)
    parser.add_argument("--videos", type=int, default=2, choices=(1, 2))
    parser.add_argument("--frames", type=int, default=3400)
    parser.add_argument("--every", type=int, default=20)
    arguments = parser.parse_args()
    warm_up()
    with tempfile.TemporaryDirectory() as folder:
        root = arguments.root or Path(folder)
        if arguments.root is None:
            make_gaze(root, arguments.videos, arguments.frames)
        print(json.dumps(measure(root, arguments.every), indent=2))


def measure(root: Path, every: int) -> dict[str, Any]:
    """Score some frames of each video in both ways."""
    dataset = load_dataset("diem:train", root)
    began = time.process_time()
    frames = [len(video.frame_names) for video in dataset]
    for video in dataset:
        video.observer_points(video.frame_names[0])
    reading = time.process_time() - began
    began = time.process_time()
    sigma = choose_smoothing(dataset)
    choosing = time.process_time() - began
    for video in dataset:
        vars(video)["frame_names"] = video.frame_names[::every]
    scored = sum(len(video.frame_names) for video in dataset)
    plan = Plan("diem:train", root, "standard", METRICS, human=HumanBound("halves", sigma))
    scorer = Scorer(plan, dataset)
    spent, off = [0.0, 0.0], 0.0
    for video in dataset:
        began = time.process_time()
        now = scorer.score(Job(video.name, METRICS, "", None)).scores
        between = time.process_time()
        before = score_at_first(video, sigma)
        spent = [spent[0] + between - began, spent[1] + time.process_time() - between]
        off = max(off, *(float(np.nanmax(np.abs(np.subtract(now[m], before[m])))) for m in METRICS))
    now_ms, before_ms = (1e3 * taken / scored for taken in spent)
    return {
        "videos": {video.name: total for video, total in zip(dataset, frames, strict=True)},
        "sigma_px": sigma,
        "frames_scored": scored,
        "reading_s": reading,
        "choosing_s": choosing,
        "ms_a_frame": now_ms,
        "ms_a_frame_at_first": before_ms,
        "speedup": before_ms / now_ms,
        "all_frames_s": now_ms * sum(frames) / 1e3,
        "all_frames_at_first_s": before_ms * sum(frames) / 1e3,
        "largest_difference_of_a_score": off,
    }


if __name__ == "__main__":
    main()
