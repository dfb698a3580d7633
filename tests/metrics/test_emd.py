from __future__ import annotations

import json
import math
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from videosal.errors import VideosalError
from videosal.metrics import imresize
from videosal.metrics.emd import clipped_emd, signed_emd

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Map = NDArray[np.float64]

BOTH = pytest.mark.parametrize("emd", [clipped_emd, signed_emd])


def blob(size: tuple[int, int], row: float, column: float, *, sigma: float = 20) -> Map:
    rows, columns = np.ogrid[: size[0], : size[1]]
    gaussian: Map = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * sigma**2))
    return gaussian


def noise(size: tuple[int, int], seed: int) -> Map:
    return np.random.default_rng(seed).uniform(0, 1, size) ** 4


def every_32nd(n: int) -> Map:
    """Weights (ceil(n / 32), n) of MATLAB's imresize by 1/32, straight from its description: one row per cell."""
    weights = np.zeros((math.ceil(n / 32), n))
    for u in range(len(weights)):
        centre = 32 * (u + 1) + 0.5 * (1 - 32)
        taps = np.arange(math.floor(centre - 64) - 1, math.ceil(centre + 64) + 2)
        x = abs(centre - taps) / 32
        near, far = 1.5 * x**3 - 2.5 * x**2 + 1, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
        kernel = np.where(x <= 1, near, np.where(x <= 2, far, 0))
        mirrored = (taps - 1) % (2 * n)
        np.add.at(weights[u], np.minimum(mirrored, 2 * n - 1 - mirrored), kernel / kernel.sum())
    return weights


def shrunk(image: Map) -> Map:
    return every_32nd(image.shape[0]) @ image @ every_32nd(image.shape[1]).T


def transport(a: Map, b: Map) -> float:
    """Least cost by linear programming over flows between all cells, with no shortcut."""
    a, b = a / a.sum(), b / b.sum()
    # Negative bins change sides, as in FastEMD: what a lacks there, b has too much.
    supply = (np.maximum(a, 0) + np.maximum(-b, 0)).ravel()
    demand = (np.maximum(b, 0) + np.maximum(-a, 0)).ravel()
    cells = np.argwhere(np.ones(a.shape))
    cost = np.linalg.norm((cells[:, None] - cells[None]).astype(float), axis=2)
    identity, ones = np.eye(len(cells)), np.ones((1, len(cells)))
    sums = np.concatenate((np.kron(identity, ones), np.kron(ones, identity)))
    totals = np.concatenate((supply, demand * supply.sum() / demand.sum()))
    # One equation follows from the others, and rounding could set it against them.
    solved = linprog(cost.ravel(), A_eq=sums[:-1], b_eq=totals[:-1])
    assert solved.fun is not None, solved.message
    return float(solved.fun)


@pytest.mark.parametrize("size", [(96, 128), (90, 160), (100, 33), (7, 300), (1, 1), (64, 65)])
def test_both_equal_a_linear_programme_on_the_described_grids(size: tuple[int, int]) -> None:
    prediction, density = noise(size, 1), noise(size, 2)
    source, target = shrunk(density), shrunk(prediction)
    clipped = transport(np.maximum(source, 0), np.maximum(target, 0))
    assert clipped_emd(prediction, density) == pytest.approx(clipped, abs=1e-9)
    signed = transport(source, imresize(prediction, source.shape))
    assert signed_emd(prediction, density) == pytest.approx(signed, abs=1e-9)


def test_overshoot_below_zero_is_mass_for_the_signed_kind_only() -> None:
    prediction, density = np.zeros((128, 128)), noise((128, 128), 3)
    prediction[60:70, 60:70] = 1
    source, target = shrunk(density), shrunk(prediction)
    assert target.min() < -0.01 * target.max()
    assert signed_emd(prediction, density) == pytest.approx(transport(source, target), abs=1e-9)
    assert clipped_emd(prediction, density) == pytest.approx(transport(source, np.maximum(target, 0)), abs=1e-9)


def test_the_unit_is_a_cell_of_32_pixels() -> None:
    density = blob((360, 640), 150, 200)
    assert clipped_emd(blob((360, 640), 150, 232), density) == pytest.approx(1, abs=1e-3)
    assert clipped_emd(blob((360, 640), 150 + 96, 200 + 128), density) == pytest.approx(5, abs=1e-2)


def test_equal_maps_cost_nothing_but_in_the_original_where_a_side_is_no_multiple_of_32() -> None:
    odd, even = blob((90, 160), 40, 70), blob((96, 160), 40, 70)
    assert clipped_emd(odd, odd) == clipped_emd(even, even) == signed_emd(even, even) == 0
    assert signed_emd(odd, odd) > 0.05


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 99), height=st.integers(1, 100), width=st.integers(1, 100), scale=st.floats(1e-3, 1e3))
def test_it_is_a_distance_and_knows_no_scale(seed: int, height: int, width: int, scale: float) -> None:
    size = (height, width)
    a, b, c = (noise(size, 3 * seed + k) for k in range(3))
    ab = clipped_emd(a, b)
    assert clipped_emd(b, a) == pytest.approx(ab, abs=1e-9)
    assert ab <= clipped_emd(a, c) + clipped_emd(c, b) + 1e-9
    assert 0 <= ab <= math.hypot(math.ceil(height / 32) - 1, math.ceil(width / 32) - 1) + 1e-9
    assert clipped_emd(a * scale, b) == pytest.approx(ab, abs=1e-9)
    assert signed_emd(a * scale, b) == pytest.approx(signed_emd(a, b), abs=1e-9)


@BOTH
def test_a_map_without_mass_or_not_finite_is_undefined_and_never_0(emd: Callable[[Map, Map], float]) -> None:
    good, nothing = blob((90, 160), 40, 70), np.zeros((90, 160))
    broken, endless = good.copy(), good.copy()
    broken[3, 5], endless[3, 5] = np.nan, np.inf
    for bad in (nothing, broken, endless):
        assert math.isnan(emd(bad, good))
        assert math.isnan(emd(good, bad))
    assert math.isnan(clipped_emd(good - 2, good))
    cancelling = np.concatenate((good, -good[::-1]))
    assert math.isnan(signed_emd(cancelling, np.concatenate((good, good))))


@BOTH
def test_a_constant_prediction_has_its_value(emd: Callable[[Map, Map], float]) -> None:
    density = blob((90, 160), 40, 70)
    assert 0.1 < emd(np.full((90, 160), 0.5), density) < 3


def test_a_solver_that_gives_up_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ot.emd2", lambda *_, **__: (1.0, {"warning": "not optimal"}))
    with pytest.raises(VideosalError, match="emd has no solution on 15 cells: not optimal"):
        clipped_emd(blob((90, 160), 40, 70), blob((90, 160), 50, 90))


def test_the_original_code_gave_these_figures(shared: Path) -> None:
    folder = shared / "goldens" / "metrics"
    expected = json.loads((folder / "expected.json").read_text())
    checked = 0
    for case, record in expected.items():
        figure = record["expected"]["octave_dhf1k"]["EMD"]
        with np.load(folder / "cases" / f"{case}.npz") as arrays:
            density = arrays["densmap"].astype(np.float64)
            prediction = imresize(arrays["pred"], density.shape)
        got = signed_emd(prediction, density)
        if figure == "nan" or case in ("edge_zero", "edge_nan_patch", "edge_nan_all"):  # the original: a perfect 0
            assert math.isnan(got), case
        else:
            assert got == pytest.approx(figure, abs=1e-4), case
            checked += 1
    assert checked >= 20


def test_the_solver_is_imported_without_torch() -> None:
    code = (
        "import os, sys\n"
        "import numpy as np\n"
        "from videosal.metrics import score_frame\n"
        "ramp = np.arange(64 * 96.0).reshape(64, 96)\n"
        "print(score_frame(ramp, ramp[::-1], metrics=['emd'])['emd'] > 0, 'torch' in sys.modules)\n"
        "print('POT_BACKEND_DISABLE_PYTORCH' in os.environ)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False", "False"]
