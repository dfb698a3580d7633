from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from videosal.metrics import formulas as reference
from videosal.metrics import get_protocol, score_frame
from videosal.metrics.dispatch import score

if TYPE_CHECKING:
    from tests.metrics.conftest import GazeMaker


def test_the_conventions_are_read_from_the_protocol(make_gaze: GazeMaker) -> None:
    gaze = make_gaze()
    rules = replace(get_protocol("standard"), name="other", nss_ddof=0, eps=1e-3, auc_steps=4)
    P, D, B = (x.astype(float) for x in (gaze.prediction, gaze.density, gaze.baseline))
    F, O = gaze.fixations > 0, gaze.others > 0  # noqa: E741
    expected = {
        "nss": reference.nss(P, F, ddof=0),
        "auc_borji": reference.auc_borji(P, F, steps=4),
        "sauc": reference.sauc(P, F, O, steps=4),
        "ig": reference.ig(P, F, B, eps=1e-3),
    }
    for prediction in (gaze.prediction, P):
        scores = score(prediction, gaze.density, F, O, gaze.baseline, names=(*expected, "kld"), protocol=rules)
        kld = scores.pop("kld")
        assert scores == pytest.approx(expected, abs=1e-12)
        assert not math.isnan(kld)
        assert kld != pytest.approx(reference.kld(P, D), abs=1e-3)


def test_threads_give_the_same_bits(make_gaze: GazeMaker) -> None:
    frames = [make_gaze(seed) for seed in range(12)]

    def scores(index: int) -> dict[str, float]:
        gaze = frames[index % 12]
        prediction = gaze.prediction if index % 2 else gaze.prediction / 3.0
        return score_frame(
            prediction, gaze.density, gaze.fixations, other_fixations=gaze.others, baseline=gaze.baseline
        )

    alone = [scores(index) for index in range(24)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(scores, [*range(24)] * 5)) == alone * 5
