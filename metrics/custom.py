"""Metrics of third parties."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from videosal.errors import PluginError
from videosal.metrics.definitions import custom_metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from videosal.metrics.frame.inputs import Frame


def custom_score(name: str, frame: Frame) -> float:
    """Compute a metric of a third party."""
    shape = frame.prediction.shape
    baseline = frame.baseline
    metric = custom_metric(name)
    try:
        return float(
            metric.compute(
                frame.prediction.astype(np.float64, copy=False),
                None if frame.density is None else np.asarray(frame.density, np.float64),
                _mask(frame.fixations, shape),
                _mask(frame.other_fixations, shape),
                None if baseline is None else baseline.values.reshape(shape).astype(np.float64, copy=False),
            )
        )
    except Exception as error:
        raise PluginError(f"the metric {name!r} fails on a frame: {error!r}") from error


def _mask(pixels: NDArray[np.int64] | None, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    if pixels is None:
        return None
    mask = np.zeros(shape, np.bool_)
    mask.reshape(-1)[pixels] = True
    return mask
