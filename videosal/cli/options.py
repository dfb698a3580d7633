"""Options that several verbs share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


def first_frame_option(function: F) -> F:
    """Add ``--first-frame`` to a verb that reads maps."""
    return click.option(
        "--first-frame",
        type=click.IntRange(0),
        help="Number of the first map of every video, where maps count from 0. [default: as the ground truth]",
    )(function)


def evaluation_options(function: F) -> F:
    """Add what `score` and `run` have in common."""
    for option in reversed(
        (
            click.option("--dataset", "-d", required=True, help="NAME:SPLIT, such as dhf1k:val or sample."),
            click.option("--root", help="Folder of the data set's copy; else from VIDEOSAL_DATA or videosal.toml."),
            click.option(
                "--dataset-option",
                "dataset_options",
                multiple=True,
                callback=parse_pairs,
                metavar="KEY=VALUE",
                help="Option of the data set, such as sigma=50 of raw DIEM.",
            ),
            click.option(
                "--unit", type=click.Choice(["shot", "clip"]), help="Of Hollywood-2: score shots or whole clips."
            ),
            click.option("--name", help="Name of the row in tables."),
            click.option(
                "--protocol",
                "protocols",
                default="standard",
                show_default=True,
                callback=parse_list,
                help="Set of metric conventions; several, comma-separated, print side by side.",
            ),
            click.option("--metrics", callback=parse_metrics, help="Comma-separated; default: all."),
            click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes."),
            click.option("--dask", metavar="ADDRESS", help="Dask scheduler whose workers score the videos."),
            click.option("--shard", metavar="I/N", help="Score one part of N of the videos; then videosal merge."),
            click.option("--out", help="Run directory. [default: runs/NAME-DATASET-SPLIT]"),
            click.option(
                "--existing",
                type=click.Choice(["resume", "overwrite", "error"]),
                default="resume",
                show_default=True,
                help="What to do if the run directory is there.",
            ),
            click.option(
                "--compare",
                type=click.Choice(["stat", "content"]),
                default="stat",
                show_default=True,
                help="What tells that a file changed since it was scored: size and time, or content.",
            ),
            click.option(
                "--baseline",
                default="mean-others",
                show_default=True,
                help="Baseline of IG: mean-others, center or a file.",
            ),
            click.option("--negatives", metavar="FILE", help="Map of the sAUC negatives, in place of the protocol's."),
            click.option(
                "--sample",
                type=int,
                metavar="SEED",
                help="Draw what the protocol's original draws at random, instead of its expectation.",
            ),
            click.option("--bug-compatible", is_flag=True, help="Reproduce known bugs of the protocol's original."),
            click.option(
                "--calibrate",
                metavar="SPLIT",
                help="Fit brightness and centre prior on this split, never on the scored one, and apply them.",
            ),
            click.option("--seed", type=int, default=0, show_default=True, help="Of the draw of sAUC negatives."),
            plugin_option,
        )
    ):
        function = option(function)
    return function


plugin_option = click.option(
    "--plugin",
    "plugins",
    multiple=True,
    metavar="FILE.py",
    help="File that registers models, metrics, protocols or data sets.",
)


def _load_plugins(context: click.Context, _: click.Parameter, files: tuple[str, ...]) -> None:
    from videosal.registry import load_plugin

    for file in files:
        load_plugin(file)
    context.meta["plugins"] = files  # for a verb that names the command to go on with


# For verbs that need what a plug-in registers, but hand it to no other process.
loaded_plugins = click.option(
    "--plugin",
    multiple=True,
    expose_value=False,
    callback=_load_plugins,
    metavar="FILE.py",
    help="File that registers models, metrics, protocols or data sets.",
)


# For verbs that read results: a run directory may be somebody else's.
run_models_option = click.option(
    "--run-models", is_flag=True, help="Make maps that were not saved again: run the models that RUNS name."
)


def parse_pairs(_: click.Context, __: click.Parameter, pairs: tuple[str, ...]) -> dict[str, str]:
    """Turn ``KEY=VALUE`` texts into a dict."""
    for pair in pairs:
        if "=" not in pair:
            raise click.BadParameter(f"{pair!r} is not KEY=VALUE")
    options = dict(pair.split("=", 1) for pair in pairs)
    for name in ("weights", "device"):
        if name in options:
            raise click.BadParameter(f"give --{name} {options[name]} instead of -o {name}={options[name]}")
    return options


def parse_list(_: click.Context, __: click.Parameter, text: str | None) -> list[str] | None:
    """Split a comma-separated text."""
    return [name.strip() for name in text.split(",") if name.strip()] if text is not None else None


def parse_metric(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
    """Take a metric as tables print it, ``AUC-J``, for its name; any other text is passed on."""
    from videosal.metrics.definitions import OURS

    printed = {_plain(info.label): name for name, info in OURS.items()} | {_plain(name): name for name in OURS}
    return None if text is None else printed.get(_plain(text), text)


def parse_metrics(context: click.Context, parameter: click.Parameter, text: str | None) -> list[str] | None:
    """Split a comma-separated text of metrics, by name or as tables print them."""
    names = parse_list(context, parameter, text)
    return None if names is None else [parse_metric(context, parameter, name) or name for name in names]


def _plain(text: str) -> str:
    return re.sub("[^a-z0-9]", "", text.casefold())


def take_unit(options: dict[str, Any]) -> dict[str, Any]:
    """Write ``--unit`` as the option of the data set that it is."""
    if unit := options.pop("unit"):
        options["dataset_options"] = {**options["dataset_options"], "unit": unit}
    return options
