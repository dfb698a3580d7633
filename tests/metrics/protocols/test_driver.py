"""DHF1K's own driver, end to end: `dhf1k` frame by frame, and the means as evaluationFunc.m takes them."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.optimize import linprog

from tests.metrics.protocols.effects import driver_frames
from videosal.metrics import get_protocol, imresize, rescale_points, score_frame

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tests.metrics.protocols.effects import DriverFrame

    Map = NDArray[np.float64]

KEYS = {
    "nss": "NSS",
    "sim": "similarity",
    "cc": "CC",
    "emd": "EMD",
    "auc_judd": "AUC_Judd",
    "auc_borji": "AUC_Borji",
    "sauc": "AUC_shuffled",
}


@pytest.fixture(scope="module")
def figures(shared: Path) -> dict[str, Any]:
    text = (shared / "goldens" / "metrics" / "dhf1k_eval" / "expected.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.fixture(scope="module")
def frames(shared: Path) -> list[DriverFrame]:
    """Prediction, density and fixations of each frame, in the driver's order."""
    return [frame for _, frame in driver_frames(shared / "goldens" / "metrics")]


def others_of(frames: list[DriverFrame], size: tuple[int, int], *, swap_axes: bool) -> NDArray[np.int64]:
    """The driver draws 10 frames without replacement from the whole set, which are all of these ten."""
    moved = [rescale_points(np.argwhere(F), (F.shape[0], F.shape[1]), size, swap_axes=swap_axes) for _, _, F in frames]
    return np.unique(np.concatenate(moved), axis=0)


@pytest.fixture(scope="module")
def rows(frames: list[DriverFrame]) -> list[dict[str, float]]:
    scored = []
    for prediction, density, fixations in frames:
        others = others_of(frames, (fixations.shape[0], fixations.shape[1]), swap_axes=True)
        scored.append(
            score_frame(
                prediction,
                density,
                fixations,
                other_fixations=others,
                metrics=list(KEYS),
                protocol="dhf1k",
                bug_compatible=True,
            )
        )
    return scored


def kept(rows: list[dict[str, float]], name: str) -> list[float]:
    """What the protocol's rule leaves: undefined values are deleted, metric by metric."""
    assert get_protocol("dhf1k").undefined == "deleted"
    return [row[name] for row in rows if not np.isnan(row[name])]


@pytest.mark.parametrize("name", ["nss", "sim", "cc"])
def test_frames_and_mean_equal_the_driver_s(rows: list[dict[str, float]], figures: dict[str, Any], name: str) -> None:
    want = figures[KEYS[name]]
    assert kept(rows, name) == pytest.approx(want["per_frame_first_seed"], abs=1e-9)
    assert np.mean(kept(rows, name)) == pytest.approx(want["mean"], abs=1e-9)


def test_the_empty_frame_stays_in_sim_as_zero_and_leaves_the_others(rows: list[dict[str, float]]) -> None:
    assert [len(kept(rows, name)) for name in KEYS] == [9, 10, 9, 9, 9, 9, 9]
    assert [row["sim"] for row in rows].count(0.0) == 1


@pytest.mark.parametrize("name", ["auc_judd", "auc_borji", "sauc"])
def test_expectations_lie_within_the_spread_of_seeds(
    rows: list[dict[str, float]], figures: dict[str, Any], name: str
) -> None:
    want = figures[KEYS[name]]
    assert want["n"] == 20
    assert np.mean(kept(rows, name)) == pytest.approx(want["mean"], abs=want["std"])


def test_the_mean_emd_equals_the_driver_s(rows: list[dict[str, float]], figures: dict[str, Any]) -> None:
    assert np.mean(kept(rows, "emd")) == pytest.approx(figures["EMD"]["mean"], abs=1e-4)


def test_emd_differs_from_the_driver_s_only_by_the_rounding_of_its_solver(
    rows: list[dict[str, float]], figures: dict[str, Any], frames: list[DriverFrame]
) -> None:
    """FastEMD rounds masses and distances to millionths, which moves the fourth frame by 1.4e-4."""
    fixated = [frame for frame in frames if frame[2].any()]
    wanted = figures["EMD"]["per_frame_first_seed"]
    exact = kept(rows, "emd")
    assert exact[3] - wanted[3] == pytest.approx(1.4e-4, abs=1e-5)
    for index in (0, 3, 8):
        prediction, density, _ = fixated[index]
        assert rounded_emd(prediction, density) == pytest.approx(wanted[index], abs=2e-5), index


def rounded_emd(prediction: NDArray[np.uint8], density: NDArray[np.uint8]) -> float:
    """Transport of masses and distances in millionths, by another solver; mass left over moves for nothing."""
    from videosal.metrics.emd import _shrink

    a = _shrink(density.astype(np.float64))
    b = imresize(imresize(prediction, (density.shape[0], density.shape[1])), (a.shape[0], a.shape[1]))
    surplus = np.rint(a / a.sum() * 1e6) - np.rint(b / b.sum() * 1e6)
    givers, takers = np.argwhere(surplus > 0), np.argwhere(surplus < 0)
    supplies, demands = surplus[surplus > 0], -surplus[surplus < 0]
    steps = givers[:, None, :] - takers[None, :, :]
    longest = math.hypot(a.shape[0] - 1, a.shape[1] - 1)
    costs = np.rint(np.hypot(steps[..., 0], steps[..., 1]) * 1e6 / longest)
    if supplies.sum() > demands.sum():
        costs = np.hstack((costs, np.zeros((len(givers), 1))))
        demands = np.append(demands, supplies.sum() - demands.sum())
    else:
        costs = np.vstack((costs, np.zeros((1, len(takers)))))
        supplies = np.append(supplies, demands.sum() - supplies.sum())
    return transport(supplies, demands, costs) / 1e12 * longest


def transport(supplies: Map, demands: Map, costs: Map) -> float:
    from scipy.sparse import eye_array, kron, vstack

    n, m = costs.shape
    sums: Any = vstack((kron(eye_array(n), np.ones((1, m))), kron(np.ones((1, n)), eye_array(m)))).tocsr()
    # Masses as parts of the whole: the solver's tolerance is absolute.
    total = supplies.sum()
    found = linprog(costs.ravel(), A_eq=sums, b_eq=np.concatenate((supplies, demands)) / total, method="highs")
    assert found.status == 0
    return float(found.fun * total)


def test_the_swap_of_axes_moves_points_of_other_sizes() -> None:
    points = [[0, 0], [50, 10], [99, 199]]
    assert rescale_points(points, (100, 200), (200, 200)).tolist() == [[1, 0], [101, 10], [199, 199]]
    swapped = rescale_points(points, (100, 200), (200, 200), swap_axes=True)
    assert swapped.tolist() == [[0, 1], [50, 21]]  # the last fell outside
    same = rescale_points(points, (100, 200), (50, 100), swap_axes=True)
    assert same.tolist() == rescale_points(points, (100, 200), (50, 100)).tolist()
