"""Where a result comes from: versions, commit, command, machine, weights."""

from __future__ import annotations

import datetime
import hashlib
import platform
import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

_PACKAGES = ("videosal", "numpy", "numba", "opencv-python-headless", "scipy", "torch")


def describe_session() -> dict[str, Any]:
    """Return the versions, the commit of the working directory, the command line, the host and the time."""
    return {
        "versions": {"python": platform.python_version(), **{name: metadata.version(name) for name in _PACKAGES}},
        "commit": find_commit(Path.cwd()),
        "command": shlex.join(sys.argv),
        "host": platform.node(),
        "started": timestamp(),
    }


def timestamp() -> str:
    """Return the time, UTC, in seconds."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def find_commit(folder: Path) -> str | None:
    """Return the git commit of `folder`, with ``-dirty`` where files differ from it; None outside a repository."""
    command = ["git", "-C", str(folder), "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):  # no git here
        return None
    return done.stdout.strip() or None


def hash_file(file: Path) -> str:
    """Return the SHA-256 of a file."""
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
