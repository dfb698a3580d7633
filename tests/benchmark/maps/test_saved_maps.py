from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from videosal.benchmark.maps.saved_maps import quantise, save_map, saved_stamps
from videosal.datasets.files.images import read_map

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.float64, np.int16, np.uint8]),
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=6),
        elements=st.integers(0, 100),
    )
)
def test_eight_bits_span_the_range_and_keep_the_order(saliency: NDArray[np.float64]) -> None:
    stored = quantise(saliency)
    assert stored.dtype == np.uint8
    assert stored.shape == saliency.shape
    if saliency.min() < saliency.max():
        assert (stored.min(), stored.max()) == (0, 255)
        order = np.argsort(saliency, axis=None, kind="stable")
        assert (np.diff(stored.ravel()[order].astype(int)) >= 0).all()
        np.testing.assert_array_equal(quantise(stored), stored)
    else:
        assert set(stored.flat) == {128 if saliency.flat[0] else 0}


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_map_that_is_not_finite_keeps_what_is_wrong_with_it(tmp_path: Path, bad: float) -> None:
    saliency = np.ones((3, 4))
    saliency[1, 2] = bad
    stored = quantise(saliency)
    np.testing.assert_array_equal(stored, saliency)
    save_map(tmp_path, "0001", stored)
    np.testing.assert_array_equal(read_map(tmp_path / "0001.npy"), saliency)


def test_saved_maps_read_back_bit_for_bit_and_replace_each_other(tmp_path: Path) -> None:
    saliency = np.random.default_rng(0).integers(0, 256, (5, 7), np.uint8)
    assert not saved_stamps(tmp_path, ["0001"])
    save_map(tmp_path, "0001", saliency.astype(np.float32))
    assert len(saved_stamps(tmp_path, ["0001", "0002"])) == 1
    save_map(tmp_path, "0001", saliency)
    assert [file.name for file in tmp_path.iterdir()] == ["0001.png"]
    np.testing.assert_array_equal(read_map(tmp_path / "0001.png"), saliency)
