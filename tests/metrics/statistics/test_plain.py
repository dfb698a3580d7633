"""Kernels against their plain twin: the same formulas over both, under every protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.metrics.conftest import case_of
from videosal.metrics import get_protocol, list_protocols
from videosal.metrics.formulas import FORMULAS
from videosal.metrics.statistics.eight_bit import ByteStatistics
from videosal.metrics.statistics.floating import FloatStatistics
from videosal.metrics.statistics.plain import PlainStatistics

if TYPE_CHECKING:
    from tests.metrics.conftest import Gaze, GazeMaker
    from videosal.metrics.case import Case, Shown


def in_plain_numpy(case: Case) -> Case:
    def twin(shown: Shown) -> Shown:
        statistics = shown.statistics
        return shown._replace(statistics=PlainStatistics(statistics.prediction, getattr(statistics, "density", None)))

    return case._replace(pair=twin(case.pair), points=twin(case.points))


@pytest.mark.parametrize("protocol", list_protocols())
@pytest.mark.parametrize("kind", ["bytes", "floats", "small", "zero", "constant", "negative", "empty", "repeats"])
def test_kernels_and_twin_give_the_same_figures(make_gaze: GazeMaker, protocol: str, kind: str) -> None:
    if kind == "small" and get_protocol(protocol).maps.resize == "none":
        pytest.skip("it takes maps of one size alone")
    gaze: Gaze = make_gaze(3, (64, 96), levels=40)
    points = np.argwhere(gaze.fixations)
    changed: dict[str, Any] = {
        "bytes": {},
        "floats": {"prediction": gaze.prediction / 7.0 + 0.1, "density": gaze.density / 9.0},
        "small": {"prediction": gaze.prediction[::3, ::2]},
        "zero": {"prediction": gaze.prediction * 0},
        "constant": {"prediction": gaze.prediction * 0 + 9},
        "negative": {"prediction": gaze.prediction - 30.0},
        "empty": {"density": gaze.density * 0},
        "repeats": {"fixations": np.concatenate((points, points[:9], points[:4]))},
    }[kind]
    for changed_baseline in ({}, {"baseline": gaze.baseline.astype(float) - 3}):
        try:
            case = case_of(gaze, protocol, **changed, **changed_baseline)
        except AssertionError:
            assert (protocol, kind) == ("stavis-diem", "zero")  # which is no map there
            return
        expected = {name: FORMULAS[name](in_plain_numpy(case)) for name in get_protocol(protocol).metrics}
        found = {name: FORMULAS[name](case) for name in expected}
        assert found == pytest.approx(expected, rel=1e-10, abs=1e-10, nan_ok=True)


def test_both_kinds_of_kernels_are_compared(make_gaze: GazeMaker) -> None:
    gaze = make_gaze(3, (64, 96))
    assert isinstance(case_of(gaze).points.statistics, ByteStatistics)
    assert isinstance(case_of(gaze, "vinet").points.statistics, FloatStatistics)
