"""The human bound: how well people predict people, as a run like that of a model.

The observers of a video are split into two halves at random; the smoothed fixations of one half are the map that is
scored against the other half, and the other way round. A model cannot be expected to do better than this.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack, get_args

import numpy as np

from videosal.benchmark.harness import Choices, carry_out
from videosal.benchmark.plan import Folds, HumanBound
from videosal.benchmark.preparation import prepare_plans
from videosal.benchmark.runs.identify import NOBODY
from videosal.benchmark.scoring.human import fold_generator, split_observers
from videosal.datasets.spacing import evenly_spaced
from videosal.errors import DatasetError, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from videosal.benchmark.evaluation import Progress
    from videosal.benchmark.harness import Options
    from videosal.benchmark.runs.results import Run
    from videosal.benchmark.runs.resume import Existing
    from videosal.datasets import Dataset
    from videosal.metrics import Protocol

#: Standard deviations of the smoothing that cross-validation chooses from, as shares of the width.
SMOOTHINGS = (1 / 128, 1 / 96, 1 / 64, 1 / 48, 1 / 32, 1 / 24, 1 / 16, 1 / 12, 1 / 8)
_TRIAL_FRAMES = 60  # for the choice of the smoothing, spread over the videos
_UNIFORM = 0.01  # share of chance in a map whose likelihood is asked for, so that a lone fixation is not impossible


def score_human(
    dataset: str,
    root: str | Path | None = None,
    *,
    folds: Folds = "halves",
    smoothing: float | None = None,
    name: str = "human",
    protocol: str | Protocol = "standard",
    metrics: Sequence[str] | None = None,
    workers: int = 1,
    out: str | Path | None = None,
    existing: Existing = "resume",
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> Run:
    """Score people against people, as `videosal.run` scores a model.

    Parameters
    ----------
    dataset : str
        Data set and split whose copy tells the observers apart (raw gaze of DIEM or DHF1K).
    folds : {"halves", "each"}
        Half of the observers from the other half, both ways, or each observer from all others: the bound for an
        infinite and for a single other observer lies between the two for metrics that need many fixations.
    smoothing : float, optional
        Standard deviation of the Gaussian in pixels. Default: the one under which left-out observers are most
        likely, chosen on up to 60 frames.
    name : str
        Name of the row in tables.
    metrics : sequence of str, optional
        Default: those of the protocol. CC, SIM and KLD compare the map with the other observers' fixations under the
        same smoothing, not with the density of the data set; the signature names that density.
    root, protocol, workers, out, existing, progress, **options
        As in `videosal.score`; `seed` is also that of the halves. There are no maps to `calibrate`.

    Returns
    -------
    Run
        A frame with fewer than two observers is undefined.

    Raises
    ------
    DatasetError
        The copy does not tell the observers apart.
    InputError
        An argument is out of range.
    RunError
        `out` cannot be written, or holds another run.
    """
    if folds not in get_args(Folds) or (smoothing is not None and not 0 < smoothing < float("inf")):
        raise InputError(f"smoothing is {smoothing} and folds {folds!r}: expected pixels above 0, and halves or each")
    if options.get("calibrate"):
        raise InputError("the human bound has no maps to calibrate: leave --calibrate out")
    [plan], truth = prepare_plans(dataset, root, [protocol], metrics, None, options)
    trials = _gather_trials(truth, folds, plan.seed)
    bound = HumanBound(folds, smoothing if smoothing is not None else _most_likely(trials, truth[0].gaze_size[1]))
    chosen = {"folds": folds, "smoothing": bound.smoothing}
    row: dict[str, Any] = {
        "name": name,
        "kind": "model",
        "model": {"title": "Human"},
        "model_spec": {"name": "human", "weights": None, "device": "cpu", "options": chosen},
        "method": f"{bound.left_out} predicted from the others, smoothed with a Gaussian of {bound.smoothing:.4g} px",
        "made_by": NOBODY | {"model": "human", "options": chosen},
        "map_notes": [f"people are held against people, not against the density of the data set: {bound.density}"],
    }
    choices: Choices = {"name": name, "metrics": metrics, "workers": workers, "existing": existing}
    [run] = carry_out(
        [(replace(plan, human=bound), row, out)], truth, None, {**options, **choices, "progress": progress}
    )
    return run


def choose_smoothing(data: Dataset, *, folds: Folds = "halves", seed: int = 0) -> float:
    """Choose the smoothing under which the left-out observers are most likely.

    Returns
    -------
    float
        Standard deviation in pixels, one of `SMOOTHINGS` times the width of the first video.

    Raises
    ------
    DatasetError
        No frame has two observers.
    """
    return _most_likely(_gather_trials(data, folds, seed), data[0].gaze_size[1])


class _Trial(NamedTuple):
    """Fixations of a frame of a size, some known and the others left out."""

    size: tuple[int, int]
    known: NDArray[Any]
    left: NDArray[Any]


def _gather_trials(data: Dataset, folds: Folds, seed: int) -> list[_Trial]:
    trials: list[_Trial] = []
    per_video = max(1, _TRIAL_FRAMES // max(1, len(data)))
    for video in data:
        names = video.frame_names
        for index in evenly_spaced(len(names), per_video):
            points = video.observer_points(names[index]) or {}
            pairs = list(split_observers(points, folds, fold_generator(video, seed)))
            trials += [_Trial(video.gaze_size, known.points, left.points) for known, left in pairs[:2]]
        if len(trials) >= 2 * _TRIAL_FRAMES:
            break
    if not trials:
        raise DatasetError(
            f"{data.full_name} at {data.root} does not tell observers apart: the human bound needs raw gaze (DIEM's "
            "event_data, or DHF1K's exportdata_train beside its annotation)"
        )
    return trials


def _most_likely(trials: list[_Trial], width: int) -> float:
    likelihoods = [sum(_log_likelihood(*trial, share * trial.size[1]) for trial in trials) for share in SMOOTHINGS]
    return float(SMOOTHINGS[int(np.argmax(likelihoods))] * width)


def _log_likelihood(size: tuple[int, int], known: NDArray[Any], left: NDArray[Any], sigma: float) -> float:
    """Mean log likelihood of the left-out fixations under the smoothed known ones; no map is needed for it."""
    from scipy.special import ndtr

    squared = ((left[:, None, :] - known[None, :, :]) ** 2).sum(axis=2)
    bumps = np.exp(-squared / (2 * sigma**2)).sum(axis=1) / (2 * np.pi * sigma**2)
    inside = np.ones(len(known))
    for axis, side in enumerate(size):
        inside *= ndtr((side - known[:, axis]) / sigma) - ndtr(-known[:, axis] / sigma)
    density = (1 - _UNIFORM) * bumps / inside.sum() + _UNIFORM / (size[0] * size[1])
    return float(np.log(density).mean())
