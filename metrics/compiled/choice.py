"""Which kernels suit the maps of a frame."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from videosal.metrics.compiled.eight_bit import EightBitComparison, SparseComparison
from videosal.metrics.definitions import OURS
from videosal.metrics.frame.sparse_map import SparseMap

if TYPE_CHECKING:
    from videosal.metrics.compiled.formulas import Comparison
    from videosal.metrics.frame.inputs import Frame
    from videosal.metrics.protocols.record import Protocol


def compare(frame: Frame, protocol: Protocol, *, with_density: bool) -> Comparison:
    """Choose the way that suits the dtypes."""
    density = frame.density
    if frame.prediction.dtype == np.uint8 and (not with_density or (density is not None and density.dtype == np.uint8)):
        in_runs = with_density and isinstance(density, SparseMap) and density.values.size < density.size
        return (SparseComparison if in_runs else EightBitComparison)(frame, protocol, with_density=with_density)
    from videosal.metrics.compiled.floating import FloatComparison  # image files have no need of it

    return FloatComparison(frame, protocol, with_density=with_density)


@lru_cache
def needs_density(names: tuple[str, ...]) -> bool:
    """Whether one of the metrics compares the prediction with the density; those of third parties do so themselves."""
    return any(name in OURS and "density" in OURS[name].needs for name in names)
