"""Earth mover's distance: how far the mass of one map has to travel to become the other (Rubner et al., IJCV 2000).

Both maps come to a grid of one cell per 32 pixels, where the transport problem is solved exactly, with Euclidean
distance between cells. Distances between cells obey the triangle inequality, so mass that both maps have in one cell
never has to move: the problem is that of their difference, which halves its sides and makes equal maps cost exactly 0.

The solver is the network simplex of POT (Flamary et al., JMLR 2021). On these problems it took 4 ms on a grid of
12 x 20 cells and 45 ms on 23 x 40; scipy's HiGHS, equal to 1e-14, took 235 ms and 5.2 s.
"""

from __future__ import annotations

import math
import os
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.errors import VideosalError
from videosal.metrics.frame.resize import imresize

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Map = NDArray[np.float64]

CELL = 32
_NO_TORCH = "POT_BACKEND_DISABLE_PYTORCH"


def clipped_emd(P: Map, D: Map) -> float:
    """Earth mover's distance between two maps, in cells of 32 pixels: the canonical definition.

    Both maps are shrunk by one rule, negative values (overshoot of the interpolation, or of the prediction itself) are
    clipped to 0, and both are scaled to sum 1. EMD(D, D) is 0.

    Parameters
    ----------
    P, D : (H, W) float64 array
        Prediction and density, of one size; any scale.

    Returns
    -------
    float
        From 0 to the diagonal of the grid. NaN if a map holds NaN or infinity, or has no mass.

    References
    ----------
    Y. Rubner et al., The earth mover's distance as a metric for image retrieval, IJCV 40(2), 2000; Bylinskii et al.,
    TPAMI 2019, eq. 6.
    """
    if not _is_finite(P, D):
        return math.nan
    return _transport(np.maximum(_shrink(D), 0), np.maximum(_shrink(P), 0))


def signed_emd(P: Map, D: Map) -> float:
    """Earth mover's distance as DHF1K's EMD.m computes it with FastEMD, in cells of 32 pixels.

    The density is sampled every 32 pixels, the prediction so that its borders meet those of the grid; where a side is
    no multiple of 32 these differ, and EMD(D, D) is not 0 but up to 0.34. What the interpolation puts below zero
    stays, as mass that has to be brought in. FastEMD rounds to integers and so differs by up to 6e-5.

    Parameters
    ----------
    P, D : (H, W) float64 array
        Prediction and density, of one size; any scale.

    Returns
    -------
    float
        0 and above. NaN if a map holds NaN or infinity, or sums to 0; the original returns 0 for such a prediction.

    References
    ----------
    EMD.m of DHF1K (wenguanwang/DHF1K, code_for_Metrics.zip); O. Pele and M. Werman, Fast and robust earth mover's
    distances, ICCV 2009.
    """
    if not _is_finite(P, D):
        return math.nan
    cells = _shrink(D)
    height, width = cells.shape
    return _transport(cells, imresize(P, (height, width)))


def _is_finite(P: Map, D: Map) -> bool:
    return bool(np.isfinite(P).all() and np.isfinite(D).all())


def _shrink(image: Map) -> Map:
    """MATLAB's ``imresize(image, 1/32)``: ceil(size / 32) cells, sampled exactly every 32 pixels.

    `imresize` to a size scales by the quotient of the sizes. So the map is continued, mirrored as at any border, to a
    multiple of 32 and by as much more as the kernel reaches: then the quotient is 1/32 and no kept cell sees the end.
    """
    reach = 2  # cells; half the support of the cubic kernel
    cells = [-(-side // CELL) for side in image.shape]
    margins = [(reach * CELL, (n + reach) * CELL - side) for n, side in zip(cells, image.shape, strict=True)]
    wide = np.pad(image, margins, mode="symmetric")
    return imresize(wide, (cells[0] + 2 * reach, cells[1] + 2 * reach))[reach:-reach, reach:-reach]


def _transport(source: Map, target: Map) -> float:
    """Least cost of turning one grid into the other, both scaled to sum 1; NaN if one cannot be."""
    if not (_has_mass(source) and _has_mass(target)):
        return math.nan
    surplus = source / source.sum() - target / target.sum()
    givers, takers = np.argwhere(surplus > 0), np.argwhere(surplus < 0)
    if len(givers) == 0 or len(takers) == 0:
        return 0.0
    supplies, demands = surplus[surplus > 0], -surplus[surplus < 0]
    # The solver wants equal sums, which these are but for rounding.
    return _solve(supplies, demands * (supplies.sum() / demands.sum()), _distances(givers, takers))


def _has_mass(grid: Map) -> bool:
    """Whether the sum is more than what rounding leaves of values that cancel."""
    return bool(abs(grid.sum()) > 1e-12 * np.abs(grid).sum())


def _distances(givers: NDArray[np.intp], takers: NDArray[np.intp]) -> Map:
    steps = givers[:, None, :] - takers[None, :, :]
    distances: Map = np.hypot(steps[..., 0], steps[..., 1])
    return distances


@lru_cache
def _load_solver() -> Any:
    """Import POT without the second or more that it takes to import torch, where that is not imported yet."""
    before = os.environ.get(_NO_TORCH)
    if "torch" not in sys.modules:
        os.environ[_NO_TORCH] = "1"
    try:
        import ot  # type: ignore[import-untyped]
    finally:
        if before is None:
            os.environ.pop(_NO_TORCH, None)
        else:
            os.environ[_NO_TORCH] = before
    return ot


def _solve(supplies: Map, demands: Map, costs: Map) -> float:
    """Minimum of sum(flow * costs) with the given row and column sums."""
    cost, log = _load_solver().emd2(supplies, demands, costs, numItermax=100_000_000, log=True)
    if log["warning"] is not None:
        cells = sum(costs.shape)
        raise VideosalError(f"emd has no solution on {cells} cells: {log['warning']}; leave it out of metrics")
    return float(cost)
