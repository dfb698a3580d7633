"""Fixtures of the benchmarks, and the report at their end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import pytest

from tests.benchmarks.frames import FIXATIONS, SIZES, SyntheticFrame, make_frame
from tests.benchmarks.report import REPOSITORY, Report

if TYPE_CHECKING:
    from collections.abc import Iterator

_REPORT = pytest.StashKey[Report]()
_WHOLE = 23 * len(SIZES) * len(FIXATIONS) + 2  # comparisons in test_metrics_speed.py


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Keep OpenCV and torch to one thread; nothing else here would use more."""
    import torch

    before = cv2.getNumThreads(), torch.get_num_threads()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    yield
    cv2.setNumThreads(before[0])
    torch.set_num_threads(before[1])


@pytest.fixture(
    scope="session",
    params=[(size, n) for size in SIZES for n in FIXATIONS],
    ids=lambda param: f"{param[0][1]}x{param[0][0]}-f{param[1]}",
)
def frame(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SyntheticFrame:
    return make_frame(tmp_path_factory.mktemp("frame"), *request.param)


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> Report:
    return request.config.stash.setdefault(_REPORT, Report())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table, and write the file if every comparison was made."""
    report = config.stash.get(_REPORT, None)
    if report is None:
        return
    terminalreporter.section("metrics speed")
    terminalreporter.write_line(report.table())
    if len(report.results) == _WHOLE:
        file = REPOSITORY / "docs" / "benchmarks" / "metrics.json"
        report.write(file)
        terminalreporter.write_line(f"\nwritten: {file.relative_to(REPOSITORY)}")
    else:
        terminalreporter.write_line("\nnot written: not all comparisons were made")
