from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from videosal.metrics import get_protocol
from videosal.metrics.compiled.eight_bit import EightBitComparison
from videosal.metrics.compiled.floating import FloatComparison
from videosal.metrics.dispatch import compare
from videosal.metrics.frame.inputs import read_frame
from videosal.metrics.frame.spread import byte_spread

if TYPE_CHECKING:
    from tests.metrics.conftest import GazeMaker


def test_which_way_a_frame_goes(make_gaze: GazeMaker) -> None:
    gaze, rules = make_gaze(), get_protocol("standard")
    kinds = []
    for prediction, density, with_density in (
        (gaze.prediction, gaze.density, True),
        (gaze.prediction > 3, gaze.density, True),
        (gaze.prediction, gaze.density / 2, False),
        (gaze.prediction, gaze.density / 2, True),
        (gaze.prediction / 2, gaze.density, True),
        (gaze.prediction[::2], gaze.density, True),
        (gaze.prediction.astype(np.int16), gaze.density, True),
    ):
        frame = read_frame(prediction, density, gaze.fixations, None, None, rules)
        kinds.append(type(compare(frame, rules, with_density=with_density)))
    assert kinds == [EightBitComparison] * 3 + [FloatComparison] * 4


def test_spread_of_a_histogram() -> None:
    x = np.array([3, 3, 9, 200], np.uint8)
    spread = byte_spread(np.bincount(x, minlength=256), 4)
    assert (spread.size, spread.low, spread.high, spread.total) == (4, 3, 200, 215)
    assert spread.excess == 215 - 12
    assert spread.squares == pytest.approx(x.var() * 4)
    assert not spread.constant
    assert byte_spread(np.bincount([7, 7], minlength=256), 2).constant
