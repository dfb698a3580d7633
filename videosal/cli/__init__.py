"""The command line: one file per verb, imported when the verb is used."""

from __future__ import annotations

import importlib
import logging
import os
import sys
from typing import Any

import click

from videosal import __version__
from videosal.errors import VideosalError

VERBS = {
    "demo": "The whole path on the built-in sample.",
    "datasets": "Names, splits, expected counts.",
    "verify": "What a copy of a data set holds, lacks, and where it is broken.",
    "models": "List the models, or show one model's card.",
    "protocols": "List the metric protocols, or show one's conventions.",
    "profile": "Operations, size, time and memory of models.",
    "score": "Score a folder of saliency maps.",
    "run": "Run a model and score its maps.",
    "predict": "Predict the maps of one video.",
    "train": "Train a network.",
    "bench": "Run many models on many data sets from one file.",
    "pack": "Put the ground truth of a split into one file.",
    "merge": "Put the parts of a sharded run together.",
    "table": "Print runs and published results as a table.",
    "compare": "Say which differences between runs are more than chance.",
    "explain": "Say why two runs differ.",
    "export": "Hand on the scores of every frame.",
    "figure": "Draw frames, ground truth and maps side by side.",
    "report": "Write one self-contained page about runs.",
    "bounds": "Score chance, center, mean map and people.",
    "submit": "Check and pack maps for the DHF1K server.",
    "weights": "Convert files of weights.",
}


class _Verbs(click.Group):
    """Knows the verbs by name, so that ``--help`` imports none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command = importlib.import_module(f"videosal.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            from videosal.errors import did_you_mean

            raise click.UsageError(f"unknown command {args[0]!r}: {did_you_mean(args[0], VERBS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="videosal")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def cli(ctx: click.Context, debug: bool) -> None:
    """Benchmark suite for video saliency prediction."""
    ctx.obj = {"debug": debug}


def main() -> None:
    """Run the command line: exit code 0 success, 1 problems found or incomplete result, 2 bad usage or input."""
    logging.basicConfig(format="%(message)s", handlers=[_LineHandler()], level=logging.WARNING)
    debug = "--debug" in sys.argv
    try:
        code = cli.main(standalone_mode=False)
    except (VideosalError, click.ClickException) as error:
        if debug:
            raise
        text = error.format_message() if isinstance(error, click.ClickException) else str(error)
        click.echo(f"error: {' '.join(text.split())}", err=True)
        code = 2
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted: what is finished is kept, run the same command again to go on", err=True)
        code = 130
    except BrokenPipeError:  # the reader of our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code if isinstance(code, int) else 0)


class _LineHandler(logging.Handler):
    """Prints what the library logs as one line each."""

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(f"{record.levelname.lower()}: {self.format(record)}", err=True)
