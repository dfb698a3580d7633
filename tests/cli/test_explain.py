from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Invoke


def test_fields_and_moves(invoke: Invoke, three_runs: list[Path]) -> None:
    result = invoke("explain", three_runs[0], three_runs[1])
    assert result.exit_code == 0, result.output
    assert "predictions-0" in result.output
    assert "12 of 12" in result.output
    content = json.loads(invoke("explain", three_runs[0], three_runs[2], "--json").output)
    assert {"kind", "name"} <= {found["field"] for found in content["differences"]}
    assert [move["metric"] for move in content["metrics"]] == ["cc", "nss"]


def test_wrong_input(invoke: Invoke, three_runs: list[Path], tmp_path: Path) -> None:
    assert "not a run" in str(invoke("explain", three_runs[0], tmp_path).exception)
    (three_runs[1] / "run.json").write_text('{"schema": 1')
    assert "damaged" in str(invoke("explain", *three_runs[:2]).exception)
