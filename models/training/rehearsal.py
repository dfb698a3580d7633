"""A look at what a training would do: its data, its memory, and one real step. Nothing is written."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from videosal.datasets import LayoutAdapter, inspect_copy, parse_name
from videosal.errors import DatasetError, ModelError
from videosal.models.memory import PeakMemory
from videosal.models.training.hardware.distributed import join_processes
from videosal.models.training.hardware.footprint import Footprint, check_shared_memory, estimate_footprint, free_memory
from videosal.models.training.loop import TrainingLoop
from videosal.models.training.recipe import Recipe, prepare_recipe

if TYPE_CHECKING:
    from videosal.datasets import Dataset
    from videosal.models.training.config import TrainingConfig
    from videosal.models.training.loop import Progress
    from videosal.models.training.steps.step import StepResult
    from videosal.models.video.clip_network import ClipNetworkEntry


@dataclass(frozen=True, slots=True)
class SplitReport:
    """What a split holds.

    Attributes
    ----------
    name : str
        ``dhf1k:train``.
    videos, frames : int
        Videos, and frames with ground truth.
    short : int
        Videos shorter than a clip.
    partial : bool
        Whether the copy holds less than the full split.
    problems : tuple of str
        What ``videosal verify`` would say should be mended.
    """

    name: str
    videos: int
    frames: int
    short: int
    partial: bool
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What was found out.

    Attributes
    ----------
    config : TrainingConfig
        The settings, with all that is filled in.
    training, validation : SplitReport
        The data.
    footprint : Footprint
        The memory that a step should need.
    free : int or None
        Bytes that were free on the device.
    device : str
        Where the step was made.
    step : StepResult
        The step, with its loss before the update.
    seconds : float
        It took, without reading its clips.
    peak : int or None
        Bytes that were in use at most, where that can be measured.
    """

    config: TrainingConfig
    training: SplitReport
    validation: SplitReport
    footprint: Footprint
    free: int | None
    device: str
    step: StepResult
    seconds: float
    peak: int | None


def rehearse(
    config: TrainingConfig, *, entry: ClipNetworkEntry | None = None, progress: Progress | None = None
) -> Rehearsal:
    """Check data and memory, and make the first step of a training.

    Parameters
    ----------
    config : TrainingConfig
        Of the training.
    entry : ClipNetworkEntry, optional
        The network, where it is not registered.
    progress : callable, optional
        Told what is being looked at: done, in all, and a text.

    Raises
    ------
    ModelError
        The memory is too small for a step, or the step fails.
    DatasetError
        No clip of the training split can be used.
    VideosalError
        As `videosal.models.train_network`.
    """
    with join_processes(config.device) as processes:
        recipe = prepare_recipe(config, entry)
        check_shared_memory(recipe)
        training, validation = (_report(recipe, split, progress) for split in (recipe.training, recipe.validation))
        footprint, free = estimate_footprint(recipe), free_memory(processes.device)
        if free is not None and footprint.total > free:
            raise ModelError(
                f"a step needs about {footprint.total / 1e9:.1f} GB, and {processes.device} has {free / 1e9:.1f} GB "
                "free: lower --batch or --micro-batch, or give --gradient-checkpointing"
            )
        loop = TrainingLoop(recipe, processes, None)
        with PeakMemory(processes.device) as memory:
            step, seconds = _first_step(loop)
        return Rehearsal(
            recipe.config, training, validation, footprint, free, processes.device, step, seconds, memory.peak
        )


def _report(recipe: Recipe, split: Dataset, progress: Progress | None) -> SplitReport:
    lengths = [len(video.frames) for video in split]
    return SplitReport(
        split.full_name,
        len(split),
        sum(len(video.frame_names) for video in split),
        sum(length < recipe.entry.length for length in lengths),
        split.coverage().partial,
        _find_problems(recipe, split, progress),
    )


def _find_problems(recipe: Recipe, split: Dataset, progress: Progress | None) -> tuple[str, ...]:
    """Ask the doctor, where the data set's layouts are declared."""
    options = recipe.config.dataset_options
    adapter, _ = parse_name(split.full_name, **options)
    if not isinstance(adapter, LayoutAdapter) or not split.root.is_dir():
        return ()
    inspection = inspect_copy(split.full_name, split.root, progress=progress, **options)
    return tuple(f"{finding.where}: {finding.text}" for finding in inspection.problems)


def _first_step(loop: TrainingLoop) -> tuple[StepResult, float]:
    with loop.own_numbers():
        loop.begin_epoch(drops=0)
        for batch in loop.batches():
            began = time.perf_counter()
            step = loop.make_step(batch)
            if step.clips:
                return step, time.perf_counter() - began
    raise DatasetError(f"no clip of {loop.recipe.training.full_name} can be used: their frames have no ground truth")
