"""Score one frame: the metrics whose inputs it has, each at the size of the map that it looks at."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from videosal.benchmark.scoring.video_scores import LACKING, OK
from videosal.datasets.files.luma import GRAY16, numbers_of
from videosal.errors import InputError
from videosal.metrics import metric_info, score_protocols

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from videosal.benchmark.plan import Plan
    from videosal.datasets import Video
    from videosal.metrics import Baseline, Protocol


@dataclass(frozen=True, slots=True)
class Look:
    """What one plan scores of a frame: the map, what it is held against, and for which metrics.

    Attributes
    ----------
    rules : Protocol
    saliency : (h, w) array
    others : (n, 2) array or None
        The negatives of sAUC.
    baseline : Baseline or None
    metrics : tuple of str
    """

    rules: Protocol
    saliency: NDArray[Any]
    others: NDArray[np.int64] | None
    baseline: Baseline | None
    metrics: tuple[str, ...]


class FrameScores(NamedTuple):
    """What scoring a frame gives.

    Attributes
    ----------
    status : str
        ``ok``, or what the ground truth of the frame lacks.
    scores : dict of str to float
        Per metric whose inputs the frame has; NaN where it is undefined.
    lost : set of str
        Metrics that the map alone leaves undefined.
    """

    status: str
    scores: dict[str, float]
    lost: set[str]


class FrameScorer:
    """Scores frames as plans say that differ in their protocol; `plan` is any of them."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def score(self, video: Video, frame: str, looks: Sequence[Look]) -> list[FrameScores]:
        """For each look, score the metrics whose inputs this frame has.

        Each file is read once, and what looks at the same maps is scored together.
        """
        read = _Truth(video, frame)
        # Per look the passes over it: one, or one at the size of the density and one at that of the fixations.
        passes = [self._passes(video, frame, look, read) for look in looks]
        found = iter(self._score_all(video, frame, [part for parts in passes for part in parts]))
        together = []
        for look, parts in zip(looks, passes, strict=True):
            scores: dict[str, float] = {}
            lost: set[str] = set()
            for _ in parts:
                values, undefined = next(found)
                scores |= values
                lost |= undefined
            scores = {metric: scores[metric] for metric in look.metrics if metric in scores}
            together.append(FrameScores(read.status, scores, lost))
        return together

    def score_given(
        self,
        video: Video,
        frame: str,
        rules: Protocol,
        saliency: NDArray[Any],
        given: dict[str, Any],
        metrics: tuple[str, ...],
    ) -> dict[str, float]:
        """Score the metrics whose inputs are given, the arguments of `score_frame`, instead of the frame's own."""
        one = _Pass(rules, saliency, given, _defined(metrics, _present(given)))
        [(scores, _)] = self._score_all(video, frame, [one])
        return scores

    def _passes(self, video: Video, frame: str, look: Look, read: _Truth) -> list[_Pass]:
        """Choose the metrics whose inputs are there, and give them their inputs."""
        given: dict[str, Any] = {
            "density": read.density(look.rules.luma),
            "fixations": read.fixations(repeats=look.rules.repeats),
            "other_fixations": look.others,
            "baseline": look.baseline,
        }
        defined = _defined(look.metrics, _present(given))
        if given["fixations"] is None or (given["density"] is not None and video.gaze_size == video.size):
            return [_Pass(look.rules, look.saliency, given, defined)]
        return [_Pass(look.rules, look.saliency, own, names) for own, names in _own_sizes(video, frame, given, defined)]

    def _score_all(self, video: Video, frame: str, passes: list[_Pass]) -> list[tuple[dict[str, float], set[str]]]:
        """Score metrics whose inputs are all given; name those that the map alone leaves undefined."""
        try:
            found = self._score_together(video, frame, passes)
        except InputError as error:
            file = video.truth_of(frame).get(str(error).partition(" ")[0])  # the text begins with what is wrong
            where = f" ({file})" if file else ""
            raise InputError(f"video {video.name}, frame {frame}{where}: {error}") from error
        undefined = [tuple(metric for metric, value in scores.items() if math.isnan(value)) for scores in found]
        # Where a map that says something has a value, the ground truth is not to blame.
        again = [
            replace(one, saliency=_ramp(_size_of(video, one.given)), metrics=names)
            for one, names in zip(passes, undefined, strict=True)
            if names
        ]
        allowed = iter(self._score_together(video, frame, again))
        return [
            (scores, {metric for metric, value in next(allowed).items() if not math.isnan(value)} if names else set())
            for scores, names in zip(found, undefined, strict=True)
        ]

    def _score_together(self, video: Video, frame: str, passes: list[_Pass]) -> list[dict[str, float]]:
        """Score all passes, those over the same maps in one call."""
        # Each frame has draws of its own, the same in every process.
        plan = self._plan
        seed = None if plan.sample is None else zlib.crc32(f"{plan.sample} {video.name} {frame}".encode())
        groups: dict[tuple[int, int], list[int]] = {}
        for place, one in enumerate(passes):
            groups.setdefault((id(one.saliency), id(one.given["density"])), []).append(place)
        found: dict[int, dict[str, float]] = {}
        for places in groups.values():
            group = {passes[place].rules.name: passes[place] for place in places}
            given = passes[places[0]].given
            scores = score_protocols(
                passes[places[0]].saliency,
                given["density"],
                {name: one.given["fixations"] for name, one in group.items()},
                protocols=[one.rules for one in group.values()],
                other_fixations={name: one.given["other_fixations"] for name, one in group.items()},
                baseline={name: one.given["baseline"] for name, one in group.items()},
                metrics={name: one.metrics for name, one in group.items()},
                seed=seed,
                bug_compatible=plan.bug_compatible,
            )
            found |= {place: scores[passes[place].rules.name] for place in places}
        return [found[place] for place in range(len(passes))]


@dataclass(frozen=True, slots=True)
class _Pass:
    """Metrics of one plan that are scored at once, and the arguments of `score_frame` for them."""

    rules: Protocol
    saliency: NDArray[Any]
    given: dict[str, Any]
    metrics: tuple[str, ...]


class _Truth:
    """The ground truth of one frame, each form of which is read once."""

    def __init__(self, video: Video, frame: str) -> None:
        self._video, self._frame = video, frame
        self._coded = video.coded_density(frame)
        self._densities: dict[str, NDArray[Any] | None] = {}
        self._fixations: dict[bool, NDArray[Any] | None] = {}

    @property
    def status(self) -> str:
        """``ok``, or what the frame lacks; known when a look has read it."""
        forms = {"density": [*self._densities.values()], "fixations": [*self._fixations.values()]}
        lacking = (status for what, status in LACKING.items() if any(form is None for form in forms[what]))
        return next(lacking, OK)

    def density(self, luma: str) -> NDArray[Any] | None:
        """Return the density, decoded by a rule where it lies in a video."""
        key = GRAY16 if self._coded is None else luma
        if key not in self._densities:
            coded, video = self._coded, self._video
            self._densities[key] = video.stored_density(self._frame) if coded is None else numbers_of(coded, luma)
        return self._densities[key]

    def fixations(self, *, repeats: bool) -> NDArray[Any] | None:
        """Return the fixations, as points where one that repeats counts."""
        if repeats not in self._fixations:
            read = self._video.fixation_points if repeats else self._video.stored_fixations
            self._fixations[repeats] = read(self._frame)
        return self._fixations[repeats]


@lru_cache(maxsize=8)
def _ramp(size: tuple[int, int]) -> NDArray[Any]:
    """A map without equal halves and without zeros, for which a metric is defined wherever it can be."""
    rows, columns = (np.linspace(0, 1, side) for side in size)
    ramp: NDArray[Any] = np.rint(1 + 127 * (rows[:, None] + columns)).astype(np.uint8)
    return ramp


@lru_cache(maxsize=8)
def _blank(size: tuple[int, int]) -> NDArray[Any]:
    return np.ones(size, np.uint8)


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
        files = video.truth_of(frame)
        density, fixations = (
            f"{width}x{height}{f' ({files[what]})' if what in files else ''}"
            for what, (height, width) in (("density", video.size), ("fixations", video.gaze_size))
        )
        raise InputError(
            f"video {video.name}, frame {frame}: {', '.join(both)} needs density and fixations of one size, and they "
            f"are {density} and {fixations}: leave it out of --metrics, or bring the maps to one size"
        )
    on_density = tuple(metric for metric in metrics if "density" in needs[metric])
    on_fixations = tuple(metric for metric in metrics if metric not in on_density)
    # No metric of these looks at this density: it tells the size of the frame, which points do not.
    blank = _blank(video.gaze_size)
    split = [
        ({**given, "fixations": None, "other_fixations": None}, on_density),
        ({**given, "density": blank}, on_fixations),
    ]
    return [(own, names) for own, names in split if names]


def _size_of(video: Video, given: dict[str, Any]) -> tuple[int, int]:
    """Return the size at which a frame is scored."""
    return video.size if given["fixations"] is None else video.gaze_size


def _present(given: dict[str, Any]) -> tuple[str, ...]:
    return tuple(name for name, value in given.items() if value is not None)


@lru_cache
def _defined(metrics: tuple[str, ...], given: tuple[str, ...]) -> tuple[str, ...]:
    """Choose the metrics whose inputs are given."""
    return tuple(metric for metric in metrics if set(metric_info(metric).needs) <= set(given))
