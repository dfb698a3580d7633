"""Progress on the terminal, or a line a minute where there is none."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from videosal.cli.terminal import printable, terminal_itself

if TYPE_CHECKING:
    from collections.abc import Iterator

    from videosal.benchmark.evaluation import Progress

_SECONDS_BETWEEN_LINES = 60


@contextmanager
def show_progress(label: str, unit: str = "frames") -> Iterator[Progress]:
    """Give a callback that draws a bar with the time left on stderr, or prints a plain line a minute."""
    if not sys.stderr.isatty():
        yield _PlainLines(label, unit)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
        TextColumn("ETA"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(file=terminal_itself()), transient=True) as bar:
        task = bar.add_task(printable(label), total=None)

        def update(done: int, total: int, video: str) -> None:
            bar.update(task, completed=done, total=total, description=printable(f"{label} {video}"))

        yield update


class _PlainLines:
    def __init__(self, label: str, unit: str) -> None:
        self.label = label
        self.unit = unit
        self.start = self.last = time.monotonic()

    def __call__(self, done: int, total: int, video: str) -> None:
        now = time.monotonic()
        if now - self.last >= _SECONDS_BETWEEN_LINES:
            self.last = now
            left = (now - self.start) * (total - done) / done / 60
            click.echo(f"{self.label}: {done} of {total} {self.unit}, {video}, {left:.0f} minutes left", err=True)
