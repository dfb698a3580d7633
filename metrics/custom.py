"""Metrics of third parties."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from videosal.errors import PluginError
from videosal.metrics.case import scaled
from videosal.metrics.definitions import custom_metric
from videosal.metrics.frame.regrid import bilinear

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from videosal.metrics.case import Case


def custom_score(name: str, case: Case, given: frozenset[str]) -> float:
    """Compute a metric of a third party from the arguments that were given."""
    P = case.points.scaled()
    density = baseline = None
    if "density" in given:
        density = bilinear(case.density(), (P.shape[0], P.shape[1]))
    if case.baseline is not None:
        baseline = scaled(*case.baseline).reshape(P.shape)
    fixations = _mask(case.fixated, P.shape) if "fixations" in given else None
    others = _mask(case.others, P.shape) if "other_fixations" in given else None
    metric = custom_metric(name)
    try:
        return float(metric.compute(P, density, fixations, others, baseline))
    except Exception as error:
        raise PluginError(f"the metric {name!r} fails on a frame: {error!r}") from error


def _mask(pixels: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    mask = np.zeros(shape, np.bool_)
    mask.reshape(-1)[pixels] = True
    return mask
