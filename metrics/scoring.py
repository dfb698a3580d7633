"""From checked input to numbers. Importing this module imports the compiled kernels."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from videosal.errors import PluginError
from videosal.metrics.compiled.eight_bit import EightBitComparison, SparseComparison
from videosal.metrics.compiled.formulas import METRICS
from videosal.metrics.definitions import OURS, custom_metric
from videosal.metrics.frame.inputs import read_frame
from videosal.metrics.frame.sparse_map import SparseMap

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from videosal.metrics.compiled.formulas import Comparison
    from videosal.metrics.frame.inputs import Frame
    from videosal.metrics.protocols.record import Protocol


def score(
    prediction: ArrayLike,
    density: ArrayLike | None,
    fixations: ArrayLike | None,
    other_fixations: ArrayLike | None,
    baseline: ArrayLike | None,
    *,
    names: tuple[str, ...],
    protocol: Protocol,
    seed: int | None = None,
    bug_compatible: bool = False,
) -> dict[str, float]:
    """Do what `score_frame` does, for metrics whose inputs are all given."""
    bugs = tuple(bug for bug in protocol.bugs if not bug.in_negatives) if bug_compatible else ()
    if seed is not None or bugs or not protocol.compiled:
        given = (prediction, density, fixations, other_fixations, baseline)
        from videosal.metrics.by_convention import score_by_convention  # the default has no need of it

        return score_by_convention(given, names, protocol, seed, bugs)
    frame = read_frame(prediction, density, fixations, other_fixations, baseline, protocol)
    comparison = compare(frame, protocol, with_density=needs_density(names))
    if not comparison.finite:
        return dict.fromkeys(names, math.nan)
    return {name: METRICS[name](comparison) if name in METRICS else custom_score(name, frame) for name in names}


def compare(frame: Frame, protocol: Protocol, *, with_density: bool) -> Comparison:
    """Choose the way that suits the dtypes."""
    density = frame.density
    if frame.prediction.dtype == np.uint8 and (not with_density or (density is not None and density.dtype == np.uint8)):
        in_runs = with_density and isinstance(density, SparseMap) and density.values.size < density.size
        return (SparseComparison if in_runs else EightBitComparison)(frame, protocol, with_density=with_density)
    from videosal.metrics.compiled.floating import (
        FloatComparison,  # a process that scores image files has no need of it
    )

    return FloatComparison(frame, protocol, with_density=with_density)


@lru_cache
def needs_density(names: tuple[str, ...]) -> bool:
    """Whether one of the metrics compares the prediction with the density; those of third parties do so themselves."""
    return any(name in OURS and "density" in OURS[name].needs for name in names)


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
