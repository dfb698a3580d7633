"""``videosal score``: score a folder of saliency maps."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from videosal.cli.options import evaluation_options, first_frame_option, take_unit
from videosal.cli.protocol_runs import evaluate_protocols


@click.command()
@click.argument("predictions")
@evaluation_options
@click.option("--allow-missing", is_flag=True, help="Score what is there and mark the run incomplete.")
@first_frame_option
@click.pass_context
def command(ctx: click.Context, /, predictions: str, protocols: list[str], **options: Any) -> None:
    """Score the saliency maps in PREDICTIONS: a folder or archive with VIDEO/FRAME.png, or a file per video."""
    from videosal.benchmark import score, score_each

    given = take_unit(options)
    one, each = partial(score, predictions, **given), partial(score_each, predictions, **given)
    ctx.exit(evaluate_protocols(one, each, protocols, "scoring", options["plugins"]))
