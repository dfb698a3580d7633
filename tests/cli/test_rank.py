from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Invoke


def test_three_runs_are_ranked_and_drawn(invoke: Invoke, three_runs: list[Path], tmp_path: Path) -> None:
    result = invoke("rank", *three_runs, "--figure", tmp_path / "cd.png", "--seed", "3")
    assert result.exit_code == 0, result.exception
    assert "Friedman over the videos" in result.output
    assert (tmp_path / "cd.png").read_bytes().startswith(b"\x89PNG")
    assert invoke("rank", *three_runs, "--out", tmp_path / "ranks.json").exit_code == 0
    found = json.loads((tmp_path / "ranks.json").read_text(encoding="utf-8"))
    assert {place["name"] for place in found["places"]} == {"one", "two", "center"}
    assert "\\toprule" in invoke("rank", *three_runs, "--format", "latex").output
    assert invoke("rank", *three_runs, "--format", "csv").output.startswith("method,mean_rank")


def test_wrong_input(invoke: Invoke, three_runs: list[Path], tmp_path: Path) -> None:
    assert "one method is not enough" in str(invoke("rank", three_runs[0]).exception)
    assert "needs three methods" in str(invoke("rank", *three_runs[:2], "--figure", tmp_path / "cd.pdf").exception)
    assert "has no kld" in str(invoke("rank", *three_runs, "--metrics", "kld").exception)
