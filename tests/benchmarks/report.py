"""What the benchmarks measured, as a table and as the file in ``docs/benchmarks``."""

from __future__ import annotations

import datetime
import json
import os
import platform
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tabulate import tabulate

from videosal.benchmark.runs.provenance import find_commit

if TYPE_CHECKING:
    from tests.benchmarks.interleaved import Times

REPOSITORY = Path(__file__).parents[2]
METHOD = (
    "CPU time, one process, one thread; the functions of a comparison are called in turn, and value is the quotient of "
    "their best times of all rounds, or the least CPU time of a new process. Synthetic frames, files in the page cache."
)
_PACKAGES = ("videosal", "numpy", "numba", "opencv-python-headless", "scipy", "torch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One comparison, and the goal that was set for it.

    Attributes
    ----------
    what : str
        The quotient, or the time, that `value` is.
    size, fixations
        Of the frame; None where there is none.
    unit : str
        ``ratio`` or ``s`` of CPU time.
    goal, sense
        The bound, and on which side of it `value` should lie.
    times_ms : dict
        Best and median of each function; empty for a new process.
    """

    what: str
    size: str | None
    fixations: int | None
    value: float
    unit: Literal["ratio", "s"]
    goal: float
    sense: Literal["at most", "at least"]
    times_ms: dict[str, Times] = field(default_factory=dict)

    @property
    def met(self) -> bool:
        return self.value <= self.goal if self.sense == "at most" else self.value >= self.goal


@dataclass(frozen=True, slots=True, kw_only=True)
class Throughput:
    """Frames per second of all eight metrics, from arrays or tensors already in memory."""

    path: str
    device: str
    size: str
    fixations: int
    frames_per_second: float


class Report:
    """Collects results while the benchmarks run."""

    def __init__(self) -> None:
        self.results: list[Result] = []
        self.throughput: list[Throughput] = []

    def table(self) -> str:
        """Return both tables as text."""
        rows = [
            (r.what, r.size, r.fixations, f"{r.value:.3g} {r.unit}", f"{r.sense} {r.goal:g}", "yes" if r.met else "NO")
            for r in self.results
        ]
        rates = [(t.path, t.device, t.size, t.fixations, round(t.frames_per_second)) for t in self.throughput]
        return "\n\n".join(
            (
                tabulate(rows, headers=["what", "size", "fixations", "value", "goal", "met"]),
                tabulate(rates, headers=["eight metrics", "device", "size", "fixations", "frames/s"]),
            )
        )

    def write(self, file: Path) -> None:
        """Write what was measured, with machine, versions and commit, as JSON."""
        content = {
            "schema": 1,
            "measured": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "commit": find_commit(REPOSITORY),
            "machine": {
                "processor": _processor(),
                "cores": os.cpu_count(),
                "load": round(os.getloadavg()[0], 1),
                "system": f"{platform.system()} {platform.machine()}",
            },
            "versions": {"python": platform.python_version(), **{name: metadata.version(name) for name in _PACKAGES}},
            "method": METHOD,
            "results": [_rounded({**asdict(result), "met": result.met}) for result in self.results],
            "throughput": [_rounded(asdict(rate)) for rate in self.throughput],
        }
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content, indent=1) + "\n")


def _rounded(value: object) -> object:
    """Keep the figures that mean something: five."""
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return float(f"{value:.5g}") if isinstance(value, float) else value


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
