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
        means = [_digits(row["frame_mean"]), _digits(row["video_mean"])]
        counts = [int(row["n"]), int(row["n_undefined"])]
        rows.append([f"{info.label} {'↑' if info.higher_is_better else '↓'}", *means, *counts])
    headers = ["metric", "frame mean", "video mean", "frames", "undefined"]
    coverage = run.coverage
    click.echo(f"{run.name} on {run.title}: {coverage.frames_scored} of {coverage.frames_found} frames scored\n")
    click.echo(tabulate(rows, headers, tablefmt="github", disable_numparse=True, colalign=("left", *["right"] * 4)))
    click.echo("")
    for note in _notes(run):
        click.echo(f"note: {note}")
    click.echo(f"signature: {run.signature}")
    click.echo(f"run: {run.path}")
    return 0 if run.complete else 1


def _notes(run: Run) -> list[str]:
    lost = {status: run.count_status(status) for status in ("missing", "unreadable", "non-finite")}
    counts = ", ".join(f"{count} {status}" for status, count in lost.items() if count)
    return [*([f"incomplete: {counts}"] if counts else []), *run.notes]


def _digits(value: float) -> str:
    return "-" if value != value else f"{value:.4f}"
