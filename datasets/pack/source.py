"""Where the copy lies that a pack was made from. Packs are handed on, so the path is noted in the user's cache."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from videosal.datasets.files.contents import digest
from videosal.disk.user_cache import cache_folder
from videosal.disk.whole_file import write_whole
from videosal.errors import RunError

_log = logging.getLogger(__name__)


def note_source(split: str, fingerprint: str, folder: Path) -> None:
    """Note down the copy of a split (``dhf1k:val``) that has been packed."""
    note = _note(split, fingerprint)
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        write_whole(note, lambda part: part.write_bytes(os.fsencode(folder.resolve())))  # a path need not be text
    except (OSError, RunError) as error:
        _log.warning("a pack of %s that has become old will not be noticed (%s)", split, error)


def noted_source(split: str, fingerprint: str) -> Path | None:
    """Return the copy that was packed; None where that is not known here, as of a pack from elsewhere."""
    note = _note(split, fingerprint)
    return Path(os.fsdecode(note.read_bytes())) if note.is_file() else None


def _note(split: str, fingerprint: str) -> Path:
    return cache_folder() / "packs" / digest(f"{split} {fingerprint}".encode())
