from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import spline_filter1d

from videosal.metrics.frame.flat import flat
from videosal.metrics.kernels import resize_kernels as kernels


@pytest.mark.parametrize("lines", [1, 6, 32, 75])
@pytest.mark.parametrize("taps", [3, 6])
def test_rows_and_columns_are_the_weighted_sums(lines: int, taps: int) -> None:
    generator = np.random.default_rng(0)
    image = generator.random((lines, 5))
    index = generator.integers(0, 5, (8, taps)).astype(np.uint64)
    weights = generator.random((8, taps)) / 4
    nearest = generator.integers(0, 5, 8).astype(np.uint64)
    matrix = np.zeros((8, 5))
    np.add.at(matrix, (np.arange(8)[:, None], index), weights)
    np.add.at(matrix, (np.arange(8), nearest), 1 - weights.sum(axis=1))  # differences from the nearest
    columns, rows = np.empty((lines, 8)), np.empty((8, lines))
    kernels.resize_columns(columns.reshape(-1), flat(image), index, weights, nearest)
    assert columns == pytest.approx(image @ matrix.T, abs=1e-14)
    kernels.resize_rows(rows.reshape(-1), flat(np.ascontiguousarray(image.T)), index, weights, nearest)
    assert rows == pytest.approx(matrix @ image.T, abs=1e-14)


@pytest.mark.parametrize("rows", [1, 2, 3, 40, 900])
def test_coefficients_of_the_spline(rows: int) -> None:
    image = np.random.default_rng(0).normal(size=(rows, 5))
    found = image.copy()
    kernels.to_spline(found.reshape(-1), rows)
    assert found == pytest.approx(spline_filter1d(image, 3, axis=0), abs=1e-13)
