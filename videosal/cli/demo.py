"""``videosal demo``: the whole path on the built-in sample."""

from __future__ import annotations

import tempfile
from contextlib import nullcontext
from pathlib import Path

import click

from videosal.cli.progress import show_progress

MODELS = ("center", "motion")


@click.command()
@click.option("--out", metavar="DIR", help="Keep the run directories here. [default: a temporary folder]")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
def command(out: str | None, workers: int) -> None:
    """Run two baselines on the sample and print them beside the published Table I."""
    from videosal.benchmark import run
    from videosal.leaderboards import Leaderboard

    with tempfile.TemporaryDirectory(prefix="videosal-demo-") if out is None else nullcontext(out) as folder:
        runs = []
        for model in MODELS:
            with show_progress(model) as progress:
                runs.append(run(model, "sample:test", workers=workers, out=Path(folder) / model, progress=progress))
        click.echo(Leaderboard.from_runs(runs, published="stsanet-table1").to_markdown())
        click.echo("The sample is synthetic: its columns show that the path works, and say nothing about people.")
    if out is not None:
        click.echo(f"runs: {', '.join(str(run.path) for run in runs)}")
