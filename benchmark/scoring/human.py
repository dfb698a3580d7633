"""People in place of maps: some observers of a frame are held against the others.

A sum of few Gaussians that are products of a bump over rows and one over columns is a product of two thin matrices, and
the halves of a frame take turns as what is known and what is to be predicted: two maps a frame, made once.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from videosal.benchmark.maps.saved_maps import quantise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from videosal.benchmark.plan import Folds, Plan
    from videosal.benchmark.scoring.frame_scores import FrameScorer
    from videosal.datasets import Video
    from videosal.metrics import Baseline

    Points = NDArray[np.int64]

_NOTHING = 1e-15  # of a bump: products of less have no normal float32, and are slow


class HumanScorer:
    """Scores the observers of a video against each other, frame by frame in order.

    Parameters
    ----------
    plan : Plan
        With a human bound.
    video : Video
    frames : FrameScorer
        What holds a map against its ground truth.
    """

    def __init__(self, plan: Plan, video: Video, frames: FrameScorer) -> None:
        assert plan.human is not None
        self._rules, self._folds, self._video, self._frames = plan.protocol, plan.human.folds, video, frames
        self._generator = fold_generator(video, plan.seed)
        self._smooth = Smoothing(plan.human.smoothing, video.gaze_size)

    def score(
        self, frame: str, others: Points | None, baseline: Baseline | None, metrics: tuple[str, ...]
    ) -> dict[str, float]:
        """Average the scores of the folds of a frame, each metric over the folds that it is defined for.

        Returns
        -------
        dict of str to float
            Per metric whose inputs there are; none where fewer than two observers fixate.
        """
        points = self._video.observer_points(frame) or {}
        found: dict[str, list[float]] = {}
        maps: dict[int, NDArray[Any]] = {}
        for known, left in split_observers(points, self._folds, self._generator):
            # Halves swap their parts, and their maps are there already.
            maps = {one.key: maps[one.key] if one.key in maps else self._make_map(one.points) for one in (known, left)}
            given = {
                "density": maps[left.key],
                "fixations": left.points,
                "other_fixations": others if others is not None and len(others) else None,
                "baseline": baseline,
            }
            scores = self._frames.score_given(self._video, frame, self._rules, maps[known.key], given, metrics)
            for metric, value in scores.items():
                found.setdefault(metric, []).append(value)
        return {metric: _mean(values) for metric, values in found.items()}

    def _make_map(self, points: Points) -> NDArray[Any]:
        return quantise(self._smooth(points))


@dataclass(frozen=True, slots=True)
class Observers:
    """Some observers of a frame.

    Attributes
    ----------
    key : int
        Different for different observers of one frame.
    points : ndarray, shape (n, 2)
        Their fixations, (row, col).
    """

    key: int
    points: Points


def split_observers(
    points: dict[str, Points], folds: Folds, generator: np.random.Generator
) -> Iterator[tuple[Observers, Observers]]:
    """Yield the observers that are known and those that are to be predicted; nothing of fewer than two observers."""
    names = sorted(name for name, found in points.items() if len(found))
    if len(names) < 2:
        return
    if folds == "halves":
        mixed = [names[place] for place in generator.permutation(len(names))]
        first, second = (
            Observers(key, np.concatenate([points[name] for name in half]))
            for key, half in enumerate((mixed[: len(mixed) // 2], mixed[len(mixed) // 2 :]))
        )
        yield first, second
        yield second, first
        return
    for number, name in enumerate(names):
        others = np.concatenate([points[other] for other in names if other != name])
        yield Observers(2 * number, others), Observers(2 * number + 1, points[name])


def fold_generator(video: Video, seed: int) -> np.random.Generator:
    """Return what draws the halves of a video, the same in every process."""
    return np.random.default_rng([seed, zlib.crc32(video.name.encode())])


class Smoothing:
    """Sums of a Gaussian of height 1 at each fixation, in frames of one size; mass beside the frame is lost.

    Parameters
    ----------
    sigma : float
        Standard deviation in pixels.
    size : (int, int)
        Height and width.
    """

    def __init__(self, sigma: float, size: tuple[int, int]) -> None:
        self._map = np.empty(size, np.float32)
        # Fixations are whole pixels: a bump at any of them is a window of one bump.
        self._windows = [sliding_window_view(_bump(sigma, side), side) for side in size]

    def __call__(self, points: Points) -> NDArray[np.float32]:
        """Return the sum for some fixations, (n, 2); the next call overwrites it."""
        rows, columns = (windows[len(windows) - 1 - points[:, axis]] for axis, windows in enumerate(self._windows))
        return np.matmul(rows.T, columns, out=self._map)


def _bump(sigma: float, side: int) -> NDArray[np.float32]:
    """A Gaussian at the distances of two pixels of a frame, from 1 - side to side - 1."""
    bump = np.exp(-(np.arange(1.0 - side, side) ** 2) / (2 * sigma**2))
    bump[bump < _NOTHING] = 0
    return bump.astype(np.float32)


def _mean(values: list[float]) -> float:
    defined = [value for value in values if value == value]
    return float(np.mean(defined)) if defined else float("nan")
