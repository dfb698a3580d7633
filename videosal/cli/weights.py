"""``videosal weights``: work with files of weights."""

from __future__ import annotations

import click

from videosal.cli.options import loaded_plugins


@click.group()
def command() -> None:
    """Convert files of weights."""


@command.command()
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@click.option("--model", default="stsanet", show_default=True, help="The network that the weights are of.")
@click.option("--part", metavar="KEY", help="The state dict to take from a file that holds several.")
@loaded_plugins
def convert(source: str, target: str, model: str, part: str | None) -> None:
    """Check the weights in IN against a network and write them to OUT (.safetensors, .pth or .pt).

    IN is a checkpoint of the authors, of S3D (kylemin/S3D or torchvision: the backbone only), or a file written by
    videosal. Only tensors are read: nothing in the file is run. OUT has the authors' names.
    """
    from videosal.models import convert_weights

    fitted = convert_weights(source, target, model=model, part=part)
    what = "all weights" if fitted.complete else "the backbone only"
    click.echo(f"wrote {target}: {what} of {model}, {len(fitted.tensors)} tensors")
