from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from videosal.benchmark.bench_file import read_bench_file
from videosal.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
protocols = ["standard"]
workers = 2

[[dataset]]
name = "sample:test"

[[model]]
model = "center"
options = { sigma = 0.3 }

[[predictions]]
path = "maps/{dataset}-{split}"
name = "Mine"

[[table]]
out = "table.tex"
published = ["stsanet-table1"]
"""


def bench_file(folder: Path, text: str) -> Path:
    file = folder / "bench.toml"
    file.write_text(text)
    return file


def test_a_file_becomes_records(tmp_path: Path) -> None:
    bench = read_bench_file(bench_file(tmp_path, GOOD))
    assert bench.workers == 2
    assert bench.dataset[0].name == "sample:test"
    assert bench.model[0].options == {"sigma": 0.3}
    assert bench.predictions[0].path == "maps/{dataset}-{split}"
    assert bench.table[0].layout == "table1"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("workers = 2", "wrokers = 2", "unknown key 'wrokers': did you mean workers"),
        ('model = "center"', 'modle = "center"', r"\[\[model\]\]: unknown key 'modle': did you mean model"),
        ("workers = 2", 'workers = "2"', "workers is '2', expected a whole number"),
        ("workers = 2", "workers = true", "workers is True, expected a whole number"),
        ('name = "Mine"', "", r"\[\[predictions\]\]: name is missing"),
        ("[[dataset]]", "[dataset]", r"dataset is not a list of tables, write \[\[dataset\]\]"),
        ('[[dataset]]\nname = "sample:test"', "", "dataset is missing"),
        ("workers = 2", "workers =", "not a valid TOML file"),
        ('name = "Mine"', 'name = "center"', "2 entries are called 'center' and would share a run directory"),
        ("options =", 'weights = "1.pth"\n[[model]]\nmodel = "center"\noptions =', "2 entries are called 'center'"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(InputError, match=message):
        read_bench_file(bench_file(tmp_path, GOOD.replace(old, new)))


def test_a_file_without_work_or_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="names no"):
        read_bench_file(bench_file(tmp_path, '[[dataset]]\nname = "sample"\n'))
    with pytest.raises(InputError, match=r"gone\.toml: cannot be read"):
        read_bench_file(tmp_path / "gone.toml")
