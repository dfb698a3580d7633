"""From settings to what is trained: the network with its first weights, the data, the loss."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from videosal.datasets import load_dataset, mean_density, parse_name
from videosal.errors import FileError, ModelError
from videosal.models.networks import find_network
from videosal.models.training.clips import ClipFormat
from videosal.models.training.config import TrainingConfig, parse_size
from videosal.models.training.losses import Loss, parse_loss
from videosal.models.training.validation import STRIDES, check_metrics
from videosal.models.video.clip_network import ClipNetworkEntry
from videosal.models.weights.checkpoint_files import fit_weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn

    from videosal.datasets import Dataset

_log = logging.getLogger(__name__)

_VALIDATION = ("val", "test")  # the paper chose its best checkpoints on test sets where there is no validation set


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that a training needs, checked.

    Attributes
    ----------
    config : TrainingConfig
        With what the data set and the network fill in.
    entry : ClipNetworkEntry
        The network, of the input size of this training.
    training, validation : Dataset
        The two splits.
    loss : Loss
        What is minimised.
    """

    config: TrainingConfig
    entry: ClipNetworkEntry
    training: Dataset
    validation: Dataset
    loss: Loss

    @property
    def form(self) -> ClipFormat:
        """The network's clips."""
        return ClipFormat.of(self.entry)

    @property
    def folder(self) -> Path:
        """Where weights and logs go."""
        assert self.config.out is not None
        return Path(self.config.out).expanduser()


def prepare_recipe(config: TrainingConfig, entry: ClipNetworkEntry | None = None) -> Recipe:
    """Open the data and look up the network of some settings.

    Parameters
    ----------
    config : TrainingConfig
        What the user wants.
    entry : ClipNetworkEntry, optional
        The network. Default: the one that is registered as ``config.model``.

    Raises
    ------
    UnknownNameError, PluginError, ModelError
        There is no such network, or it takes no clips.
    DatasetError
        The copy is not there, or holds no video of a split.
    InputError
        The loss or a metric cannot be used.
    """
    entry = entry or _find_entry(config.model)
    if config.input_size is not None:
        entry = _resize(entry, config.input_size)
    loss = parse_loss(config.loss)
    check_metrics(config.metrics)
    training, validation = _open_splits(config)
    if "baseline" in loss.needs:
        loss = replace(loss, baseline=mean_density(training))
    height, width = entry.input_size
    filled = replace(
        config,
        dataset=training.full_name,
        validation=validation.split.name,
        input_size=f"{width}x{height}",
        stride=config.stride or STRIDES.get(training.name, entry.length),
        out=config.out or default_folder(config),
    )
    return Recipe(filled, entry, training, validation, loss)


def default_folder(config: TrainingConfig) -> str:
    """Return ``trained/MODEL-DATASET``; of ``file.py:Name`` the name."""
    model = re.sub(r"[^\w.-]+", "-", config.model.rpartition(":")[2])
    return str(Path("trained") / f"{model}-{config.dataset.removesuffix(':train').replace(':', '-')}")


def build_network(recipe: Recipe, state_dict: Mapping[str, Tensor] | None = None) -> nn.Module:
    """Build the network of a recipe in training mode, on the CPU.

    Parameters
    ----------
    recipe : Recipe
        What to train.
    state_dict : mapping of str to Tensor, optional
        Its weights, where training goes on. Default: those that it starts from; a warning says so where a backbone
        starts from fresh ones.

    Raises
    ------
    FileError
        A checkpoint cannot be read, or is not of this network, or is one of the other kind.
    """
    import torch

    config, entry = recipe.config, recipe.entry
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        network = entry.build(entry.input_size).train()
    if state_dict is not None:
        network.load_state_dict(state_dict)
    elif config.init is not None:
        _load(entry, network, config.init, complete=True)
    elif config.backbone_weights is not None:
        _load(entry, network, config.backbone_weights, complete=False)
    elif entry.find_backbone is not None:
        _log.warning(
            "the backbone of %s starts from fresh weights: give --backbone-weights FILE to start as its authors did",
            entry.name,
        )
    return network


def _find_entry(model: str) -> ClipNetworkEntry:
    entry = find_network(model)
    if not isinstance(entry, ClipNetworkEntry):
        raise ModelError(f"model {model!r} is a {type(entry).__name__}: only a ClipNetworkEntry can be trained")
    return entry


def _resize(entry: ClipNetworkEntry, size: str) -> ClipNetworkEntry:
    resized = replace(entry, input_size=parse_size(size))
    if resized.input_size != entry.input_size:
        height, width = entry.input_size
        _log.warning(
            "%s is trained at %s, but predicts at %dx%d: its weights may not fit there, or do worse",
            entry.name,
            size,
            width,
            height,
        )
    return resized


def _open_splits(config: TrainingConfig) -> tuple[Dataset, Dataset]:
    name, _, split = config.dataset.partition(":")
    training = load_dataset(f"{name}:{split or 'train'}", config.root, **config.dataset_options)
    chosen = config.validation or _find_validation(name, training)
    validation = training.sibling(chosen)
    if shared := {video.name for video in training} & {video.name for video in validation}:
        _log.warning("%d videos of %s are trained on too", len(shared), validation.full_name)
    return training, validation


def _find_validation(name: str, training: Dataset) -> str:
    """Choose the validation split; where the data set has none, a test split, with a warning."""
    adapter, _ = parse_name(training.full_name)
    others = [split.name for split in adapter.splits() if split.ground_truth and split.name != training.split.name]
    if not others:
        raise ModelError(f"{name} has no other split with ground truth: give --validation {training.split.name}")
    chosen = next((split for split in _VALIDATION if split in others), others[0])
    if chosen != _VALIDATION[0]:
        _log.warning(
            "%s has no validation split: the best weights are chosen on its %s split, as the paper did",
            name,
            chosen,
        )
    return chosen


def _load(entry: ClipNetworkEntry, network: nn.Module, file: str, *, complete: bool) -> None:
    fitted = fit_weights(entry, network, file)
    if fitted.complete and not complete:
        raise FileError(f"{file}: holds all weights of {entry.name}, not those of its backbone: give it as --init")
    if complete and not fitted.complete:
        raise FileError(f"{file}: holds a backbone only: give it as --backbone-weights")
    network.load_state_dict(fitted.tensors, strict=fitted.complete)
