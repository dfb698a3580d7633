"""Measure what share of a run it takes to know what its results were computed from.

    python -m tests.benchmarks.identity_share --data /tmp/videosal-speed --videos 8 --frames 400

The functions that take and compare contents are timed inside a run by one worker, and their CPU time is divided by that
of the whole run; the clock itself is counted on their side. The data is that of `harness_speed.py`.
"""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.harness_speed import make_data
from videosal.benchmark import evaluation, score
from videosal.benchmark.maps.reader import MapReader
from videosal.datasets.files import contents, images

if TYPE_CHECKING:
    from collections.abc import Callable

GOAL = 0.02


def measure_share(folder: Path, videos: int, frames: int) -> float:
    """Return the share of the CPU time of a run that its identity takes."""
    root, maps, _ = make_data(folder, videos, frames)
    spent = [0.0]

    def timed(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                spent[0] += time.perf_counter() - began

        return call

    parts: list[tuple[Any, str]] = [
        (images, "note_content"),
        (contents.FileStamp, "with_content"),
        (MapReader, "stamp"),
        (evaluation, "make_identity"),
    ]
    kept = [(holder, name, getattr(holder, name)) for holder, name in parts]
    out = folder / "identity"
    try:
        shutil.rmtree(out, ignore_errors=True)
        score(maps, "dhf1k:val", root, out=out)  # compiles the kernels, and fills the cache of files
        for holder, name, function in kept:
            setattr(holder, name, timed(function))
        shutil.rmtree(out)
        began = time.process_time()
        score(maps, "dhf1k:val", root, out=out)
        return spent[0] / (time.process_time() - began)
    finally:
        for holder, name, function in kept:
            setattr(holder, name, function)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--videos", type=int, default=8)
    parser.add_argument("--frames", type=int, default=400)
    arguments = parser.parse_args()
    arguments.data.mkdir(parents=True, exist_ok=True)
    share = measure_share(arguments.data, arguments.videos, arguments.frames)
    print(f"identity: {share:.2%} of a run of {arguments.videos * arguments.frames} frames (goal: below {GOAL:.0%})")


if __name__ == "__main__":
    main()
