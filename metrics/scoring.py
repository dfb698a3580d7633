"""From checked input to numbers. Importing this module imports the compiled kernels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from videosal.metrics.comparison import METRICS
from videosal.metrics.definitions import custom_metric
from videosal.metrics.eight_bit import EightBitComparison
from videosal.metrics.floating import FloatComparison

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from videosal.metrics.comparison import Comparison
    from videosal.metrics.inputs import Frame
    from videosal.metrics.protocols import Protocol


def score(frame: Frame, names: tuple[str, ...], protocol: Protocol) -> dict[str, float]:
    """Compute the metrics called `names`, whose inputs are all there; all NaN if the prediction is not finite."""
    comparison = compare(frame, protocol, with_density=any(name in ("cc", "sim", "kld") for name in names))
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


def _custom_score(name: str, frame: Frame) -> float:
    shape = frame.prediction.shape
    baseline = frame.baseline
    value = custom_metric(name).compute(
        frame.prediction.astype(np.float64, copy=False),
        None if frame.density is None else frame.density.astype(np.float64, copy=False),
        _mask(frame.fixations, shape),
        _mask(frame.other_fixations, shape),
        None if baseline is None else baseline.values.reshape(shape).astype(np.float64, copy=False),
    )
    return float(value)


def _mask(pixels: NDArray[np.int64] | None, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    if pixels is None:
        return None
    mask = np.zeros(shape, np.bool_)
    mask.reshape(-1)[pixels] = True
    return mask
