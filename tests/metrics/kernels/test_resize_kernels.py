from __future__ import annotations

import numpy as np
import pytest

from videosal.metrics.frame.flat import flat
from videosal.metrics.kernels import resize_kernels as kernels


def test_rows_and_columns_are_the_weighted_sums() -> None:
    generator = np.random.default_rng(0)
    image = generator.random((6, 5))
    index = generator.integers(0, 5, (8, 3)).astype(np.uint64)
    weights = generator.random((8, 3)) / 4
    nearest = generator.integers(0, 5, 8).astype(np.uint64)
    matrix = np.zeros((8, 5))
    np.add.at(matrix, (np.arange(8)[:, None], index), weights)
    np.add.at(matrix, (np.arange(8), nearest), 1 - weights.sum(axis=1))  # differences from the nearest
    columns, rows = np.empty((6, 8)), np.empty((8, 6))
    kernels.resize_columns(columns, flat(image), index, weights, nearest)
    assert columns == pytest.approx(image @ matrix.T, abs=1e-14)
    kernels.resize_rows(rows, flat(np.ascontiguousarray(image.T)), index, weights, nearest)
    assert rows == pytest.approx(matrix @ image.T, abs=1e-14)
