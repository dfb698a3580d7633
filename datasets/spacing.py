"""A few of many: frames or maps that stand for all, where looking at all would take too long."""

from __future__ import annotations

import numpy as np


def evenly_spaced(count: int, most: int) -> list[int]:
    """Return up to `most` of the indices below `count`, evenly spaced from the first to the last."""
    return sorted({round(place) for place in np.linspace(0, count - 1, min(count, most)).tolist()})
