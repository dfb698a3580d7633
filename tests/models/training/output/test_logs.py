from __future__ import annotations

import math
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from videosal.errors import InputError
from videosal.models.training.output.logs import STEP_COLUMNS, Board, StepLog, check_board, write_epochs

if TYPE_CHECKING:
    from pathlib import Path


def row(step: int, **values: Any) -> dict[str, Any]:
    return {**dict.fromkeys(STEP_COLUMNS, 0), "step": step, **values}


def test_each_step_is_on_disk_at_once_and_exact(tmp_path: Path) -> None:
    with StepLog(tmp_path, 0) as log:
        log.write(row(1, loss=0.1 + 0.2, lr=1e-4))
        log.write(row(2, loss=math.nan))
        log.flush()
        lines = (tmp_path / "steps.csv").read_text().splitlines()
    assert lines[0] == "step,epoch,lr,loss,gradient_norm,clips,skipped,seconds"
    assert float(lines[1].split(",")[3]) == 0.1 + 0.2
    assert lines[2] == "2,0,0,,0,0,0,0"


def test_steps_that_are_done_again_are_dropped_also_a_torn_one(tmp_path: Path) -> None:
    with StepLog(tmp_path, 0) as log:
        for step in (1, 2, 3):
            log.write(row(step))
    with (tmp_path / "steps.csv").open("a") as file:
        file.write("4,0,0")
    with StepLog(tmp_path, 2) as log:
        log.write(row(3, loss=7.5))
    assert [line.split(",")[0] for line in (tmp_path / "steps.csv").read_text().splitlines()] == ["step", "1", "2", "3"]
    with StepLog(tmp_path, 0):
        pass
    assert len((tmp_path / "steps.csv").read_text().splitlines()) == 1


def test_missing_steps_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with StepLog(tmp_path, 2):
        pass
    assert caplog.messages == [
        f"{tmp_path / 'steps.csv'} holds 0 of the 2 steps so far: the others are lost, training goes on"
    ]


def test_epochs_may_gain_columns(tmp_path: Path) -> None:
    write_epochs(tmp_path, [{"epoch": 1, "best": True}, {"epoch": 2, "best": False, "val_cc": math.nan}])
    assert (tmp_path / "epochs.csv").read_text() == "epoch,best,val_cc\n1,1,\n2,0,\n"


def test_tensorboard_is_asked_for_where_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(InputError, match="--tensorboard needs a package that is not there: pip install tensorboard"):
        check_board()


def test_tensorboard_gets_numbers_and_forgets_steps_that_are_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Any] = []

    class Writer:
        def __init__(self, folder: Path, purge_step: int) -> None:
            calls.append((folder.name, purge_step))

        def add_scalar(self, name: str, value: float, step: int) -> None:
            calls.append((name, value, step))

        def close(self) -> None:
            calls.append("closed")

    module: Any = ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = Writer
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    board = Board(tmp_path, 4)
    board.write("step", {"step": 5, "epoch": 2, "loss": 0.5, "name": "x"}, 5)
    board.close()
    assert calls == [("tensorboard", 5), ("step/loss", 0.5, 5), "closed"]
