"""Small synthetic frames, and every metric of a frame as the oracle computes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pytest

from tests.metrics import oracle as reference
from videosal.metrics import Baseline, get_protocol
from videosal.metrics.case import Case, SharedFrame
from videosal.metrics.frame.inputs import read_inputs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

CANONICAL = ["cc", "nss", "sim", "kld", "auc_judd", "auc_borji", "sauc", "ig"]


@dataclass(frozen=True, slots=True)
class Gaze:
    """What `score_frame` takes: a prediction and the whole ground truth of one frame."""

    prediction: Array
    density: Array
    fixations: Array
    others: Array
    baseline: Array


class GazeMaker(Protocol):
    def __call__(self, seed: int = 0, size: tuple[int, int] = (36, 64), *, n: int = 25, levels: int = 256) -> Gaze: ...


class Twin(Protocol):
    def __call__(self, gaze: Gaze, *, undershoot: bool = False) -> dict[str, float]: ...


@pytest.fixture(scope="session")
def make_gaze() -> GazeMaker:
    """Make 8-bit frames: blobs, partly off target, with flat zero areas and many ties."""

    def make(seed: int = 0, size: tuple[int, int] = (36, 64), *, n: int = 25, levels: int = 256) -> Gaze:
        generator = np.random.default_rng(seed)
        density = _blobs(generator, size, 4)
        prediction = np.maximum(_blobs(generator, size, 3) + 0.6 * density - 0.1, 0)
        fixations = np.zeros(size, np.uint8)
        chances = (density + 0.01).ravel()
        chosen = generator.choice(chances.size, min(n, chances.size), replace=False, p=chances / chances.sum())
        fixations.flat[chosen] = 1
        others = (generator.random(size) < 0.05).astype(np.uint8)
        others.flat[generator.integers(others.size)] = 1
        baseline = _bytes(_blobs(generator, size, 1) + 0.1 * generator.random(size))
        coarse = np.floor(_bytes(prediction) / 256 * levels) * (255 // max(levels - 1, 1))
        return Gaze(coarse.astype(np.uint8), _bytes(density), fixations, others, baseline)

    return make


@pytest.fixture(scope="session")
def twin() -> Twin:
    """Score a frame of one size with the functions of the oracle."""

    def score(gaze: Gaze, *, undershoot: bool = False) -> dict[str, float]:
        P, D, B = (np.asarray(x, dtype=np.float64) for x in (gaze.prediction, gaze.density, gaze.baseline))
        F, O = gaze.fixations != 0, gaze.others != 0  # noqa: E741
        return {
            "cc": reference.cc(P, D),
            "nss": reference.nss(P, F),
            "sim": reference.sim(P, D),
            "kld": reference.kld(P, D, undershoot=undershoot),
            "auc_judd": reference.auc_judd(P, F),
            "auc_borji": reference.auc_borji(P, F),
            "sauc": reference.sauc(P, F, O),
            "ig": reference.ig(P, F, B),
        }

    return score


def case_of(gaze: Gaze, protocol: str = "standard", **changed: Any) -> Case:
    """Make the case that a formula takes."""
    given = {
        name: getattr(gaze, name) for name in ("prediction", "density", "fixations", "others", "baseline")
    } | changed
    baseline = None if given["baseline"] is None else Baseline(given.pop("baseline"))
    rules = get_protocol(protocol)
    inputs = read_inputs(given["prediction"], given["density"], given["fixations"], given["others"])
    frame = SharedFrame(inputs, with_density=given["density"] is not None)
    case = frame.case(rules, rules.metrics, inputs, baseline, None, frozenset())
    assert case is not None
    return case


def _blobs(generator: np.random.Generator, size: tuple[int, int], n: int) -> Array:
    rows, columns = np.mgrid[: size[0], : size[1]]
    total = np.zeros(size)
    for _ in range(n):
        row, column = generator.uniform(0, size[0]), generator.uniform(0, size[1])
        total += np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * (2 + min(size) / 8) ** 2))
    return total


def _bytes(x: Array) -> Array:
    span = np.ptp(x) or 1.0
    return np.rint((x - x.min()) / span * 255).astype(np.uint8)
