"""The command line: one file per verb, imported when the verb is used."""

from __future__ import annotations

import codecs
import errno
import importlib
import os
import re
import sys
from typing import Any

import click

from videosal import __version__
from videosal.cli.terminal import printable, printable_output
from videosal.errors import VideosalError
from videosal.verbs import VERBS, help_page


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

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(help_page())


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="videosal")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def cli(ctx: click.Context, debug: bool) -> None:
    """Benchmark suite for video saliency prediction."""
    from videosal.cli.log_lines import print_log_lines

    print_log_lines()
    ctx.obj = {"debug": debug}


def main() -> None:
    """Run the command line: exit code 0 success, 1 problems found or incomplete result, 2 bad usage or input."""
    make_printable()
    with printable_output():
        code = _run()
    sys.exit(code if isinstance(code, int) else 0)


def _run() -> Any:
    debug = "--debug" in sys.argv
    try:
        code = cli.main(args=[_expand_home(argument) for argument in sys.argv[1:]], standalone_mode=False)
    except (VideosalError, click.ClickException) as error:
        if debug:
            raise
        text = error.format_message() if isinstance(error, click.ClickException) else str(error)
        _complain(" ".join(text.split()))
        code = 2
    except (KeyboardInterrupt, click.Abort) as error:
        if isinstance(cause := error.__cause__, EOFError):  # click takes it for Ctrl-D
            if debug:
                raise cause from None
            click.echo(f"error: a file ends before its time ({cause}): --debug shows where it is read", err=True)
            code = 2
        else:
            code = _say_interrupted()
    except BrokenPipeError:  # the reader of our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except OSError as error:
        if debug:
            raise
        _complain(_describe(error))
        code = 2
    except Exception as error:  # compiled code makes an error of its own of an interrupt that it meets
        if debug or not _is_of_interrupt(error):
            raise
        code = _say_interrupted()
    return code


def _say_interrupted() -> int:
    click.echo("interrupted: what is finished is kept, run the same command again to go on", err=True)
    return 130


def _is_of_interrupt(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _complain(text: str) -> None:
    click.echo(f"error: {printable(text)}", err=True)  # click would take escape sequences out of a file, and hide them


def _describe(error: OSError) -> str:
    reason = error.strerror or " ".join(str(error).split())
    if error.errno == errno.ENOSPC:
        reason += ": make room, what is finished is kept"
    if error.filename is None:
        return f"the system refuses to read or write a file ({reason}); videosal --debug shows where"
    return f"{str(error.filename)[:200]}: cannot be read or written ({reason})"


_PLAIN = {"↑": "^", "↓": "v", "†": "+", "‡": "++", "±": "+-", "\u00d7": "x", "\u2013": "-", "…": "..."}


def make_printable() -> None:
    """Let output go on where its encoding lacks a character: what is done must not end in a traceback."""
    codecs.register_error("videosal", _replace)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="videosal")


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_PLAIN.get(c) or c.encode("ascii", "backslashreplace").decode() for c in lacking), error.end


def _expand_home(argument: str) -> str:
    """Read ``--root=~/DHF1K``, ``NAME=~/run`` and a quoted ``~/run`` as a shell reads ``--root ~/DHF1K``."""
    match = re.fullmatch(r"([^=/]*=)?(~/.*)", argument, re.DOTALL)
    return f"{match[1] or ''}{os.path.expanduser(match[2])}" if match else argument  # noqa: PTH111  # may be no path
