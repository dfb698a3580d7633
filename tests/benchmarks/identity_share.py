"""Measure what share of a run it takes to know what its results were computed from.

    python -m tests.benchmarks.identity_share --data /tmp/videosal-speed --videos 100 --frames 600

Everything that takes, compares and writes down contents is timed inside a run by one worker, less what the clock itself
takes, and divided by the time of the whole run; on a busy machine both grow alike. Listing the folders is none of it: a
run lists them anyway. The data is that of `harness_speed.py`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.harness_speed import make_data
from videosal.benchmark import evaluation, score
from videosal.benchmark.maps import trees
from videosal.benchmark.maps.reader import MapReader
from videosal.benchmark.runs import store
from videosal.datasets.files import contents, images
from videosal.datasets.sources import map_sources
from videosal.datasets.stored_video import StoredVideo

if TYPE_CHECKING:
    from collections.abc import Callable

GOAL = 0.02


class Clock:
    """Adds up the time of functions, however they call each other."""

    def __init__(self) -> None:
        self.spent = 0.0
        self._running = False
        begins = [time.perf_counter() for _ in range(10_001)]
        self._own = (begins[-1] - begins[0]) / 10_000

    def timed(self, function: Callable[..., Any], sign: int = 1) -> Callable[..., Any]:
        """Return `function` with its time added, or taken off where it is called by one whose time is added."""

        def call(*args: Any, **kwargs: Any) -> Any:
            if self._running == (sign > 0):
                return function(*args, **kwargs)
            running, self._running = self._running, sign > 0
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.spent += sign * (time.perf_counter() - began - self._own)
                self._running = running

        return call

    def time_stamps(self, write: Callable[..., Any]) -> Callable[..., Any]:
        """Return `write`, which writes a result, with the time added that its stamps take as JSON."""

        def call(run: Path, result: Any) -> Any:
            began = time.perf_counter()
            rows = [[s.name, s.size, s.time, s.content] for stamps in (result.truth, result.maps) for s in stamps]
            json.dumps(rows)
            self.spent += time.perf_counter() - began
            return write(run, result)

        return call


def measure_share(folder: Path, videos: int, frames: int) -> float:
    """Return the share of the CPU time of a run that its identity takes."""
    root, maps, _ = make_data(folder, videos, frames)
    clock = Clock()
    parts: list[tuple[Any, str]] = [
        (images, "note_content"),
        (trees, "note_content"),
        (contents.FileStamp, "with_content"),
        (StoredVideo, "truth_files"),
        (MapReader, "stamp"),
        (evaluation, "make_identity"),
    ]
    held = [*parts, (map_sources, "numbered_files"), (store, "write_video")]
    kept = [(holder, name, getattr(holder, name)) for holder, name in held]
    out = folder / "identity"
    try:
        shutil.rmtree(out, ignore_errors=True)
        score(maps, "dhf1k:val", root, out=out)  # compiles the kernels, and fills the cache of files
        for holder, name in parts:
            setattr(holder, name, clock.timed(getattr(holder, name)))
        map_sources.numbered_files = clock.timed(map_sources.numbered_files, -1)
        store.write_video = clock.time_stamps(store.write_video)
        shutil.rmtree(out)
        began = time.perf_counter()
        score(maps, "dhf1k:val", root, out=out)
        return clock.spent / (time.perf_counter() - began)
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
