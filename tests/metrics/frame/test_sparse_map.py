from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from videosal.metrics import get_protocol, list_protocols, score_frame
from videosal.metrics.compiled.eight_bit import EightBitComparison, SparseComparison
from videosal.metrics.dispatch import compare
from videosal.metrics.frame.inputs import read_frame
from videosal.metrics.frame.sparse_map import SparseMap
from videosal.metrics.kernels import run_kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.metrics.conftest import GazeMaker

SIZES = [(1, 1), (1, 7), (3, 3), (8, 8), (5, 13), (36, 64), (2, 700)]


def densities(size: tuple[int, int]) -> list[NDArray[np.uint8]]:
    """A few spots, half of all pixels, none, all, and the first and the last."""
    generator = np.random.default_rng(size)
    noise = generator.integers(1, 256, size).astype(np.uint8)
    ends = np.zeros(size, np.uint8)
    ends.flat[[0, -1]] = 9
    spots = noise * (generator.random(size) < 0.1)
    return [spots, noise * (generator.random(size) < 0.5), np.zeros(size, np.uint8), noise, ends]


@pytest.mark.parametrize("size", SIZES)
def test_runs_are_the_map(size: tuple[int, int]) -> None:
    for density in densities(size):
        runs = SparseMap.of(density)
        array = np.asarray(runs)
        assert (array.shape, array.dtype, runs.size) == (density.shape, np.uint8, density.size)
        np.testing.assert_array_equal(array, density)
        assert np.asarray(runs, np.float64).dtype == np.float64
        assert (runs.starts[1:] > runs.ends[:-1]).all()  # a pixel of zero lies between two runs
        assert (runs.values > 0).all()
        with pytest.raises(ValueError, match="copying"):
            np.array(runs, copy=False)


@pytest.mark.parametrize("size", SIZES)
def test_kernels_count_what_numpy_counts(size: tuple[int, int]) -> None:
    x = np.random.default_rng(1).integers(0, 256, size).astype(np.uint8).reshape(-1)
    x.setflags(write=False)
    for density in densities(size):
        runs, flat = SparseMap.of(density), density.reshape(-1)
        counts = run_kernels.run_histogram(runs.values, runs.size)
        np.testing.assert_array_equal(counts, np.bincount(flat, minlength=256))
        weights = run_kernels.run_weights(x, runs.starts, runs.ends, runs.values)
        np.testing.assert_array_equal(weights, np.bincount(x, weights=flat, minlength=256))
        low, excess, total = float(x.min()), float((x - x.min()).sum()) or 1.0, float(flat.sum()) or 1.0
        overlap = run_kernels.run_overlap(x, runs.starts, runs.ends, runs.values, low, excess, total)
        assert overlap == pytest.approx(np.minimum((x - low) / excess, flat / total).sum(), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("protocol", list_protocols())
def test_every_protocol_gives_the_same_bits(protocol: str, make_gaze: GazeMaker) -> None:
    gaze = make_gaze(3)
    density = np.where(gaze.density > 60, gaze.density, np.uint8(0))
    resized = [] if get_protocol(protocol).resize == "none" else [gaze.prediction[::2]]
    for prediction in (gaze.prediction, gaze.prediction / 7, *resized):
        given = {"other_fixations": gaze.others, "baseline": gaze.baseline, "protocol": protocol}
        wanted = score_frame(prediction, density, gaze.fixations, **given)
        np.testing.assert_equal(score_frame(prediction, SparseMap.of(density), gaze.fixations, **given), wanted)


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 12), st.integers(1, 40)), st.integers(0, 10**6), st.floats(0, 1), st.sampled_from([2, 256])
)
def test_a_sparse_density_gives_the_same_bits(size: tuple[int, int], seed: int, share: float, levels: int) -> None:
    generator = np.random.default_rng(seed)
    density = generator.integers(0, 256, size).astype(np.uint8) * (generator.random(size) < share)
    prediction = generator.integers(0, levels, size).astype(np.uint8)
    fixations = generator.random(size) < 0.2
    names: dict[str, Any] = {"metrics": ["cc", "nss", "sim", "kld", "auc_judd", "auc_borji", "auc", "emd"]}
    wanted = score_frame(prediction, density, fixations, **names)
    np.testing.assert_equal(score_frame(prediction, SparseMap.of(density), fixations, **names), wanted)


def test_which_way_a_frame_goes(make_gaze: GazeMaker) -> None:
    gaze, rules = make_gaze(), get_protocol("standard")
    full = np.maximum(gaze.density, 1)
    kinds = []
    for density, with_density in ((gaze.density, True), (gaze.density, False), (full, True)):
        frame = read_frame(gaze.prediction, SparseMap.of(density), gaze.fixations, None, None, rules)
        kinds.append(type(compare(frame, rules, with_density=with_density)))
    assert (gaze.density == 0).any()
    assert kinds == [SparseComparison, EightBitComparison, EightBitComparison]
