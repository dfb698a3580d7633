"""All scores of a run come from one copy of the code: a worker with another one refuses, and is refused."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from videosal.code_identity import suite_digest, suite_place, suite_version
from videosal.errors import RunError

if TYPE_CHECKING:
    from videosal.benchmark.scoring.video_scores import VideoScores

_ADVICE = "install the same copy of videosal everywhere and start the workers again"


def check_code(suite: str, version: str) -> None:
    """Raise `RunError` with the name of this machine where this process runs other code than who sends the work.

    Parameters
    ----------
    suite, version : str
        Digest of the sender's code, and its version.
    """
    if suite_digest() == suite:
        return
    ours = suite_version()
    versions = f"version {ours}, not {version}" if ours != version else f"another copy of version {ours}"
    raise RunError(
        f"the worker on {socket.gethostname()} runs other code of videosal ({versions}, {suite_place()}): {_ADVICE}"
    )


def check_result(result: VideoScores) -> None:
    """Raise `RunError` where a process with other code than this one scored a video, or one that does not say."""
    if result.suite != suite_digest():
        raise RunError(f"video {result.video} was scored by a worker with other code of videosal: {_ADVICE}")
