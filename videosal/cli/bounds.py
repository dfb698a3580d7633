"""``videosal bounds``: the rows that give a score its meaning."""

from __future__ import annotations

from pathlib import Path

import click

from videosal.cli.options import loaded_plugins
from videosal.cli.progress import show_progress
from videosal.errors import VideosalError

MODELS = ("uniform", "center", "mean-map")


@click.command()
@click.option("--dataset", "-d", required=True, help="NAME:SPLIT, such as dhf1k:val or sample.")
@click.option("--root", help="Folder of the data set's copy; else from VIDEOSAL_DATA or videosal.toml.")
@click.option("--out", metavar="DIR", default="runs/bounds", show_default=True, help="Folder of the run directories.")
@click.option(
    "--folds",
    type=click.Choice(["halves", "each"]),
    default="halves",
    show_default=True,
    help="Human bound: half of the observers from the others, or each.",
)
@click.option("--smoothing", type=float, help="Of the human bound, in pixels. [default: by cross-validation]")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@loaded_plugins
@click.pass_context
def command(
    ctx: click.Context,
    dataset: str,
    root: str | None,
    out: str,
    folds: str,
    smoothing: float | None,
    workers: int,
) -> None:
    """Score chance, the centre, the mean map and people on a split, as rows for a table.

    A bound that the copy does not allow is named and left out; the exit code is 1 then.
    """
    from videosal.benchmark import run
    from videosal.leaderboards import Leaderboard, score_human

    runs, lacking = [], 0
    for model in (*MODELS, "human"):
        try:
            if model == "human":
                path = Path(out) / model
                runs.append(score_human(dataset, root, out=path, folds=folds, smoothing=smoothing))  # type: ignore[arg-type]
                continue
            with show_progress(model) as progress:
                runs.append(run(model, dataset, root, out=Path(out) / model, workers=workers, progress=progress))
        except VideosalError as error:
            if not runs and model != "human":
                raise
            click.echo(f"no {model} bound: {error}", err=True)
            lacking += 1
    click.echo(Leaderboard.from_runs(runs).to_markdown(), nl=False)
    click.echo(f"runs: {', '.join(str(found.path) for found in runs)}")
    ctx.exit(1 if lacking else 0)
