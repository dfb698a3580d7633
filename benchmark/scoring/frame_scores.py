"""Score one frame: the metrics whose inputs it has, each at the size of the map that it looks at."""

from __future__ import annotations

import math
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.errors import InputError
from videosal.metrics import Baseline, get_protocol, metric_info, score_frame

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from videosal.benchmark.plan import Plan
    from videosal.datasets import Video


class FrameScorer:
    """Scores frames as a plan says."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._rules = get_protocol(plan.protocol)

    def score(
        self,
        video: Video,
        frame: str,
        saliency: NDArray[Any],
        others: NDArray[np.int64] | None,
        baseline: Baseline | None,
        metrics: tuple[str, ...],
    ) -> tuple[dict[str, float], set[str]]:
        """Score the metrics whose inputs this frame has; name those that the map alone leaves undefined."""
        given: dict[str, Any] = {
            "density": video.stored_density(frame, self._rules.luma),
            "fixations": video.fixation_points(frame) if self._rules.repeats else video.stored_fixations(frame),
            "other_fixations": others,
            "baseline": baseline,
        }
        defined = _defined(metrics, tuple(name for name, value in given.items() if value is not None))
        if given["fixations"] is None or (given["density"] is not None and video.gaze_size == video.size):
            return self._score_given(video, frame, saliency, given, defined)
        scores: dict[str, float] = {}
        lost: set[str] = set()
        for own, names in _own_sizes(video, frame, given, defined):
            found, undefined = self._score_given(video, frame, saliency, own, names)
            scores |= found
            lost |= undefined
        return {metric: scores[metric] for metric in defined}, lost

    def _score_given(
        self, video: Video, frame: str, saliency: NDArray[Any], given: dict[str, Any], defined: tuple[str, ...]
    ) -> tuple[dict[str, float], set[str]]:
        """Score metrics whose inputs are all given."""
        plan = self._plan
        # Each frame has draws of its own, the same in every process.
        seed = None if plan.sample is None else zlib.crc32(f"{plan.sample} {video.name} {frame}".encode())

        def score(image: NDArray[Any], names: tuple[str, ...]) -> dict[str, float]:
            return score_frame(
                image, **given, metrics=names, protocol=plan.protocol, seed=seed, bug_compatible=plan.bug_compatible
            )

        try:
            scores = score(saliency, defined)
        except InputError as error:
            raise InputError(f"video {video.name}, frame {frame}: {error}") from error
        undefined = tuple(metric for metric in defined if math.isnan(scores[metric]))
        # Where a map that says something has a value, the ground truth is not to blame.
        allowed = score(_ramp(_size_of(video, given)), undefined) if undefined else {}
        return scores, {metric for metric, value in allowed.items() if not math.isnan(value)}


@lru_cache(maxsize=8)
def _ramp(size: tuple[int, int]) -> NDArray[Any]:
    """A map without equal halves and without zeros, for which a metric is defined wherever it can be."""
    rows, columns = (np.linspace(0, 1, side) for side in size)
    ramp: NDArray[Any] = np.rint(1 + 127 * (rows[:, None] + columns)).astype(np.uint8)
    return ramp


def _own_sizes(
    video: Video, frame: str, given: dict[str, Any], metrics: tuple[str, ...]
) -> list[tuple[dict[str, Any], tuple[str, ...]]]:
    """Part the metrics by which map they are scored at the size of, and give each what it needs.

    Raises
    ------
    InputError
        A metric needs both maps.
    """
    needs = {metric: set(metric_info(metric).needs) for metric in metrics}
    if both := [metric for metric, wanted in needs.items() if {"density", "fixations"} <= wanted]:
        (height, width), (rows, columns) = video.size, video.gaze_size
        raise InputError(
            f"video {video.name}, frame {frame}: {', '.join(both)} needs density and fixations of one size, and they "
            f"are {width}x{height} and {columns}x{rows}: leave it out of --metrics, or bring the maps to one size"
        )
    on_density = tuple(metric for metric in metrics if "density" in needs[metric])
    on_fixations = tuple(metric for metric in metrics if metric not in on_density)
    # No metric of these looks at this density: it tells the size of the frame, which points do not.
    blank = np.ones(video.gaze_size, np.uint8)
    split = [
        ({**given, "fixations": None, "other_fixations": None}, on_density),
        ({**given, "density": blank}, on_fixations),
    ]
    return [(own, names) for own, names in split if names]


def _size_of(video: Video, given: dict[str, Any]) -> tuple[int, int]:
    """Return the size at which a frame is scored."""
    return video.size if given["fixations"] is None else video.gaze_size


@lru_cache
def _defined(metrics: tuple[str, ...], given: tuple[str, ...]) -> tuple[str, ...]:
    """Choose the metrics whose inputs are given."""
    return tuple(metric for metric in metrics if set(metric_info(metric).needs) <= set(given))
