from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Invoke


def test_a_page_is_written(invoke: Invoke, three_runs: list[Path], tmp_path: Path) -> None:
    result = invoke("report", *three_runs, "--frames", 1, "--metric", "cc", "--published", "stsanet-table1")
    assert result.exit_code == 0, result.exception
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    for part in ("CC over time", "STSANet", "center", "DHF1K val: 3 runs"):
        assert part in text


def test_wrong_input(invoke: Invoke, three_runs: list[Path], tmp_path: Path) -> None:
    assert "cannot write" in str(invoke("report", *three_runs, "--frames", 0, "--out", tmp_path).exception)
    assert "unknown metric" in str(invoke("report", *three_runs, "--metric", "ccc").exception)
