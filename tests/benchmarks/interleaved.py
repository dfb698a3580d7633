"""Times of functions that are fair to compare on a machine that others use too."""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of CPU that one call took, which is what it costs on a machine where it has to wait for others.

    Attributes
    ----------
    best, median : float
        Over all rounds. The best is what the code costs, the median what others' use of caches and memory made of it.
    """

    best: float
    median: float


def measure(functions: Mapping[str, Callable[[], object]], *, rounds: int) -> dict[str, Times]:
    """Call all functions in turn, `rounds` times, so that what disturbs one disturbs the others as well."""
    samples: dict[str, list[int]] = {name: [] for name in functions}
    for function in functions.values():
        function()
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, function in functions.items():
                start = time.process_time_ns()
                function()
                samples[name].append(time.process_time_ns() - start)
    finally:
        gc.enable()
    return {name: Times(min(taken) / 1e6, statistics.median(taken) / 1e6) for name, taken in samples.items()}
