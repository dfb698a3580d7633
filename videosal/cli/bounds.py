"""``videosal bounds``: the rows that give a score its meaning."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from videosal.cli.options import parse_metrics, parse_pairs, plugin_option
from videosal.cli.progress import show_progress
from videosal.errors import VideosalError

if TYPE_CHECKING:
    from videosal.benchmark import Run

MODELS = ("uniform", "center", "mean-map")


@click.command()
@click.option("--dataset", "-d", required=True, help="NAME:SPLIT, such as dhf1k:val or sample.")
@click.option("--root", help="Folder of the data set's copy; else from VIDEOSAL_DATA or videosal.toml.")
@click.option(
    "--dataset-option",
    "dataset_options",
    multiple=True,
    callback=parse_pairs,
    metavar="KEY=VALUE",
    help="Option of the data set, such as sigma=50 of raw DIEM.",
)
@click.option("--out", metavar="DIR", default="runs/bounds", show_default=True, help="Folder of the run directories.")
@click.option(
    "--folds",
    type=click.Choice(["halves", "each"]),
    default="halves",
    show_default=True,
    help="Human bound: half of the observers from the others, or each.",
)
@click.option("--smoothing", type=float, help="Of the human bound, in pixels. [default: by cross-validation]")
@click.option("--protocol", default="standard", show_default=True, help="Set of metric conventions.")
@click.option("--metrics", callback=parse_metrics, help="Comma-separated; default: all.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@click.option("--dask", metavar="ADDRESS", help="Dask scheduler whose workers score the videos.")
@click.option("--shard", metavar="I/N", help="Score one part of N of the videos; then videosal merge, bound by bound.")
@click.option(
    "--existing",
    type=click.Choice(["resume", "overwrite", "error"]),
    default="resume",
    show_default=True,
    help="What to do if a run directory is there.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the halves and the draw of sAUC negatives.")
@plugin_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    dataset: str,
    out: str,
    folds: Any,
    smoothing: float | None,
    shard: str | None,
    **options: Any,
) -> None:
    """Score chance, the centre, the mean map and people on a split, as rows for a table.

    None of them needs frames. A bound that the copy does not allow is named and left out; the exit code is 1 then.
    """
    from videosal.benchmark import run, score_human

    suffix = f"-{shard.replace('/', '-of-')}" if shard else ""
    runs: list[Run] = []
    lacking = 0
    for model in (*MODELS, "human"):
        try:
            with show_progress(model) as progress:
                given = {**options, "out": Path(out) / f"{model}{suffix}", "shard": shard, "progress": progress}
                if model == "human":
                    runs.append(score_human(dataset, folds=folds, smoothing=smoothing, **given))
                else:
                    runs.append(run(model, dataset, **given))
        except VideosalError as error:
            if not runs and model != "human":
                raise
            click.echo(f"no {model} bound: {error}", err=True)
            lacking += 1
    _print(runs, shard)
    ctx.exit(1 if lacking else 0)


def _print(runs: list[Run], shard: str | None) -> None:
    from videosal.leaderboards import Leaderboard

    if shard is None:
        click.echo(Leaderboard.from_runs(runs).to_markdown(), nl=False)
    for human in (found for found in runs if found.info["model_spec"]["name"] == "human"):
        click.echo(f"human: {human.info['method']}; {human.info['map_notes'][0]}")
    click.echo(f"runs: {', '.join(str(found.path) for found in runs)}")
