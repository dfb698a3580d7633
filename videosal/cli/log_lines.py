"""Prints what the library logs; apart from the commands, because ``--help`` has no need of logging."""

from __future__ import annotations

import logging

import click

from videosal.cli.terminal import printable


def print_log_lines() -> None:
    """Print what the library has to say as one line each, on the error stream; of other packages warnings alone."""
    logging.basicConfig(format="%(message)s", handlers=[_LineHandler()], level=logging.WARNING)
    logging.getLogger("videosal").setLevel(logging.INFO)


class _LineHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        kind = "note" if record.levelno == logging.INFO else record.levelname.lower()
        click.echo(f"{kind}: {printable(self.format(record))}", err=True)  # a bar of rich goes past the stream
