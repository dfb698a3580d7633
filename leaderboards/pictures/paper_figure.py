"""Figures for papers: text that stays text, equal input in equal files, and a file that is whole or not there."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING

from videosal.disk.whole_file import write_whole
from videosal.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from matplotlib.figure import Figure

SUFFIXES = (".pdf", ".png", ".svg")


def check_ending(path: Path) -> Path:
    """Return the path; raise `InputError` where its ending is none of `SUFFIXES`."""
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"{path}: expected a file that ends in {', '.join(SUFFIXES)}")
    return path


@contextmanager
def paper_figure(size: tuple[float, float], path: Path) -> Iterator[Figure]:
    """Give a Matplotlib figure of a size in inches to draw in, and write it at the end.

    Raises
    ------
    RunError
        The file cannot be written.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    # Type 42 keeps text as text, which journals ask for; no date, so equal input gives equal files.
    with rc_context({"pdf.fonttype": 42, "svg.fonttype": "none", "svg.hashsalt": "videosal", "font.size": 8}):
        figure = Figure(figsize=size, layout="constrained")
        yield figure
        metadata = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}.get(path.suffix.lower(), {})
        drawn = io.BytesIO()  # in memory, as Matplotlib stumbles where a disk is full
        figure.savefig(drawn, format=path.suffix[1:].lower(), dpi=200, metadata=metadata)
    write_whole(path, lambda part: part.write_bytes(drawn.getvalue()))
