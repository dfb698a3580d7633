"""Fit a calibration of brightness and centre prior on a training split, before other videos are scored with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from videosal.benchmark.maps.inventory import other_videos, take_inventory
from videosal.benchmark.scoring.recorder import stored_numbers
from videosal.benchmark.scoring.scorer import Scorer
from videosal.datasets.spacing import evenly_spaced
from videosal.errors import InputError
from videosal.metrics.calibration import fit_calibration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from videosal.benchmark.plan import Plan
    from videosal.datasets import Dataset

FRAMES_PER_VIDEO = 32  # evenly spaced


def calibrate_on(
    plans: Sequence[Plan], truth: Dataset, split: str, predictions: Path | None, first_frame: int | None = None
) -> list[Plan]:
    """Return plans with a calibration that is fitted on another split of the same copy.

    Parameters
    ----------
    plans, truth
        What is to be scored.
    split : str
        Name of the split to fit on, ``train``.
    predictions : Path or None
        The maps, which must hold those of that split too; None for a live model.
    first_frame : int, optional
        As for `videosal.score`.

    Raises
    ------
    InputError
        The split has videos in common with the one that is scored.
    """
    training = truth.sibling(split)
    common = {video.name for video in training} & {video.name for video in truth}
    if common:
        raise InputError(
            f"{training.full_name} and {truth.full_name} have {len(common)} videos in common ({min(common)}): "
            "a calibration is never fitted on scored frames"
        )
    fitted: dict[str, str] = {}  # by the rule for luma, which decides what maps in videos are
    for plan in plans:
        if (luma := plan.protocol.luma) not in fitted:
            fitted[luma] = fit_calibration(_pairs(plan, training, predictions, first_frame)).to_json()
    return [replace(plan, calibration=fitted[plan.protocol.luma], calibrated_on=training.full_name) for plan in plans]


def _pairs(
    plan: Plan, training: Dataset, predictions: Path | None, first_frame: int | None
) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Yield maps with their densities, for evenly spaced frames of each video that have both."""
    model = replace(plan.model, save_maps=None) if plan.model else None
    scorer = Scorer([replace(plan, dataset=training.full_name, model=model)], training)
    files = None
    if predictions is not None:
        others = other_videos(plan.dataset, [video.name for video in training], plan.dataset_options)
        files = take_inventory(predictions, training.videos, others, first_frame).files
    for video in training:
        names = video.frame_names
        chosen = {names[i] for i in evenly_spaced(len(names), FRAMES_PER_VIDEO)}
        found = None if files is None else {f: ref for f, ref in files[video.name].items() if f in chosen}
        for frame, stored in zip(names, scorer.maps(video, found), strict=True):
            density = video.density(frame) if frame in chosen and not isinstance(stored, str) else None
            if density is not None and not isinstance(stored, str):
                yield stored_numbers(stored, plan.protocol.luma), density
