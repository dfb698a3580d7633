from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from videosal.metrics import score_frame
from videosal.metrics.statistics import floating

if TYPE_CHECKING:
    from tests.metrics.conftest import GazeMaker, Twin


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64])
@pytest.mark.parametrize("crowded", [0, 10_000])
def test_sorting_and_buckets_rank_alike(
    make_gaze: GazeMaker, twin: Twin, monkeypatch: pytest.MonkeyPatch, dtype: type, crowded: int
) -> None:
    monkeypatch.setattr(floating, "_CROWDED", crowded)
    gaze = make_gaze(6)
    noise = np.random.default_rng(0).integers(0, 50, gaze.prediction.shape)
    prediction = (gaze.prediction.astype(np.int64) * 3 + noise).astype(dtype)
    scores = score_frame(prediction, fixations=gaze.fixations)
    expected = twin(type(gaze)(prediction, gaze.density, gaze.fixations, gaze.others, gaze.baseline))
    assert scores == pytest.approx({name: expected[name] for name in scores}, abs=1e-12)


def test_one_outlier_that_hides_all_other_differences(twin: Twin, make_gaze: GazeMaker) -> None:
    gaze = make_gaze(7)
    prediction = 1 + np.random.default_rng(0).random(gaze.prediction.shape) * 1e-6
    prediction[0, 0], prediction[1, 1] = 0, 1e9
    expected = twin(type(gaze)(prediction, gaze.density, gaze.fixations, gaze.others, gaze.baseline))
    for chosen in (prediction, np.sqrt(prediction)):
        assert score_frame(chosen, fixations=gaze.fixations)["auc_judd"] == pytest.approx(
            expected["auc_judd"], abs=1e-12
        )
