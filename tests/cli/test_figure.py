from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Invoke


@pytest.mark.parametrize("pick", ["best", "median", "worst", "disagreement"])
def test_frames_are_picked(invoke: Invoke, three_runs: list[Path], tmp_path: Path, pick: str) -> None:
    result = invoke("figure", *three_runs, "--pick", pick, "--count", 2, "--out", f"{pick}.png", "--run-models")
    assert result.exit_code == 0, result.exception
    assert result.output.count("/0") == 2
    assert (tmp_path / f"{pick}.png").read_bytes().startswith(b"\x89PNG")


def test_frames_are_given_and_maps_lie_elsewhere(invoke: Invoke, three_runs: list[Path], tmp_path: Path) -> None:
    file = three_runs[0] / "run.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "predictions": str(tmp_path / "gone")}))
    command = ("figure", three_runs[0], "--frames", "0602/0002,0601/0001", "--out", "a.svg")
    assert str(tmp_path / "gone") in str(invoke(*command).exception)
    result = invoke(*command, "--maps", f"one={tmp_path / 'predictions-0'}")
    assert result.exit_code == 0, result.exception
    assert "0602/0002, 0601/0001" in result.output


def test_wrong_input(invoke: Invoke, three_runs: list[Path]) -> None:
    assert "VIDEO/FRAME" in invoke("figure", three_runs[0], "--frames", "0601").output
    assert "NAME=DIR" in invoke("figure", three_runs[0], "--maps", "x").output
    assert "no frame" in str(invoke("figure", three_runs[0], "--frames", "0601/9").exception)
    assert "cannot disagree" in str(invoke("figure", three_runs[0], "--pick", "disagreement").exception)
