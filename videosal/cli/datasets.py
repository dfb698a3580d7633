"""``videosal datasets``: what can be scored on."""

from __future__ import annotations

import json

import click

from videosal.cli.options import loaded_plugins


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@loaded_plugins
def command(as_json: bool) -> None:
    """List the data sets with their splits and the counts of a full copy."""
    from dataclasses import asdict

    from tabulate import tabulate

    from videosal.datasets import dataset_adapter, list_datasets

    splits = [(name, split) for name in list_datasets() for split in dataset_adapter(name).splits()]
    if as_json:
        click.echo(json.dumps([{"dataset": name, **asdict(split)} for name, split in splits], indent=2))
        return
    rows = [
        [f"{name}:{split.name}", split.videos, split.frames, "public" if split.ground_truth else "withheld"]
        for name, split in splits
    ]
    click.echo(tabulate(rows, ["dataset", "videos", "frames", "ground truth"], tablefmt="github", missingval="?"))
