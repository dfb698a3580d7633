"""The same maps under one protocol, or under several side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from videosal.cli.progress import show_progress
from videosal.cli.run_summary import exit_code, format_mean, print_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from videosal.benchmark import Run


def evaluate_protocols(
    evaluate: Callable[..., Run],
    evaluate_each: Callable[..., list[Run]],
    protocols: list[str],
    label: str,
    plugins: tuple[str, ...],
) -> int:
    """Evaluate under one protocol or under each of several, print the result, and return the exit code.

    With several protocols each has a run directory of its own, whose name ends in the protocol's. Plug-ins may register
    a protocol, so they are loaded before its name is looked up.
    """
    from videosal.metrics import get_protocol
    from videosal.registry import load_plugin

    for plugin in plugins:
        load_plugin(plugin)
    for protocol in protocols:
        get_protocol(protocol)
    if len(protocols) == 1:
        with show_progress(label) as progress:
            run = evaluate(protocol=protocols[0], progress=progress)
        return print_run(run)
    with show_progress(label) as progress:
        runs = evaluate_each(protocols=protocols, progress=progress)
    return _print_side_by_side(runs)


def _print_side_by_side(runs: list[Run]) -> int:
    from tabulate import tabulate

    from videosal.metrics import metric_info

    summaries = [run.summary() for run in runs]
    metrics = list(dict.fromkeys(metric for run in runs for metric in run.metrics))
    rows = []
    for metric in metrics:
        info = metric_info(metric)
        cells = [
            format_mean(float(summary[f"{run.aggregation}_mean"][metric])) if metric in summary.index else ""
            for run, summary in zip(runs, summaries, strict=True)
        ]
        rows.append([f"{info.label} {'↑' if info.higher_is_better else '↓'}", *cells])
    head = runs[0]
    coverage = head.coverage
    click.echo(f"{head.name} on {head.title}: {coverage.frames_scored} of {coverage.frames_found} frames scored\n")
    click.echo(tabulate(rows, ["metric", *(run.protocol for run in runs)], tablefmt="github", disable_numparse=True))
    click.echo("")
    for run in runs:
        click.echo(f"{run.protocol}: {run.aggregation} mean; {run.signature}")
        for note in run.notes:
            click.echo(f"{run.protocol}: note: {note}")
    click.echo(f"runs: {' '.join(str(run.path) for run in runs)}")
    return max(exit_code(run) for run in runs)
