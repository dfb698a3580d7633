from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Invoke


def test_the_options_reach_the_table(invoke: Invoke, three_runs: list[Path]) -> None:
    result = invoke(
        "table", *three_runs, "--columns", "nss,cc", "--rows", "one", "--rows", "two", "--sort", "cc", "--digits", 5,
        "--significance", "--format", "csv",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    lines = list(csv.DictReader(result.output.splitlines()))
    assert list(lines[0])[4:] == ["dhf1k_val_nss", "dhf1k_val_cc"]
    assert float(lines[0]["dhf1k_val_cc"]) > float(lines[1]["dhf1k_val_cc"])
    assert "dhf1k_val_cc=tied" in lines[1]["flags"]  # four videos cannot tell


def test_looks(invoke: Invoke, three_runs: list[Path]) -> None:
    latex = invoke("table", *three_runs, "--format", "latex", "--bold", "--caption", "50 %", "--label", "tab:a").output
    assert r"\textbf{" in latex
    assert r"\textcolor" not in latex.split("\n", 1)[1]
    assert r"\caption{50 \%}" in latex
    assert r"\label{tab:a}" in latex
    html = invoke("table", *three_runs, "--format", "html", "--colour", "--caption", "<b>", "--label", '"x').output
    assert "<caption>&lt;b&gt;</caption>" in html
    assert 'id="&quot;x"' in html
    assert "color:#" in html


@pytest.mark.parametrize(
    ("form", "option"), [("markdown", "--bold"), ("csv", "--caption=x"), ("markdown", "--label=x")]
)
def test_a_look_that_a_format_lacks_is_refused(invoke: Invoke, three_runs: list[Path], form: str, option: str) -> None:
    result = invoke("table", *three_runs, "--format", form, option)
    assert result.exit_code == 2
    assert f"does nothing in the format {form}" in result.output


def test_bibtex(invoke: Invoke) -> None:
    text = invoke("table", "--published", "stsanet-table1", "--rows", "ACLNet", "--rows", "STSANet", "--bibtex").output
    assert [line for line in text.splitlines() if line.startswith("@")] == [
        "@article{wang2021revisiting,",
        "@article{wang2023stsanet,",
    ]


def test_slices(invoke: Invoke, three_runs: list[Path], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("video,fast\n601,1\n602,\n")
    output = invoke("table", *three_runs, "--by", tmp_path / "a.csv", "--columns", "cc").output
    assert "DHF1K val, fast (1 video) CC" in output


def test_newer_systems_and_their_doubts(invoke: Invoke) -> None:
    output = invoke("table", "--published", "newer-systems", "--columns", "cc").output
    assert "0.705§" in output
    assert "digit for digit" in output


@pytest.mark.parametrize("printed", ["CC,AUC-J", "cc,auc-judd", "Cc, AUCJ"])
def test_columns_are_known_as_they_are_printed(invoke: Invoke, three_runs: list[Path], printed: str) -> None:
    by_name = invoke("table", *three_runs, "--columns", "cc,auc_judd", "--sort", "auc_judd").output
    assert invoke("table", *three_runs, "--columns", printed, "--sort", "auc-j").output == by_name
