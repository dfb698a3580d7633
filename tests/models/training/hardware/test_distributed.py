"""Several processes train as one, on the CPU (gloo)."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from videosal.errors import InputError, ModelError
from videosal.models import train_network
from videosal.models.training.hardware.distributed import Processes, _choose_device, join_processes

SMALL = Path(__file__).parents[1] / "small_network.py"


def torchrun(*arguments: object, processes: int = 2) -> subprocess.CompletedProcess[str]:
    launcher = ["torch.distributed.run", "--standalone", "--nproc-per-node", str(processes), "-m", "videosal", "train"]
    return subprocess.run(
        [sys.executable, "-m", *launcher, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def rows(file: Path) -> list[dict[str, float]]:
    with file.open(newline="") as handle:
        return [{name: float(value or "nan") for name, value in row.items()} for row in csv.DictReader(handle)]


@pytest.mark.slow
def test_two_processes_give_the_losses_of_one_with_the_doubled_batch(root: Path, tmp_path: Path) -> None:
    """Of five clips one is skipped, and the last step has a clip for one process only."""
    settings: dict[str, Any] = {"root": root, "epochs": 3, "lr": 0.01, "device": "cpu", "metrics": "cc"}
    options = [f"--{name}={value}" for name, value in settings.items()]
    done = torchrun(
        f"{SMALL}:normed",
        "--dataset=dhf1k",
        "--batch=2",
        "--micro-batch=1",
        "--freeze-norm",
        f"--out={tmp_path / 'two'}",
        *options,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("best epoch") == 1  # one of them prints
    assert done.stderr.count("starts from fresh weights") == 1
    train_network(f"{SMALL}:normed", "dhf1k", batch=4, freeze_norm=True, out=tmp_path / "one", **settings)
    one, two = (rows(tmp_path / name / "steps.csv") for name in ("one", "two"))
    assert len(one) == len(two) == 6
    assert {row["clips"] for row in one} >= {1.0}
    for a, b in zip(one, two, strict=True):
        for name in ("step", "epoch", "lr", "clips", "skipped"):
            assert a[name] == b[name]
        for name in ("loss", "gradient_norm"):
            assert a[name] == pytest.approx(b[name], rel=1e-4, nan_ok=True), a
    one, two = (rows(tmp_path / name / "epochs.csv") for name in ("one", "two"))
    for a, b in zip(one, two, strict=True):
        assert a["val_loss"] == pytest.approx(b["val_loss"], rel=1e-4)


@pytest.mark.slow
def test_an_error_of_one_ends_all(root: Path, tmp_path: Path) -> None:
    (root / "annotation" / "0601" / "maps" / "0002.png").write_bytes(b"broken")
    done = torchrun(
        f"{SMALL}:plain", "--dataset=dhf1k", f"--root={root}", "--epochs=2", "--device=cpu", f"--out={tmp_path / 'out'}"
    )
    assert done.returncode != 0
    lines = done.stderr.splitlines()
    assert sum(line.startswith("error: ") and "0002.png: the file is not an image" in line for line in lines) == 2


def test_one_process_is_alone() -> None:
    with join_processes("cpu") as processes:
        assert (processes.rank, processes.count, processes.device, processes.first) == (0, 1, "cpu", True)
        assert processes.total([1, 2.5]) == [1, 2.5]
        assert processes.gather("x") == ["x"]
        assert processes.lead(lambda: 3) == 3
        network = torch.nn.Linear(1, 1)
        assert processes.wrap(network) is network
    with pytest.raises(ModelError, match="device 'tpu9' cannot be used"), join_processes("tpu9"):
        pass


def test_each_process_of_a_machine_has_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[int] = []
    monkeypatch.setattr("videosal.models.training.hardware.distributed.resolve_device", lambda name: "cuda")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    assert _choose_device("auto", 1) == "cuda:1"
    assert chosen == [1]
    with pytest.raises(InputError, match="process 3 of this machine finds 2 GPUs: start one process per GPU"):
        _choose_device("cuda", 2)
    monkeypatch.setattr("videosal.models.training.hardware.distributed.resolve_device", lambda name: name)
    assert _choose_device("cpu", 5) == "cpu"


def test_processes_are_a_record() -> None:
    assert Processes(1, 2, "cpu").first is False
