"""What is printed after a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from videosal.benchmark import Run


def print_run(run: Run) -> int:
    """Print both means of every metric and what stands behind them; return the exit code."""
    from tabulate import tabulate

    from videosal.metrics import metric_info

    rows = []
    for metric, row in run.summary().iterrows():
        info = metric_info(str(metric))
        means = [
            _with_interval(row["frame_mean"], run, str(metric), by_frames=True),
            _with_interval(row["video_mean"], run, str(metric), by_frames=False),
        ]
        counts = [int(row["n"]), int(row["n_undefined"])]
        rows.append([f"{info.label} {'↑' if info.higher_is_better else '↓'}", *means, *counts])
    headers = ["metric", "frame mean", "video mean", "frames", "undefined"]
    coverage = run.coverage
    click.echo(f"{run.name} on {run.title}: {coverage.frames_scored} of {coverage.frames_found} frames scored\n")
    click.echo(tabulate(rows, headers, tablefmt="github", disable_numparse=True, colalign=("left", *["right"] * 4)))
    click.echo("")
    if len(run.videos) > 1:
        click.echo(f"in brackets: 95 % bootstrap interval over the {len(run.videos)} videos")
    for note in _notes(run):
        click.echo(f"note: {note}")
    click.echo(f"signature: {run.signature}")
    click.echo(f"run: {run.path}")
    return exit_code(run)


def exit_code(run: Run) -> int:
    """0 where every frame had a usable map, or every frame of a shard; else 1."""
    from videosal.benchmark.scoring.video_scores import UNSCORED

    part_done = "shard" in run.info and not run.count_status(*UNSCORED)
    return 0 if run.complete or part_done else 1


def format_mean(value: float) -> str:
    """Four digits, or a dash where there is no value."""
    return "-" if value != value else f"{value:.4f}"


def _notes(run: Run) -> list[str]:
    from videosal.benchmark.scoring.video_scores import UNSCORED

    lost = {status: run.count_status(status) for status in UNSCORED}
    counts = ", ".join(f"{count} {status}" for status, count in lost.items() if count)
    return [*([f"incomplete: {counts}"] if counts else []), *_by_map(run), *run.notes]


def _by_map(run: Run) -> list[str]:
    """Say which metrics the maps keep from frames that could have them."""
    from videosal.metrics import metric_info

    lost: dict[int, list[str]] = {}
    for metric, count in run.summary()["n_by_map"].items():
        if count:
            lost.setdefault(int(count), []).append(metric_info(str(metric)).label)
    return [
        f"maps leave {count} frames without {', '.join(labels)} for which the ground truth allows a value, as constant "
        "ones do: tables give these means no rank"
        for count, labels in lost.items()
    ]


def _with_interval(mean: float, run: Run, metric: str, *, by_frames: bool) -> str:
    """A mean and its interval; the unit is the video, weighted by its frames where the mean is over frames."""
    from videosal.leaderboards import mean_interval

    weights = run.frame_table.counts[metric].to_numpy() if by_frames else None
    low, high = mean_interval(run.videos[metric].to_numpy(), weights)
    return format_mean(mean) if low != low else f"{format_mean(mean)} [{format_mean(low)}, {format_mean(high)}]"
