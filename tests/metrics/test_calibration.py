from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from videosal.errors import InputError
from videosal.metrics import Calibration, fit_calibration
from videosal.metrics.calibration import _center_prior

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tests.metrics.conftest import GazeMaker

SIZE = (36, 64)


def ramp(seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, SIZE, np.uint8)


def squared_error(calibration: Calibration, pairs: list[tuple[Any, Any]]) -> float:
    prior = _center_prior(*SIZE)
    lit = np.asarray(calibration.brightness)
    return float(sum(((lit[p] + calibration.center * prior - d / d.max()) ** 2).sum() for p, d in pairs))


def test_it_finds_the_curve_and_the_weight_that_made_the_truth() -> None:
    curve = 0.6 * (np.arange(256) / 255) ** 2
    pairs = []
    for seed in range(6):
        p = ramp(seed)
        p[17:19, 31:33] = 255  # so that the largest density is 0.9
        d = curve[p] + 0.3 * _center_prior(*SIZE)
        pairs.append((p, d / d.max()))
    found = fit_calibration((p, d * 0.7) for p, d in pairs)
    assert found.n_frames == 6
    assert found.center == pytest.approx(0.3 / 0.9, abs=0.01)
    assert found.brightness == pytest.approx(curve / 0.9, abs=0.01)
    for p, d in pairs:
        assert np.abs(found.apply(p) - d).max() < 0.02


def test_no_other_monotone_curve_or_weight_is_closer(make_gaze: GazeMaker) -> None:
    pairs = [(gaze.prediction, gaze.density) for gaze in (make_gaze(seed) for seed in range(5))]
    best = fit_calibration(pairs)
    least = squared_error(best, pairs)
    generator = np.random.default_rng(0)
    for _ in range(50):
        moved = np.maximum.accumulate(np.abs(np.asarray(best.brightness) + 0.02 * generator.normal(size=256)))
        other = Calibration(tuple(moved.tolist()), abs(best.center + 0.02 * generator.normal()), 5)
        assert squared_error(other, pairs) > least
    for center in (best.center + 1e-3, max(0.0, best.center - 1e-3)):
        assert squared_error(Calibration(best.brightness, center, 5), pairs) >= least


def test_the_curve_ascends_and_an_unhelpful_prior_gets_no_weight() -> None:
    p = ramp(0)
    inverted = 255 - p  # the best ascending curve through it is level
    found = fit_calibration([(p, inverted * (1 - 0.9 * _center_prior(*SIZE)))])
    assert (np.diff(found.brightness) >= 0).all()
    assert found.center == 0
    assert np.ptp(found.brightness) < 1e-9


def test_it_reads_pairs_once_and_passes_over_what_it_cannot_use(make_gaze: GazeMaker) -> None:
    gaze = make_gaze()

    def pairs() -> Iterator[tuple[Any, Any]]:
        yield gaze.prediction, gaze.density
        yield gaze.prediction, gaze.density * 0
        yield np.full(SIZE, np.nan), gaze.density
        yield gaze.prediction[::2], gaze.density

    assert fit_calibration(pairs()).n_frames == 2
    with pytest.raises(InputError, match="pairs holds no frame"):
        fit_calibration([(gaze.prediction, gaze.density * 0)])
    with pytest.raises(InputError, match="prediction has shape"):
        fit_calibration([(gaze.prediction[0], gaze.density)])


def test_levels_between_those_met_are_interpolated() -> None:
    p = np.repeat([[0, 100, 200]], 3, axis=0).astype(np.uint8)
    found = fit_calibration([(p, p / 200)])
    lit = np.asarray(found.brightness)
    assert lit[50] == pytest.approx((lit[0] + lit[100]) / 2)
    assert lit[255] == lit[200]


def test_applying_it() -> None:
    calibration = Calibration(tuple(np.linspace(0, 2, 256).tolist()), 0.0, 1)
    p = np.array([[0, 51, 255]], np.uint8)
    assert calibration.apply(p) == pytest.approx(np.array([[0, 0.4, 1]]))  # clipped at 1
    assert np.array_equal(calibration.apply(p / 255.0 + 7), calibration.apply(p))  # floats are scaled first
    assert np.array_equal(calibration.apply(np.zeros((2, 2))), np.zeros((2, 2)))
    assert calibration.apply(np.full((2, 2), 5.0)) == pytest.approx(np.ones((2, 2)))
    assert np.isnan(calibration.apply(np.array([[np.nan, 1.0]]))).any()
    with pytest.raises(InputError, match="prediction has dtype"):
        calibration.apply(np.array([["a"]]))


def test_json_keeps_every_bit(make_gaze: GazeMaker) -> None:
    found = fit_calibration([(make_gaze().prediction, make_gaze().density)])
    assert Calibration.from_json(found.to_json()) == found


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"brightness": [1], "center": 0, "n_frames": 1}', '{"brightness": 3, "center": 0}']
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="calibration"):
        Calibration.from_json(text)


@pytest.mark.parametrize(
    ("brightness", "center"),
    [([0.0] * 255, 0), ([1.0] + [0.0] * 255, 0), ([-1.0] * 256, 0), ([0.0] * 256, -1), ([0.0] * 256, math.nan)],
)
def test_impossible_values_are_refused(brightness: list[float], center: float) -> None:
    with pytest.raises(InputError, match="calibration is not one"):
        Calibration(tuple(brightness), center, 1)


def test_the_prior_is_found_within_one_grey_level() -> None:
    level = np.full(SIZE, 100, np.uint8)
    found = fit_calibration([(level, 0.2 + 0.5 * _center_prior(*SIZE))])
    top = 0.2 + 0.5 * _center_prior(*SIZE).max()
    assert found.center == pytest.approx(0.5 / top)
    assert found.brightness[100] == pytest.approx(0.2 / top)
