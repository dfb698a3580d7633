"""``videosal run``: run a model and score its maps."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from videosal.cli.options import evaluation_options, parse_pairs, take_unit
from videosal.cli.protocol_runs import evaluate_protocols


@click.command()
@click.argument("model")
@evaluation_options
@click.option("--weights", help="Checkpoint of the model.")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda, cuda:1, ...")
@click.option("--save-maps", metavar="DIR", help="Keep the maps; scoring DIR gives the same bits.")
@click.option("--float", "float_maps", is_flag=True, help="Score the maps as they are instead of as 8-bit.")
@click.option(
    "--option",
    "-o",
    "model_options",
    multiple=True,
    callback=parse_pairs,
    metavar="KEY=VALUE",
    help="Option of the model.",
)
@click.pass_context
def command(ctx: click.Context, /, model: str, protocols: list[str], **options: Any) -> None:
    """Run MODEL (a registered name, or file.py:Name) and score its maps."""
    from videosal.benchmark import run, run_each

    given = take_unit(options)
    one, each = partial(run, model, **given), partial(run_each, model, **given)
    ctx.exit(evaluate_protocols(one, each, protocols, model, options["plugins"]))
