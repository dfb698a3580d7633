"""What scoring takes from beside a video: the negatives of sAUC, and the baseline of IG."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from videosal.benchmark.plan import CENTER
from videosal.datasets import (
    all_negatives,
    draw_from_all,
    draw_negatives,
    negatives_from_map,
    same_video_negatives,
)
from videosal.datasets.files.images import read_map
from videosal.metrics import imresize, rescale_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from videosal.benchmark.plan import Plan
    from videosal.datasets import Dataset, Negatives, Video


def choose_negatives(plan: Plan, dataset: Dataset, video: Video) -> Negatives | None:
    """Build the sAUC negatives as the protocol wants them; None where there are none."""
    rules = plan.protocol
    if plan.negatives is not None:
        return negatives_from_map(Path(plan.negatives), video)
    if rules.negatives == "same-video":
        return same_video_negatives(video)
    if rules.negatives == "whole-set":
        swapped = plan.bug_compatible and any(bug.in_negatives for bug in rules.bugs)
        rescale = partial(rescale_points, swap_axes=True) if swapped else None
        return draw_from_all(dataset, video, count=rules.negative_frames, seed=plan.seed, rescale=rescale)
    if rules.negatives == "none" or len(dataset) < 2:
        return None
    if rules.negative_frames == 0:
        return all_negatives(dataset, video)
    return draw_negatives(dataset, video, count=rules.negative_frames, seed=plan.seed)


def kind_of_negatives(plan: Plan) -> tuple[object, ...]:
    """What `choose_negatives` looks at in a plan: those that agree in it have the same negatives."""
    rules = plan.protocol
    swapped = plan.bug_compatible and any(bug.in_negatives for bug in rules.bugs)
    return plan.negatives, plan.seed, rules.negatives, rules.negative_frames, swapped


def make_baseline(plan: Plan, video: Video, others: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Return the IG baseline at the size of the video's fixations."""
    if others is not None:
        # The bicubic kernel can fall below zero beside a steep edge.
        return np.clip(imresize(others, video.gaze_size), 0, None)
    if plan.baseline == CENTER:
        from videosal.models import center_map

        return np.asarray(center_map(*video.gaze_size), np.float64)
    return imresize(read_map(Path(plan.baseline)), video.gaze_size)
