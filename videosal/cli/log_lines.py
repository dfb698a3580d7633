"""Prints what the library logs; apart from the commands, because ``--help`` has no need of logging."""

from __future__ import annotations

import logging

import click


def print_log_lines() -> None:
    """Print warnings and errors of the library as one line each, on the error stream."""
    logging.basicConfig(format="%(message)s", handlers=[_LineHandler()], level=logging.WARNING)


class _LineHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        click.echo(f"{record.levelname.lower()}: {self.format(record)}", err=True)
