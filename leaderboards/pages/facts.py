"""What a page says of where runs come from: it is handed on, so no path, host or command line of who made it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from videosal.leaderboards.board.table import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from videosal.benchmark import Run

# A path in full, of Unix or Windows, up to its last name.
_FOLDERS = re.compile(r"(?<![\w/\\.])(?:~|[A-Za-z]:)?[/\\]+(?:[^\s/\\:;,()'\"]+[/\\]+)*")


def facts(run: Run) -> list[tuple[str, str]]:
    """What stands behind a run, for a reader who wants to repeat it."""
    coverage, info, session = run.coverage, run.info, run.info["sessions"][-1]
    spec = info.get("model_spec") or {}
    versions = ", ".join(f"{name} {version}" for name, version in (session.get("versions") or {}).items())
    weights = f"{_name(spec['weights'])} (SHA-256 {spec.get('weights_sha256')})" if spec.get("weights") else None
    found = {
        "data set": f"{run.title} ({run.dataset}:{run.split})",
        "fingerprint": info.get("fingerprint"),
        "frames scored": f"{coverage.frames_scored} of {coverage.frames_found} in {coverage.videos_found} videos",
        "signature": run.signature,
        "mean": f"over {run.aggregation}s",
        "predictions": _name(info.get("predictions") or spec.get("name")),
        "weights": weights,
        "notes": without_paths("; ".join(run.notes), run),
        "versions": versions,
        "commit of videosal": session.get("videosal_commit"),
        "started": info["sessions"][0].get("started"),
    }
    return [(name, one_line(str(value))) for name, value in found.items() if value]


def without_paths(text: str, run: Run, more: Iterable[str | Path | None] = ()) -> str:
    """Return a text with names in place of paths in full: those of the run, `more`, and what looks like one."""
    known = [run.info.get(key) for key in ("root", "predictions", "save_maps")]
    paths = {str(path) for path in (*known, *more, run.path, run.path.absolute(), Path.cwd(), Path.home()) if path}
    for path in sorted(paths, key=len, reverse=True):
        if len(Path(path).parts) > 1:
            text = text.replace(path, Path(path).name)
    return _FOLDERS.sub("", text)


def _name(path: str | None) -> str | None:
    return re.split(r"[/\\]", path.rstrip("/\\"))[-1] if path else path
