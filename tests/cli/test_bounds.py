from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.cli.conftest import Invoke
    from tests.conftest import TreeMaker


def test_bounds_that_a_copy_does_not_allow_are_named(
    invoke: Invoke, dhf1k_tree: TreeMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = dhf1k_tree((1, 601, 602))
    monkeypatch.chdir(tmp_path)
    result = invoke("bounds", "-d", "dhf1k:val", "--root", root)
    assert result.exit_code == 1, result.exception
    for name in ("uniform", "center", "mean-map"):
        assert f"| {name} <sup>" in result.output
    assert "no human bound" in result.output
    assert (tmp_path / "runs/bounds/center/run.json").is_file()


def test_wrong_input(invoke: Invoke, tmp_path: Path) -> None:
    assert "does not exist" in str(invoke("bounds", "-d", "dhf1k:val", "--root", tmp_path / "gone").exception)
