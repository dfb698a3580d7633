"""Where a result comes from: versions, commits, command, machine, weights."""

from __future__ import annotations

import datetime
import hashlib
import importlib
import platform
import re
import shlex
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

# Distributions, and the module of each where a conda package came without metadata.
_PACKAGES = {
    "videosal": "videosal",
    "numpy": "numpy",
    "numba": "numba",
    "opencv-python-headless": "cv2",
    "scipy": "scipy",
    "torch": "torch",
}
_LINKS = 5  # symbolic refs to follow
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def describe_session() -> dict[str, Any]:
    """Say in which process scores are made, for ``run.json``.

    Returns
    -------
    dict
        ``versions`` of Python and the packages that numbers depend on (None where one is not installed); ``commit`` of
        the repository that the working directory is in, and ``videosal_commit`` of the clone that videosal is run from
        (None outside a repository); ``command``, ``host`` and ``started`` (UTC).
    """
    return {
        "versions": {"python": platform.python_version(), **{name: _find_version(name) for name in _PACKAGES}},
        "commit": find_commit(Path.cwd()),
        "videosal_commit": _read_commit(Path(__file__).resolve().parents[2]),
        "command": shlex.join(sys.argv),
        "host": platform.node(),
        "started": timestamp(),
    }


def timestamp() -> str:
    """Return the time, UTC, in seconds."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def find_commit(folder: Path) -> str | None:
    """Return the git commit that is checked out where `folder` is; None outside a repository.

    The files of git are read, not git itself: in a stranger's folder it would run what the configuration there names.
    So whether files differ from the commit is not told.
    """
    places = [folder.resolve(), *folder.resolve().parents]
    root = next((place for place in places if (place / ".git").exists()), None)
    return None if root is None else _read_commit(root)


def hash_file(file: Path) -> str:
    """Return the SHA-256 of a file."""
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _find_version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        pass
    try:
        return str(importlib.import_module(_PACKAGES[name]).__version__)
    except (ImportError, AttributeError):
        return None


def _read_commit(root: Path) -> str | None:
    """Return the commit of the repository or worktree at `root`; None where there is none, or no commit yet."""
    try:
        place = root / ".git"
        if place.is_file():  # of a worktree or submodule
            place = root / place.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
        common = place / "commondir"
        shared = place / common.read_text(encoding="utf-8").strip() if common.is_file() else place
        name = "HEAD"
        for _ in range(_LINKS):
            value = _read_ref(name, place, shared)
            if not value.startswith("ref:"):
                return value if _HASH.fullmatch(value) else None
            name = value.removeprefix("ref:").strip()
    except (OSError, ValueError):  # unreadable, or no text
        pass
    return None


def _read_ref(name: str, place: Path, shared: Path) -> str:
    """Return what a ref holds: of this worktree, of all worktrees, or packed; empty where there is none."""
    if ".." in Path(name).parts:
        return ""
    for file in (place / name, shared / name):
        if file.is_file():
            return file.read_text(encoding="utf-8").strip()
    packed = shared / "packed-refs"
    lines = packed.read_text(encoding="utf-8").splitlines() if packed.is_file() else []
    return next((line.partition(" ")[0] for line in lines if line.partition(" ")[2] == name), "")
