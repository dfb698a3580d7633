from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from tests.models.training.small_network import small
from videosal.disk.whole_file import write_whole
from videosal.errors import RunError
from videosal.models import create_model, register_model
from videosal.models.training.output import checkpoints
from videosal.models.training.output.checkpoints import State

if TYPE_CHECKING:
    from pathlib import Path

STATE = State(
    step=3,
    epochs=[{"epoch": 1, "train_loss": 0.1 + 0.2, "best": True}],
    network={"weight": torch.arange(3.0)},
    optimizer={"state": {0: {"step": torch.tensor(3.0)}}, "param_groups": [{"lr": 1e-4, "params": [0]}]},
    scaler={},
    processes=2,
    fingerprint="abc",
)


def test_a_state_reads_back_as_plain_values_and_tensors(tmp_path: Path) -> None:
    assert checkpoints.read_state(tmp_path) is None
    checkpoints.write_state(tmp_path, STATE)
    found = checkpoints.read_state(tmp_path)
    assert found is not None
    assert torch.equal(found.network["weight"], STATE.network["weight"])
    assert (found.step, found.epochs, found.processes, found.fingerprint) == (3, STATE.epochs, 2, "abc")
    assert found.optimizer == STATE.optimizer
    assert [file.name for file in tmp_path.iterdir()] == ["state.pt"]
    torch.load(tmp_path / "state.pt", weights_only=True)


def test_a_damaged_state_and_one_of_another_version(tmp_path: Path) -> None:
    file = tmp_path / "state.pt"
    checkpoints.write_state(tmp_path, STATE)
    content = file.read_bytes()
    for damaged in (b"", b"x", content[:300], content[:-50]):
        file.write_bytes(damaged)
        with pytest.raises(RunError, match=r"state\.pt is damaged: start again with --existing overwrite"):
            checkpoints.read_state(tmp_path)
    torch.save({"schema": 99}, file)
    with pytest.raises(RunError, match=r"state\.pt has schema 99, this version reads 1"):
        checkpoints.read_state(tmp_path)


def test_what_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")

    def fail(part: Path) -> None:
        part.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(RunError, match=r"cannot write .*file \(No space left on device\)"):
        write_whole(file, fail)
    assert [found.read_text() for found in tmp_path.iterdir()] == ["old"]


def test_weights_are_those_that_a_run_takes(tmp_path: Path) -> None:
    register_model("small")(small)
    network, other = small.build((8, 16)), small.build((8, 16))
    checkpoints.write_weights(tmp_path / "best.safetensors", network, model="small")
    checkpoints.load_weights(tmp_path / "best.safetensors", other)
    assert all(
        torch.equal(a, b) for a, b in zip(network.state_dict().values(), other.state_dict().values(), strict=True)
    )
    model = create_model("small", weights=tmp_path / "best.safetensors", device="cpu")
    assert not model.untrained  # type: ignore[attr-defined]


def test_clearing_leaves_what_is_not_ours(tmp_path: Path) -> None:
    for name in ("state.pt", "steps.csv", "notes.txt", "tensorboard/events"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    checkpoints.clear(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]
