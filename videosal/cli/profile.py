"""``videosal profile``: what models cost."""

from __future__ import annotations

import json

import click

from videosal.cli.options import loaded_plugins, parse_pairs

# Heading, field and decimals of each column.
_COLUMNS = (
    ("model", "name", None),
    ("input size", "input_size", None),
    ("frames in", "frames_in", 0),
    ("maps out", "maps_out", 0),
    ("GMACs", "gmacs", 2),
    ("of these convolutions", "convolution_gmacs", 2),
    ("of these matrix products", "matmul_gmacs", 2),
    ("GFLOPs", "gflops", 2),
    ("parameters", "parameters", 0),
    ("float32 MB", "float32_mb", 2),
    ("checkpoint MB", "checkpoint_mb", 2),
    ("s per map", "seconds_per_map", 4),
    ("peak memory MB", "peak_memory_mb", 0),
    ("device", "device", None),
)


@click.command()
@click.argument("models", nargs=-1, required=True)
@click.option("--weights", help="Checkpoint of the model; its size is shown.")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda, cuda:1, ...")
@click.option(
    "--option", "-o", "options", multiple=True, callback=parse_pairs, metavar="KEY=VALUE", help="Of the model."
)
@click.option(
    "--repeats", type=click.IntRange(0), default=5, show_default=True, help="Timed calls after warm-up; 0: count only."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@loaded_plugins
def command(
    models: tuple[str, ...],
    weights: str | None,
    device: str,
    options: dict[str, str],
    repeats: int,
    as_json: bool,
) -> None:
    """Count the operations and weights of MODELS, and measure their time and memory.

    A MAC is one multiplication with one addition; a FLOP is either. Many papers print MACs as FLOPs.
    """
    from dataclasses import asdict

    from tabulate import tabulate

    from videosal.models import profile_model

    if weights is not None and len(models) > 1:
        raise click.UsageError("--weights are those of one model: profile the models one by one")
    profiles = [
        asdict(profile_model(name, weights=weights, device=device, options=dict(options), repeats=repeats))
        for name in models
    ]
    if as_json:
        click.echo(json.dumps(profiles, indent=2))
        return
    # One model is easier to read as a list, several as a table.
    cells = [[_print(found[field], digits) for _, field, digits in _COLUMNS] for found in profiles]
    headings = [heading for heading, _, _ in _COLUMNS]
    if len(cells) == 1:
        click.echo(tabulate(list(zip(headings, cells[0], strict=True)), tablefmt="plain", disable_numparse=True))
    else:
        click.echo(tabulate(cells, headings, tablefmt="github", disable_numparse=True))


def _print(value: object, digits: int | None) -> str:
    if value is None:
        return "-"
    return str(value) if digits is None else f"{value:,.{digits}f}"
