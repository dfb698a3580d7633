"""``videosal score``: score a folder of saliency maps."""

from __future__ import annotations

from typing import Any

import click

from videosal.cli.options import evaluation_options
from videosal.cli.progress import show_progress
from videosal.cli.run_summary import print_run


@click.command()
@click.argument("predictions")
@evaluation_options
@click.option("--allow-missing", is_flag=True, help="Score what is there and mark the run incomplete.")
@click.pass_context
def command(ctx: click.Context, /, predictions: str, **options: Any) -> None:
    """Score the saliency maps in the folder PREDICTIONS (VIDEO/FRAME.png and so on)."""
    from videosal.benchmark import score

    with show_progress("scoring") as progress:
        run = score(predictions, **options, progress=progress)
    ctx.exit(print_run(run))
