from __future__ import annotations

import numpy as np
import pytest

from videosal.metrics import list_metrics
from videosal.metrics.compiled.formulas import METRICS
from videosal.metrics.definitions import OURS
from videosal.metrics.formulas import is_constant
from videosal.metrics.frame.spread import Spread


def test_every_metric_of_ours_is_computed() -> None:
    assert list(METRICS) == list(OURS) == list_metrics()[: len(METRICS)]


@pytest.mark.parametrize(
    "values", [[0.3] * 7, [0.0] * 3, [1e15, 1e15 + 1], [1e13, 1e13 + 1], [1.0, 1 + 1e-11], [-1, 1]]
)
def test_constant_as_the_twin_says(values: list[float]) -> None:
    x = np.array([values])
    squares = float(((x - x.mean()) ** 2).sum())
    spread = Spread.of(x.size, x.min(), x.max(), x.mean(), float((x - x.min()).sum()), squares)
    assert spread.constant == is_constant(x)
    assert spread.total == pytest.approx(x.sum())
