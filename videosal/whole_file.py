"""Files that are there whole or not at all, also after a kill. Imported by every room that keeps results."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from videosal.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def write_whole(file: Path, write: Callable[[Path], object]) -> None:
    """Write a file beside its place, flush it to disk and rename it.

    Parameters
    ----------
    file : Path
        Its place; what is there is replaced.
    write : callable
        Writes the content to the path that it is given; an `OSError` of it says why it cannot.

    Raises
    ------
    RunError
        It cannot be written.
    """
    part = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        write(part)
        with part.open("rb") as handle:
            os.fsync(handle.fileno())
        part.replace(file)
    except OSError as error:
        raise RunError(f"cannot write {file} ({error.strerror or error})") from error
    finally:
        part.unlink(missing_ok=True)
