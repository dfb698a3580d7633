"""``videosal train``: train a network."""

from __future__ import annotations

import os
import shlex
from contextlib import nullcontext
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

import click

from videosal.cli.options import loaded_plugins, parse_pairs
from videosal.cli.progress import show_progress
from videosal.models.training.config import TrainingConfig, hyphenate, make_config, read_config

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import Field

    from videosal.models.training.rehearsal import Rehearsal, SplitReport
    from videosal.models.training.trainer import TrainingResult

F = TypeVar("F", bound="Callable[..., Any]")

_SPECIAL = ("model", "dataset_options")  # an argument, and an option that may be given several times
_KINDS = {"int": int, "int | None": int, "float": float}
_NAMED = 5  # problems that are printed


def _config_options(function: F) -> F:
    """Add an option for each key of the config."""
    for key in reversed(fields(TrainingConfig)):
        if key.name not in _SPECIAL:
            function = _make_option(key)(function)
    return function


def _make_option(key: Field[Any]) -> Callable[[F], F]:
    flag = hyphenate(key.name)
    text = key.metadata["help"]
    if key.default is not None and isinstance(key.default, (str, int, float, tuple)) and key.default is not False:
        shown = ",".join(key.default) if isinstance(key.default, tuple) else key.default
        text = f"{text} [default: {shown}]"
    if key.type == "bool":
        return click.option(f"--{flag}/--no-{flag}", default=None, help=text)
    names = (f"--{flag}", "-d") if key.name == "dataset" else (f"--{flag}",)
    choices = key.metadata["choices"]
    kind: Any = click.Choice(choices) if choices else _KINDS.get(str(key.type), str)
    return click.option(*names, key.name, type=kind, default=None, help=text)


@click.command()
@click.argument("model", required=False)
@_config_options
@click.option(
    "--dataset-option",
    "dataset_options",
    multiple=True,
    callback=parse_pairs,
    metavar="KEY=VALUE",
    help="Option of the data set, such as unit=clip of hollywood2.",
)
@click.option("--config", "config_file", metavar="FILE.toml", help="Settings, by the names of these options.")
@click.option(
    "--existing",
    type=click.Choice(["resume", "overwrite", "error"]),
    default="resume",
    show_default=True,
    help="What to do if OUT holds a training.",
)
@click.option("--dry-run", is_flag=True, help="Check data and memory, make one step, and write nothing.")
@loaded_plugins
@click.pass_context
def command(
    ctx: click.Context, /, model: str | None, config_file: str | None, existing: Any, dry_run: bool, **given: Any
) -> None:
    """Train MODEL, a registered network of clips, or file.py:Name.

    The defaults are the recipe of STSANet. What is given here goes before what the config file says. The same command
    goes on with a training that was interrupted. With several GPUs: torchrun --nproc-per-node N -m videosal train ...
    """
    values = read_config(config_file) if config_file else {}
    values |= {name: value for name, value in {"model": model, **given}.items() if value not in (None, {})}
    config = make_config(values)
    first = os.environ.get("RANK", "0") == "0"  # of the processes of torchrun one prints
    label = "checking" if dry_run else "training"
    with show_progress(label, "frames" if dry_run else "steps") if first else nullcontext() as progress:
        if dry_run:
            from videosal.models.training.rehearsal import rehearse

            rehearsal = rehearse(config, progress=progress)
        else:
            from videosal.models.training.trainer import run_training

            result = run_training(config, existing=existing, progress=progress)
    if not first:
        return
    if dry_run:
        ctx.exit(_print_rehearsal(rehearsal))
    _print_result(result, ctx.meta["plugins"])


def _print_result(result: TrainingResult, plugins: tuple[str, ...]) -> None:
    config, best = result.config, result.best_epoch
    figures = [
        f"{name.removeprefix('val_')} {value:.4f}"
        for name, value in best.items()
        if name.startswith("val_") and isinstance(value, float)
    ]
    click.echo(f"{len(result.epochs)} epochs, {result.epochs[-1]['steps']} steps")
    click.echo(f"best epoch {best['epoch']}: {', '.join(figures)}")
    name = config.dataset.partition(":")[0]
    told = {"--dataset": f"{name}:{config.validation}", "--root": config.root, "--weights": result.best}
    given = [("--plugin", plugin) for plugin in plugins] + [(flag, value) for flag, value in told.items() if value]
    click.echo(shlex.join(["videosal", "run", config.model, *(str(part) for pair in given for part in pair)]))


def _print_rehearsal(found: Rehearsal) -> int:
    """Print what was found out; return the exit code: 1 where the data has problems."""
    _print_split("train on", found.training)
    _print_split("validate on", found.validation)
    memory = found.footprint
    features = "unknown" if memory.features is None else _size(memory.features)
    free = "" if found.free is None else f"; {_size(found.free)} are free"
    click.echo(
        f"memory: about {_size(memory.total)} on {found.device} (weights {_size(memory.weights)}, "
        f"gradients and Adam {_size(memory.update)}, features {features}){free}"
    )
    peak = "" if found.peak is None else f", at most {_size(found.peak)} in use"
    skipped = f", {found.step.skipped} skipped" if found.step.skipped else ""
    click.echo(
        f"{found.config.model}: {memory.parameters:,} parameters, {found.config.input_size}, {found.config.precision}"
    )
    click.echo(
        f"one step of {found.step.clips} clips{skipped}: loss {found.step.loss:.4f}, "
        f"gradient norm {found.step.gradient_norm:.4g}, {found.seconds:.1f} s{peak}"
    )
    return 1 if found.training.problems or found.validation.problems else 0


def _print_split(label: str, split: SplitReport) -> None:
    notes = [
        *(["a part of the split"] if split.partial else []),
        *([f"{split.short} videos shorter than a clip"] if split.short else []),
        f"{len(split.problems)} problems",
    ]
    click.echo(f"{label} {split.name}: {split.videos} videos, {split.frames} frames; {', '.join(notes)}")
    for problem in split.problems[:_NAMED]:
        click.echo(f"  {problem}")
    if len(split.problems) > _NAMED:
        click.echo(f"  {len(split.problems) - _NAMED} more: videosal verify {split.name}")


def _size(count: int) -> str:
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
