"""What is printed after a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from videosal.benchmark import Run


def print_run(run: Run) -> int:
    """Print both means of every metric and what stands behind them; return the exit code."""
    from tabulate import tabulate

    from videosal.leaderboards.statistics.precision import warn_of_few_videos
    from videosal.metrics import metric_info

    rows = []
    summary = run.summary()
    intervals = _intervals(run)
    for metric, row in summary.iterrows():
        info = metric_info(str(metric))
        pair = zip(("frame_mean", "video_mean"), intervals[str(metric)], strict=True)
        means = [_with_interval(row[mean], interval) for mean, interval in pair]
        counts = [int(row["n"]), int(row["n_undefined"])]
        rows.append([f"{info.label} {'↑' if info.higher_is_better else '↓'}", *means, *counts])
    headers = ["metric", "frame mean", "video mean", "frames", "undefined"]
    coverage = run.coverage
    click.echo(f"{run.name} on {run.title}: {coverage.frames_scored} of {coverage.frames_found} frames scored\n")
    click.echo(tabulate(rows, headers, tablefmt="github", disable_numparse=True, colalign=("left", *["right"] * 4)))
    click.echo("")
    n_videos = len(run.videos)
    if n_videos > 1:
        click.echo(f"in brackets: 95 % bootstrap interval over the {n_videos} videos")
    for line in warn_of_few_videos(n_videos):
        click.echo(f"note: {line}")
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


def _intervals(run: Run) -> dict[str, list[tuple[float, float]]]:
    """The intervals of both means of each metric; a video weighs as many as its frames in that over frames."""
    from videosal.leaderboards.statistics.paired import mean_intervals

    videos, counts = run.videos, run.frame_table.counts
    columns = [(videos[metric].to_numpy(), counts[metric].to_numpy()) for metric in run.metrics]
    found = mean_intervals([*columns, *((values, None) for values, _ in columns)])
    return {metric: found[at :: len(columns)] for at, metric in enumerate(run.metrics)}


def _with_interval(mean: float, interval: tuple[float, float]) -> str:
    from videosal.leaderboards.statistics.precision import format_interval

    return format_mean(mean) if interval[0] != interval[0] else f"{format_mean(mean)} {format_interval(*interval)}"
