from __future__ import annotations

import csv
import importlib.util
from typing import TYPE_CHECKING

import pytest

import videosal
from videosal.errors import RunError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Invoke


def test_csv_holds_every_frame_in_full_precision(invoke: Invoke, three_runs: list[Path], tmp_path: Path) -> None:
    result = invoke("export", three_runs[0])
    lines = list(csv.DictReader(result.output.splitlines()))
    frames = videosal.load_run(three_runs[0]).frames
    assert [float(line["cc"]) for line in lines] == frames["cc"].tolist()
    assert [line["frame"] for line in lines] == frames["frame"].tolist()
    assert (lines[0]["run"], lines[0]["dataset"], lines[0]["split"]) == ("one", "dhf1k", "val")
    invoke("export", three_runs[0], "--out", tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == result.output


def test_parquet(invoke: Invoke, three_runs: list[Path], tmp_path: Path) -> None:
    result = invoke("export", three_runs[0], "--out", tmp_path / "a.parquet")
    if importlib.util.find_spec("pyarrow") is None:
        assert "pip install pyarrow" in str(result.exception)
        assert not (tmp_path / "a.parquet").exists()
        return
    import pandas as pd

    assert len(pd.read_parquet(tmp_path / "a.parquet")) == 12


@pytest.mark.parametrize(
    ("options", "message"),
    [(["--format", "parquet"], "give --out"), (["--out", "no/a.csv"], "cannot write no/a.csv (")],
)
def test_wrong_input(invoke: Invoke, three_runs: list[Path], options: list[str], message: str) -> None:
    result = invoke("export", three_runs[0], *options)
    assert message in f"{result.output} {result.exception}"
    assert isinstance(result.exception, (SystemExit, RunError))
