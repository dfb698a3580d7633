from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.metrics.conftest import case_of
from videosal.metrics.statistics.eight_bit import ByteStatistics
from videosal.metrics.statistics.floating import FloatStatistics
from videosal.metrics.statistics.spread import byte_spread

if TYPE_CHECKING:
    from tests.metrics.conftest import GazeMaker


def test_which_way_a_frame_goes(make_gaze: GazeMaker) -> None:
    gaze = make_gaze()
    kinds = [
        type(case_of(gaze, prediction=prediction, density=density).points.statistics)
        for prediction, density in (
            (gaze.prediction, gaze.density),
            (gaze.prediction > 3, gaze.density),
            (gaze.prediction, None),
            (gaze.prediction, gaze.density / 2),
            (gaze.prediction / 2, gaze.density),
            (gaze.prediction[::2], gaze.density),
            (gaze.prediction.astype(np.int16), gaze.density),
        )
    ]
    assert kinds == [ByteStatistics] * 3 + [FloatStatistics] * 4


@pytest.mark.parametrize("protocol", ["dhf1k", "stsanet", "unisal", "pysaliency", "salicon", "aim2024", "msu"])
def test_bytes_of_one_size_stay_bytes_where_nothing_is_resized_or_blurred(make_gaze: GazeMaker, protocol: str) -> None:
    gaze = make_gaze(size=(360, 640))  # that of the letterbox
    assert isinstance(case_of(gaze, protocol).points.statistics, ByteStatistics)


def test_spread_of_a_histogram() -> None:
    x = np.array([3, 3, 9, 200], np.uint8)
    spread = byte_spread(np.bincount(x, minlength=256), 4)
    assert (spread.size, spread.low, spread.high, spread.above(0)) == (4, 3, 200, 215)
    assert spread.excess == spread.above(3) == 215 - 12
    assert spread.squares == pytest.approx(x.var() * 4)
    assert spread.deviation == pytest.approx(x.std())
    assert not spread.constant
    assert byte_spread(np.bincount([7, 7], minlength=256), 2).constant
