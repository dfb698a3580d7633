from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from videosal.errors import InputError
from videosal.metrics import Baseline, get_protocol, list_protocols, score_frame
from videosal.metrics.frame import baseline as module

if TYPE_CHECKING:
    from numpy.typing import NDArray

RULES = get_protocol("standard").maps
FIXATIONS = np.array([[1, 2], [3, 4], [5, 6]])
PREDICTION = np.arange(63, dtype=np.uint8).reshape(7, 9)


@pytest.mark.parametrize("size", [(7, 9), (4, 5)])
def test_a_baseline_is_measured_once_for_each_size_and_way_of_resizing(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = []

    def count(array: NDArray[Any]) -> Any:
        measured.append(array.shape)
        return real(array)

    real = module.measure
    monkeypatch.setattr(module, "measure", count)
    x = np.random.default_rng(0).random(size)
    shared = Baseline(x)
    expected = score_frame(PREDICTION, fixations=FIXATIONS, baseline=x)["ig"]
    measured.clear()
    for _ in range(3):
        assert score_frame(PREDICTION, fixations=FIXATIONS, baseline=shared)["ig"] == expected
    assert measured == [(7, 9)]
    shared.at((3, 3), RULES)
    shared.at((3, 3), get_protocol("stsanet").maps)
    shared.at((3, 3), get_protocol("stsanet").replace(scale="sum").maps)  # differs in its scale alone
    assert measured == [(7, 9), (3, 3), (3, 3)]


def test_an_array_is_measured_anew() -> None:
    x = np.random.default_rng(0).random((7, 9))
    before = score_frame(PREDICTION, fixations=FIXATIONS, baseline=x)["ig"]
    x[3, 4] *= 0.5
    assert score_frame(PREDICTION, fixations=FIXATIONS, baseline=x)["ig"] != before


@pytest.mark.parametrize("name", [name for name in list_protocols() if "ig" in get_protocol(name).metrics])
def test_it_scores_as_the_array_does(name: str) -> None:
    for x in (np.random.default_rng(0).random((7, 9)) - 0.2, np.arange(20, dtype=np.uint8).reshape(4, 5)):
        of_array, of_baseline = (
            score_frame(PREDICTION / 2, fixations=FIXATIONS, baseline=given, metrics=["ig"], protocol=name)
            for given in (x, Baseline(x))
        )
        assert repr(of_array) == repr(of_baseline)


@pytest.mark.parametrize("offset", [0.0, 1.0, -1.0, 1e4, -1e4, 1e9])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int32])
def test_low_and_excess(offset: float, dtype: type) -> None:
    x = (np.random.default_rng(0).random((7, 9)) * 100 + offset).astype(dtype)
    spread = Baseline(x).at((7, 9), RULES)[0].spread
    doubles = x.astype(np.float64)
    assert spread.low == doubles.min()
    assert spread.excess == pytest.approx((doubles - doubles.min()).sum(), rel=1e-12)
    assert spread.constant is bool(doubles.std() < 1e-12 * abs(doubles.mean()))


def test_one_that_is_not_finite_is_refused_when_it_is_made() -> None:
    with pytest.raises(InputError, match="baseline holds NaN or infinity"):
        Baseline(np.array([[1.0, np.nan]]))
