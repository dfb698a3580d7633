from __future__ import annotations

import json
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from videosal.benchmark import Run
from videosal.benchmark.bench_file import read_bench_file, run_bench
from videosal.benchmark.maps import reader
from videosal.datasets import load_dataset
from videosal.errors import InputError, VideosalError

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


def test_protocols_share_what_is_read_and_one_that_fails_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded, decode = [], reader.decode_map
    monkeypatch.setattr(reader, "decode_map", lambda data, where: decoded.append(where) or decode(data, where))
    for video in load_dataset("sample:test"):
        (tmp_path / "maps" / video.name).mkdir(parents=True)
        for frame in video.frame_names:
            cv2.imwrite(
                str(tmp_path / "maps" / video.name / f"{frame}.png"), np.arange(64, dtype=np.uint8).reshape(8, 8)
            )
    text = 'protocols = {protocols}\n[[dataset]]\nname = "sample:test"\n[[predictions]]\npath = "maps"\nname = "Mine"\n'

    def results(*protocols: str) -> list[Run | VideosalError]:
        decoded.clear()
        bench = read_bench_file(bench_file(tmp_path, text.format(protocols=json.dumps(protocols))))
        return list(run_bench(bench, tmp_path, lambda label: lambda done, total, video: None))

    both = results("standard", "stsanet")
    assert [run.protocol for run in both if isinstance(run, Run)] == ["standard", "stsanet"]
    assert (tmp_path / "runs/Mine-sample-test-stsanet/scores.h5").is_file()
    once = len(decoded)
    results("unisal")
    assert len(decoded) == once
    first, second = results("crowdsal", "vinet")  # the maps are of another size than the ground truth
    assert isinstance(first, InputError)
    assert "protocol 'crowdsal' resizes nothing" in str(first)
    assert isinstance(second, Run)
