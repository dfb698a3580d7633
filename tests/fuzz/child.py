"""A process that reads one damaged file after the other, and may die of one.

A line on standard input is a case, ``{"kind": ..., "path": ...}``; a line on standard output says what came of it.
``seeds`` as an argument writes the whole files instead.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import sys
import time
import traceback
from pathlib import Path
from typing import Any

MEMORY = 8 << 30  # bytes of addresses, so that a case that asks for all memory fails and the machine does not


def main() -> None:
    """Serve cases until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints counts as noise, wherever it prints
    logging.disable()  # what videosal says itself names the file
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if sys.argv[1:2] == ["seeds"]:
        from tests.fuzz.seeds import make_seeds

        print(json.dumps(make_seeds(Path(sys.argv[2]))), file=answers, flush=True)
        return
    for line in sys.stdin:
        print(json.dumps(_serve(json.loads(line))), file=answers, flush=True)


def _serve(case: dict[str, str]) -> dict[str, Any]:
    from tests.fuzz.reads import RUNS, read
    from videosal.errors import VideosalError

    path = Path(case["path"])
    noise, before, started = _noise(), _peak(reset=True), time.perf_counter()
    answer: dict[str, Any] = {}
    try:
        answer["content"] = read(case["kind"], path)
    except VideosalError as error:
        text = str(error)
        answer["refused"] = text
        names = (path.name, *(["damaged/folder"] if case["kind"] in RUNS else []))  # a run is known by its folder
        answer["named"] = any(name in text for name in names) and "\n" not in text
    except BaseException as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        answer["traceback"] = f"{type(error).__name__} {str(error)[:80]} at {Path(last.filename).name}:{last.lineno}"
    answer |= {"seconds": time.perf_counter() - started, "memory": _peak() - before, "noise": _noise() - noise}
    return answer


def _peak(*, reset: bool = False) -> int:
    """Return the most memory that was in use, in bytes, since the last reset; where the system tells."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def _noise() -> int:
    """Return how much has been written to standard error, which is a file here."""
    sys.stderr.flush()
    return os.fstat(2).st_size


if __name__ == "__main__":
    main()
