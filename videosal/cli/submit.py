"""``videosal submit``: check and pack maps for a data set's server."""

from __future__ import annotations

from pathlib import Path

import click

from videosal.cli.options import first_frame_option
from videosal.cli.progress import show_progress
from videosal.cli.run_summary import print_run


@click.command()
@click.argument("predictions")
@click.option("--dataset", "-d", required=True, help="dhf1k:test, or dhf1k:val for a dry run that is scored here.")
@click.option("--out", metavar="DIR", required=True, help="Folder for the archive.")
@click.option("--name", help="Name of the method. [default: the folder's]")
@first_frame_option
@click.option("--root", help="Folder of the data set's copy, for the dry run.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes of the dry run.")
@click.pass_context
def command(
    ctx: click.Context,
    predictions: str,
    dataset: str,
    out: str,
    name: str | None,
    first_frame: int | None,
    root: str | None,
    workers: int,
) -> None:
    """Check the maps in PREDICTIONS against the counts of the split and pack them for the server."""
    from videosal.benchmark.submission import DATASET, INSTRUCTIONS, pack_submission

    data, _, split = dataset.partition(":")
    if data != DATASET:
        raise click.UsageError(f"{data} has no server to submit to: give --dataset {DATASET}:test or {DATASET}:val")
    packed = pack_submission(predictions, out, split=split, name=name, first_frame=first_frame)
    click.echo(f"{packed.archive}: {packed.videos} videos, {packed.frames} maps, all there")
    if packed.converted:
        click.echo(f"note: {packed.converted} maps were no 8-bit images and were scaled by their own range")
    if split == "test":
        click.echo(f"next: {INSTRUCTIONS}")
        return
    from videosal.benchmark import score

    with show_progress("scoring") as progress:
        run = score(
            packed.archive,
            dataset,
            root,
            name=packed.archive.stem,
            workers=workers,
            out=Path(out) / f"{packed.archive.stem}-run",
            progress=progress,
        )
    ctx.exit(print_run(run))
