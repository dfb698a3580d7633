"""A few hundred damaged files of every kind; `make fuzz` reads ten thousand."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.fuzz.drive import BAD, Child, judge, run

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("av")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and pipes as Linux has them")


def test_damaged_files_are_read_or_refused_by_name(tmp_path: Path) -> None:
    report = run(tmp_path, 300, seed=18)
    assert not report.faults, "\n".join(report.faults)
    assert sum(sum(counts.values()) for counts in report.counts.values()) > 250
    assert sum(counts["refused"] for counts in report.counts.values()) > 150


def test_a_fault_would_be_seen() -> None:
    whole = {"map": "(1, 1) 00"}
    quiet = {"noise": 0, "memory": 0, "seconds": 0.1}
    refused = {"refused": "x.png: damaged", "named": True}
    for verdict, answer in {
        "same": {"content": whole, **quiet},
        "wrong": {"content": {"map": "(1, 1) 01"}, **quiet},
        "refused": {**refused, **quiet},
        "unnamed": {**refused, **quiet, "named": False},
        "noise": {**refused, **quiet, "noise": 9},
        "memory": {**refused, **quiet, "memory": 2 << 30},
        "traceback": {"traceback": "KeyError", **quiet},
        "slow": {"slow": True},
        "died": {"died": -11},
    }.items():
        assert judge("png-grey", answer, whole) == verdict
        assert (verdict in BAD) == (verdict not in ("same", "refused"))
    assert judge("bmp", {"content": {"map": "(1, 1) 01"}, **quiet}, whole) == "other"  # has no checksum


def test_a_child_that_dies_is_started_again(tmp_path: Path) -> None:
    killer = tmp_path / "code/videosal"
    killer.mkdir(parents=True)
    (killer / "__init__.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    child = Child(tmp_path / "code", tmp_path / "noise.txt")
    try:
        assert [child.ask("csv", tmp_path / "a.csv") for _ in range(2)] == [{"died": -11}] * 2
    finally:
        child.close()
