"""`videosal.models.train_network`: settings in, a folder with weights and logs out."""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from videosal.disk.folder_lock import hold
from videosal.disk.whole_file import write_whole
from videosal.errors import RunError
from videosal.models.training.config import changed_keys, format_config, make_config, read_config
from videosal.models.training.hardware.distributed import Processes, join_processes
from videosal.models.training.hardware.footprint import check_shared_memory
from videosal.models.training.loop import TrainingLoop
from videosal.models.training.output import checkpoints
from videosal.models.training.output.logs import check_board
from videosal.models.training.recipe import Recipe, prepare_recipe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from videosal.models.training.config import TrainingConfig
    from videosal.models.training.loop import Progress
    from videosal.models.video.clip_network import ClipNetworkEntry

Existing = Literal["resume", "overwrite", "error"]


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What a training left.

    Attributes
    ----------
    folder : Path
        Its files: ``config.toml``, ``steps.csv``, ``epochs.csv``, ``best.safetensors``, ``last.safetensors`` and
        ``state.pt``, from which it can go on.
    config : TrainingConfig
        The settings, with all that was filled in.
    epochs : list of dict
        The rows of ``epochs.csv``.
    """

    folder: Path
    config: TrainingConfig
    epochs: list[dict[str, Any]]

    @property
    def best_epoch(self) -> dict[str, Any]:
        """The row of the epoch after which the weights in ``best.safetensors`` were kept."""
        return [row for row in self.epochs if row["best"]][-1]

    @property
    def best(self) -> Path:
        """The weights with the lowest validation loss, for `videosal.create_model`."""
        return self.folder / checkpoints.BEST


def train_network(
    model: str | ClipNetworkEntry,
    dataset: str,
    root: str | Path | None = None,
    *,
    existing: Existing = "resume",
    progress: Progress | None = None,
    **settings: Any,
) -> TrainingResult:
    """Train a network that sees clips.

    Parameters
    ----------
    model : str or ClipNetworkEntry
        A registered name, ``file.py:Name``, or an entry of your own.
    dataset : str
        ``dhf1k``; its split ``train`` is trained on, and ``val`` validated on (``test`` where there is none).
    root : path, optional
        Folder of the copy; see `videosal.load_dataset`.
    existing : {"resume", "overwrite", "error"}
        What to do if a training is in the folder already: go on from its last epoch, start again, or refuse.
    progress : callable, optional
        Called after each step with the steps done, those that there are at most (both without those of earlier
        sittings), and a text.
    **settings
        The fields of `videosal.models.training.config.TrainingConfig`, such as ``out="trained/mine"``, ``epochs=20``
        and ``loss="kld - 0.5*cc"``.

    Returns
    -------
    TrainingResult

    Raises
    ------
    InputError
        A setting is unknown or cannot be.
    RunError
        The folder is held by another process, cannot be written, or holds a training with other settings. Or the
        memory that processes share is too small for the workers.
    ModelError
        A loss is no number, the device has too little memory, or the network gives no maps.
    UnknownNameError, PluginError, DatasetError, FileError
        The network, the data or a checkpoint cannot be used.
    """
    entry = None if isinstance(model, str) else model
    name = model if isinstance(model, str) else model.name
    config = make_config({"model": name, "dataset": dataset, "root": root, **settings})
    return run_training(config, entry=entry, existing=existing, progress=progress)


def run_training(
    config: TrainingConfig,
    *,
    entry: ClipNetworkEntry | None = None,
    existing: Existing = "resume",
    progress: Progress | None = None,
) -> TrainingResult:
    """Train by settings that are put together already; see `train_network`."""
    with join_processes(config.device) as processes, _quiet(processes):
        recipe = prepare_recipe(config, entry)
        check_shared_memory(recipe)
        if config.tensorboard:
            check_board()
        with ExitStack() as stack:

            def take_folder() -> None:
                stack.enter_context(hold(recipe.folder, "training into"))
                _open_folder(recipe, existing)

            processes.lead(take_folder)  # the others wait until it is as they should find it
            rows = TrainingLoop(recipe, processes, checkpoints.read_state(recipe.folder)).run(progress)
        return TrainingResult(recipe.folder, recipe.config, rows)


def _open_folder(recipe: Recipe, existing: Existing) -> None:
    """Make the folder ready: empty, or with a training that goes on."""
    folder, file = recipe.folder, recipe.folder / checkpoints.CONFIG
    if file.exists() and existing == "error":
        raise RunError(f"{folder} holds a training: choose another --out, or --existing resume or overwrite")
    if existing == "overwrite" or not (folder / checkpoints.STATE).exists():
        checkpoints.clear(folder)
    elif file.exists() and (changed := changed_keys(make_config(read_config(file), where=str(file)), recipe.config)):
        raise RunError(
            f"{folder} was trained with another {' and another '.join(changed)}: choose another --out, "
            "or start again with --existing overwrite"
        )
    write_whole(file, lambda part: part.write_text(format_config(recipe.config), encoding="utf-8"))


@contextmanager
def _quiet(processes: Processes) -> Iterator[None]:
    """Let only the first process warn: the others know nothing else."""
    logger = logging.getLogger("videosal")
    level = logger.level
    if not processes.first:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
