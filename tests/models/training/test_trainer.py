from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from tests.models.training.small_network import plain, small
from videosal.errors import InputError, RunError
from videosal.models import create_model, list_models, register_model, train_network
from videosal.models.training import loop
from videosal.models.training.output import checkpoints
from videosal.models.training.steps import schedules, step

if TYPE_CHECKING:
    from collections.abc import Callable

    from videosal.models import TrainingResult

SMALL = Path(__file__).with_name("small_network.py")
SETTINGS: dict[str, Any] = {"epochs": 4, "batch": 2, "lr": 1e-2, "device": "cpu", "metrics": ("cc",)}


def train(root: Path, out: Path, **settings: Any) -> TrainingResult:
    existing = settings.pop("existing", "resume")
    progress = settings.pop("progress", None)
    entry = settings.pop("entry", small)
    given = SETTINGS | settings
    return train_network(entry, "dhf1k", root, out=out, existing=existing, progress=progress, **given)


def curve(folder: Path) -> list[str]:
    """All of ``steps.csv`` but the times."""
    return [line.rpartition(",")[0] for line in (folder / "steps.csv").read_text().splitlines()]


def weights(folder: Path) -> dict[str, Any]:
    from safetensors.numpy import load_file

    return {name: load_file(folder / name) for name in ("best.safetensors", "last.safetensors")}


def assert_same(first: Path, second: Path) -> None:
    assert curve(first) == curve(second)
    for name, tensors in weights(first).items():
        for key, tensor in tensors.items():
            np.testing.assert_array_equal(tensor, weights(second)[name][key], f"{name} {key}")


def test_a_training_from_python(root: Path, tmp_path: Path) -> None:
    result = train(root, tmp_path / "out")
    assert len(result.epochs) == 4
    assert result.best_epoch["val_loss"] == min(row["val_loss"] for row in result.epochs)
    assert result.config.dataset == "dhf1k:train"
    stored = tomllib.loads((tmp_path / "out" / "config.toml").read_text())
    assert stored["input-size"] == "16x8"
    assert stored["validation"] == "val"
    assert stored["stride"] == 32
    register_model("small")(small)
    model: Any = create_model("small", weights=result.best, device="cpu")
    assert not model.untrained
    assert "small" in list_models()


def test_a_setting_that_is_none(root: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown key 'learning_rate'"):
        train(root, tmp_path / "out", learning_rate=1)


class Crash(BaseException):
    """As sudden as a kill, for this process."""


@pytest.mark.parametrize("schedule", ["paper", "authors"])
@pytest.mark.parametrize("place", ["write_state", "write_weights", "write_epochs", "step"])
def test_a_break_anywhere_leaves_no_trace(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, schedule: str, place: str
) -> None:
    """It comes again and again, each time one step or one file later.

    The third epoch starts from the best weights, those of the first, and makes better ones itself.
    """
    home: Any = {"write_epochs": loop, "step": step.Stepper}.get(place, checkpoints)
    act = getattr(home, place)
    losses = {"1": 1.0, "2": 2.0, "3": 0.5, "4": 3.0}
    monkeypatch.setattr(schedules, "AUTHORS_DROPS", (2, 3))
    breaks = 0
    for name, stumbles in {"whole": [100], "broken": [0, 1, 1, 1, 2, 3, 4, 5, 100]}.items():
        out = tmp_path / name
        monkeypatch.setattr(loop, "validate", lambda *_, out=out, **__: {"loss": losses[curve(out)[-1].split(",")[1]]})
        for left in stumbles:
            monkeypatch.setattr(home, place, stumble_after(left, act))
            try:
                train(root, out, schedule=schedule)
            except Crash:
                breaks += 1
    assert breaks >= 4
    assert_same(tmp_path / "whole", tmp_path / "broken")


def stumble_after(left: int, act: Callable[..., Any]) -> Callable[..., Any]:
    def stumble(*given: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise Crash
        return act(*given, **named)

    return stumble


@pytest.mark.slow
def test_a_kill_in_the_middle_of_an_epoch_leaves_no_trace(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "killed"
    options = {"dataset": "dhf1k", "root": root, "out": out, "epochs": 60, "batch": 2, "lr": 0.01, "metrics": "cc"}
    command = [sys.executable, "-m", "videosal", "train", f"{SMALL}:small", "--device", "cpu"]
    process = subprocess.Popen(command + [f"--{name}={value}" for name, value in options.items()])
    log, deadline = out / "steps.csv", time.monotonic() + 100
    while not (log.is_file() and len(log.read_text().splitlines()) > 8) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    state = checkpoints.read_state(out)
    assert state is not None
    assert 1 <= len(state.epochs) < 60
    epochs = len(state.epochs) + 3
    name = f"{SMALL}:small"
    train_network(name, "dhf1k", root, out=out, **(SETTINGS | {"epochs": epochs}))
    train_network(name, "dhf1k", root, out=tmp_path / "whole", **(SETTINGS | {"epochs": epochs}))
    assert_same(tmp_path / "whole", out)


def test_more_epochs_go_on_and_none_left_does_nothing(root: Path, tmp_path: Path) -> None:
    train(root, tmp_path / "whole", epochs=4)
    train(root, tmp_path / "parts", epochs=2)
    told: list[tuple[int, int, str]] = []
    train(root, tmp_path / "parts", epochs=4, progress=lambda *news: told.append(news))
    assert told[0][:2] == (1, 6)  # of what is left
    assert_same(tmp_path / "whole", tmp_path / "parts")
    times = {file: file.stat().st_mtime_ns for file in (tmp_path / "parts").glob("state.pt")}
    result = train(root, tmp_path / "parts", epochs=4)
    assert len(result.epochs) == 4
    assert times == {file: file.stat().st_mtime_ns for file in (tmp_path / "parts").glob("state.pt")}


def test_what_a_training_cannot_go_on_with(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    train(root, out, epochs=1)
    with pytest.raises(RunError, match="out was trained with another lr: choose another --out"):
        train(root, out, lr=1e-3)
    with pytest.raises(RunError, match="out holds a training: choose another --out"):
        train(root, out, existing="error")
    first = curve(out)
    train(root, out, lr=1e-3, epochs=1, existing="overwrite")
    assert curve(out)[1].split(",")[2] == "0.001"
    assert curve(out) != first
    (root / "annotation" / "0001" / "maps" / "0001.png").write_bytes(b"other")
    with pytest.raises(RunError, match=r"the ground truth of dhf1k:train is not what .*out was trained on"):
        train(root, out, lr=1e-3, epochs=2)


def test_the_number_of_processes_may_not_change(root: Path, tmp_path: Path) -> None:
    from dataclasses import replace

    train(root, tmp_path / "out", epochs=1)
    state = checkpoints.read_state(tmp_path / "out")
    assert state is not None
    checkpoints.write_state(tmp_path / "out", replace(state, processes=2))
    with pytest.raises(RunError, match="was trained by 2 processes, now there are 1: start as many"):
        train(root, tmp_path / "out")


def test_the_folder_is_held_while_it_trains(root: Path, tmp_path: Path) -> None:
    def intrude(*_: Any) -> None:
        with pytest.raises(RunError, match="another process is training into"):
            train(root, tmp_path / "out")
        intruded.append(True)

    intruded: list[bool] = []
    train(root, tmp_path / "out", epochs=1, progress=intrude)
    assert intruded


def test_float16_goes_on_with_its_scale(root: Path, tmp_path: Path) -> None:
    train(root, tmp_path / "whole", epochs=2, precision="float16", entry=plain)
    train(root, tmp_path / "parts", epochs=1, precision="float16", entry=plain)
    train(root, tmp_path / "parts", epochs=2, precision="float16", entry=plain)
    assert_same(tmp_path / "whole", tmp_path / "parts")
    state = torch.load(tmp_path / "parts" / "state.pt", weights_only=True)
    assert state["scaler"]["scale"] > 0


def test_tensorboard_is_looked_for_before_anything_is_written(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(InputError, match="--tensorboard needs a package"):
        train(root, tmp_path / "out", tensorboard=True)
    assert not (tmp_path / "out").exists()
