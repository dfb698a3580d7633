"""From checked input to numbers. Importing this module imports the compiled kernels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from videosal.errors import PluginError
from videosal.metrics.comparison import METRICS
from videosal.metrics.definitions import CANONICAL, custom_metric
from videosal.metrics.eight_bit import EightBitComparison
from videosal.metrics.floating import FloatComparison
from videosal.metrics.inputs import read_frame

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from videosal.metrics.comparison import Comparison
    from videosal.metrics.inputs import Frame
    from videosal.metrics.protocols import Protocol


def score(
    prediction: ArrayLike,
    density: ArrayLike | None,
    fixations: ArrayLike | None,
    other_fixations: ArrayLike | None,
    baseline: ArrayLike | None,
    *,
    names: tuple[str, ...],
    protocol: Protocol,
) -> dict[str, float]:
    """Do what `score_frame` does, for metrics whose inputs are all given."""
    frame = read_frame(prediction, density, fixations, other_fixations, baseline, protocol)
    comparison = compare(frame, protocol, with_density=not _OF_DENSITY.isdisjoint(names))
    if not comparison.finite:
        return dict.fromkeys(names, math.nan)
    return {name: METRICS[name](comparison) if name in METRICS else _custom_score(name, frame) for name in names}


def compare(frame: Frame, protocol: Protocol, *, with_density: bool) -> Comparison:
    """Choose the way that suits the dtypes."""
    of_bytes = frame.prediction.dtype == np.uint8 and (
        not with_density or (frame.density is not None and frame.density.dtype == np.uint8)
    )
    kind = EightBitComparison if of_bytes else FloatComparison
    return kind(frame, protocol, with_density=with_density)


_OF_DENSITY = frozenset(name for name, info in CANONICAL.items() if "density" in info.needs)


def _custom_score(name: str, frame: Frame) -> float:
    shape = frame.prediction.shape
    baseline = frame.baseline
    metric = custom_metric(name)
    try:
        return float(
            metric.compute(
                frame.prediction.astype(np.float64, copy=False),
                None if frame.density is None else frame.density.astype(np.float64, copy=False),
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
