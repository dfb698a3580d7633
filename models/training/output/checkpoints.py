"""What a training leaves on disk to go on from, and to predict with.

``state.pt`` is the truth: all that the next epoch needs, written at the end of each. ``last.safetensors`` and
``best.safetensors`` are made from it afterwards, so a kill between the two is mended when the training goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import torch

from videosal.disk.whole_file import write_whole
from videosal.errors import RunError
from videosal.models.networks import match_official, official_state_dict
from videosal.models.weights.checkpoint_files import read_checkpoint, write_checkpoint
from videosal.models.weights.pytorch_files import check_sums

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

SCHEMA = 1
CONFIG, STATE, BEST, LAST = "config.toml", "state.pt", "best.safetensors", "last.safetensors"
STEPS, EPOCHS, BOARD = "steps.csv", "epochs.csv", "tensorboard"


@dataclass(frozen=True, slots=True)
class State:
    """A training between two epochs.

    Attributes
    ----------
    step : int
        Steps so far.
    epochs : list of dict
        What `videosal.models.training.output.logs.write_epochs` writes of each epoch so far.
    network : dict
        Its state dict.
    optimizer, scaler : dict or None
        Their state dicts, where the next epoch goes on with them.
    processes : int
        How many trained it.
    fingerprint : str
        Of the training split.
    """

    step: int
    epochs: list[dict[str, Any]]
    network: dict[str, Any]
    optimizer: dict[str, Any] | None
    scaler: dict[str, Any] | None
    processes: int
    fingerprint: str


def clear(folder: Path) -> None:
    """Remove what a training left in its folder, but not its lock."""
    import shutil

    for name in (STATE, CONFIG, BEST, LAST, STEPS, EPOCHS):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / BOARD, ignore_errors=True)


def write_state(folder: Path, state: State) -> None:
    """Write ``state.pt``, complete or not at all."""
    content = {"schema": SCHEMA, **{field.name: getattr(state, field.name) for field in fields(State)}}

    def write(part: Path) -> None:
        try:
            torch.save(content, part)
        except RuntimeError as error:  # torch's answer to a full disk
            raise OSError(str(error).splitlines()[0]) from error

    write_whole(folder / STATE, write)


def read_state(folder: Path) -> State | None:
    """Read ``state.pt``, of plain values and tensors only; None where there is none.

    Raises
    ------
    RunError
        The file is damaged, or another version wrote it.
    """
    file = folder / STATE
    if not file.is_file():
        return None
    try:
        check_sums(file)
        content = torch.load(file, map_location="cpu", weights_only=True)
        schema = content.pop("schema")
    except Exception as error:  # a damaged file can raise anything
        raise RunError(f"{file} is damaged: start again with --existing overwrite") from error
    if schema != SCHEMA:
        raise RunError(f"{file} has schema {schema}, this version reads {SCHEMA}: use that version, or start again")
    return State(**content)


def write_weights(file: Path, network: nn.Module, *, model: str) -> None:
    """Write the weights of a network under the authors' names, for `videosal run --weights`."""
    write_checkpoint(file, official_state_dict(network), model=model)


def load_weights(file: Path, network: nn.Module) -> None:
    """Load what `write_weights` wrote into the network."""
    network.load_state_dict(match_official(network, read_checkpoint(file)))
