"""The human bound: how well people predict people, as a run like that of a model.

The observers of a video are split into two halves at random; the smoothed fixations of one half are the map that is
scored against the other half, and the other way round. A model cannot be expected to do better than this.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from videosal.datasets.spacing import evenly_spaced
from videosal.disk.safe_name import safe_name
from videosal.errors import DatasetError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from videosal.benchmark.plan import Plan
    from videosal.benchmark.runs.results import Run
    from videosal.datasets import Dataset, Video
    from videosal.metrics import Protocol

METRICS = ("cc", "nss", "sim", "kld", "auc_judd", "auc_borji", "sauc")
#: Standard deviations of the smoothing that cross-validation chooses from, as shares of the width.
SMOOTHINGS = (1 / 128, 1 / 96, 1 / 64, 1 / 48, 1 / 32, 1 / 24, 1 / 16, 1 / 12, 1 / 8)
_TRIAL_FRAMES = 60  # for the choice of the smoothing, spread over the videos
_UNIFORM = 0.01  # share of chance in a map whose likelihood is asked for, so that a lone fixation is not impossible

Folds = Literal["halves", "each"]


def score_human(
    dataset: str,
    root: str | Path | None = None,
    *,
    out: str | Path | None = None,
    name: str = "human",
    metrics: Sequence[str] = METRICS,
    folds: Folds = "halves",
    smoothing: float | None = None,
    protocol: str | Protocol = "standard",
    seed: int = 0,
) -> Run:
    """Score people against people.

    Parameters
    ----------
    dataset : str
        Data set and split whose copy tells the observers apart (raw gaze of DIEM or DHF1K).
    root : path, optional
        Folder of the copy.
    out : path, optional
        The run directory, new or empty. Default: ``runs/NAME-DATASET-SPLIT``.
    name : str
        Name of the row in tables.
    metrics : sequence of str
        CC, SIM and KLD compare the map with the other observers' fixations under the same smoothing.
    folds : {"halves", "each"}
        Half of the observers from the other half, both ways, or each observer from all others: the bound for an
        infinite and for a single other observer lies between the two for metrics that need many fixations.
    smoothing : float, optional
        Standard deviation of the Gaussian in pixels. Default: the one under which left-out observers are most
        likely, chosen on up to 60 frames.
    protocol : str or Protocol
        A name from `videosal.metrics.list_protocols`, or a protocol of your own.
    seed : int
        Of the halves and of the sAUC negatives.

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
        `out` is in use.
    """
    from videosal.benchmark.evaluation import describe_plan
    from videosal.benchmark.plan import CENTER, MEAN_OTHERS, Plan
    from videosal.benchmark.runs import store
    from videosal.benchmark.runs.finish import finish_run
    from videosal.benchmark.runs.identify import NOBODY, make_identity
    from videosal.benchmark.runs.provenance import describe_session
    from videosal.datasets import load_dataset
    from videosal.metrics.protocols.registry import protocol_of_results

    rules = protocol_of_results(protocol)
    data = load_dataset(dataset, root)
    sigma = smoothing if smoothing is not None else choose_smoothing(data, folds=folds, seed=seed)
    if sigma <= 0 or folds not in ("halves", "each"):
        raise InputError(f"smoothing is {sigma} and folds {folds!r}: expected pixels above 0, and halves or each")
    default = Path("runs") / safe_name(f"{name}-{data.name}-{data.split.name}")
    path = Path(out).expanduser() if out is not None else default
    baseline = MEAN_OTHERS if len(data) > 1 else CENTER
    plan = Plan(data.full_name, data.root, rules, tuple(metrics), baseline, seed, recipe=data.recipe)
    what = "half of the observers" if folds == "halves" else "each observer"
    row: dict[str, Any] = {
        "name": name,
        "kind": "model",
        "model": {"title": "Human"},
        "model_spec": {"name": "human", "weights": None, "device": "cpu", "options": {"folds": folds}},
        "method": f"{what} predicted from the others, smoothed with a Gaussian of {sigma:.3g} pixels",
        "made_by": NOBODY | {"model": "human", "options": {"folds": folds, "smoothing": sigma}},
    }
    identity = make_identity(plan, data, row)
    info = {**row, **describe_plan(plan, data, identity), "sessions": [describe_session()]}
    with store.new_run(path):
        results = [_score_video(data, video, plan, identity.result, sigma, folds) for video in data]
        for result in results:
            store.write_video(path, result)
        return finish_run(path, info, results)


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
    trials: list[tuple[tuple[int, int], NDArray[Any], NDArray[Any]]] = []
    per_video = max(1, _TRIAL_FRAMES // max(1, len(data)))
    for video in data:
        names = video.frame_names
        for index in evenly_spaced(len(names), per_video):
            pairs = list(_folds(video.observer_points(names[index]) or {}, folds, _generator(video, seed)))
            trials += [(video.size, known, left) for known, left in pairs[:2]]
        if len(trials) >= 2 * _TRIAL_FRAMES:
            break
    if not trials:
        raise DatasetError(
            f"{data.full_name} at {data.root} does not tell observers apart: the human bound needs raw gaze (DIEM's "
            "event_data, or DHF1K's exportdata_train beside its annotation)"
        )
    width = data[0].size[1]
    likelihoods = [sum(_log_likelihood(*trial, share * trial[0][1]) for trial in trials) for share in SMOOTHINGS]
    return float(SMOOTHINGS[int(np.argmax(likelihoods))] * width)


def _score_video(data: Dataset, video: Video, plan: Plan, identity: str, sigma: float, folds: Folds) -> Any:
    from videosal.benchmark.scoring.video_scores import VideoScores
    from videosal.code_identity import suite_digest
    from videosal.datasets import draw_negatives

    metrics, seed = plan.metrics, plan.seed
    others = draw_negatives(data, video, seed=seed) if "sauc" in metrics and len(data) > 1 else None
    generator = _generator(video, seed)
    scores: dict[str, list[float]] = {metric: [] for metric in metrics}
    for frame in video.frame_names:
        points = video.observer_points(frame) or {}
        negatives = others.for_frame(frame) if others is not None else None
        found = [
            _score_fold(known, left, negatives, video.size, sigma, metrics, plan.protocol)
            for known, left in _folds(points, folds, generator)
        ]
        for metric in metrics:
            values = [fold[metric] for fold in found if fold[metric] == fold[metric]]
            scores[metric].append(float(np.mean(values)) if values else float("nan"))
    frames = list(video.frame_names)
    negatives_of = list(others.sources) if others is not None else []
    truth = [stamp.with_content({}) for stamp in video.truth_files()]
    return VideoScores(
        video.name, identity, frames, ["ok"] * len(frames), scores, negatives_of, ["uint8"], truth, suite=suite_digest()
    )


def _score_fold(
    known: NDArray[Any],
    left: NDArray[Any],
    negatives: NDArray[Any] | None,
    size: tuple[int, int],
    sigma: float,
    metrics: Sequence[str],
    rules: Protocol,
) -> dict[str, float]:
    from videosal.benchmark.maps.saved_maps import quantise
    from videosal.metrics import metric_info, score_frame

    given = {
        "density": quantise(_smooth(left, size, sigma)),
        "fixations": left,
        "other_fixations": negatives if negatives is not None and len(negatives) else None,
        "baseline": None,
    }
    defined = [name for name in metrics if all(given[need] is not None for need in metric_info(name).needs)]
    found = score_frame(
        quantise(_smooth(known, size, sigma)),
        given["density"],
        given["fixations"],
        other_fixations=given["other_fixations"],
        metrics=defined,
        protocol=rules,
    )
    return {name: found.get(name, float("nan")) for name in metrics}


def _folds(
    points: dict[str, NDArray[np.int64]], folds: Folds, generator: np.random.Generator
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield the fixations that are known and those that are to be predicted."""
    names = sorted(name for name, found in points.items() if len(found))
    if len(names) < 2:
        return
    if folds == "halves":
        mixed = list(generator.permutation(names))
        halves = mixed[: len(mixed) // 2], mixed[len(mixed) // 2 :]
        pairs = [halves, halves[::-1]]
    else:
        pairs = [([other for other in names if other != name], [name]) for name in names]
    for known, left in pairs:
        yield np.concatenate([points[name] for name in known]), np.concatenate([points[name] for name in left])


def _smooth(points: NDArray[Any], size: tuple[int, int], sigma: float) -> NDArray[np.float64]:
    """Sum a Gaussian at each fixation; mass beside the frame is lost. A sum of few separable bumps is a product."""
    rows, columns = (
        np.exp(-((points[:, axis, None] - np.arange(side)) ** 2) / (2 * sigma**2)) for axis, side in enumerate(size)
    )
    summed: NDArray[np.float64] = rows.T @ columns
    return summed


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


def _generator(video: Video, seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(video.name.encode())])
