"""What can be told from a fixation map alone: whether it can be one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLAUSIBLE_SHARE = 0.05  # of the pixels; fifty observers who all look elsewhere mark a fiftieth of a per cent


def fixated_pixels(image: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which pixels a map (H, W) marks as fixated: any value but zero; NaN marks none."""
    marked: NDArray[np.bool_] = image != 0
    return marked & ~np.isnan(image) if image.dtype.kind == "f" else marked


def describe_odd_fixations(image: NDArray[Any]) -> str | None:
    """Say why a map (H, W) can hardly be one of fixations; None where it can."""
    marked = fixated_pixels(image)
    values = np.unique(image[marked])
    share = np.count_nonzero(marked) / max(image.size, 1)
    if len(values) > 1:
        if values[0] < 0:
            return f"holds {len(values) + 1} values, down to {values[0]:g}, and any value but 0 counts as fixated"
        return f"holds {len(values) + 1} values, as a density map or a lossy copy does, and a fixation map has two"
    if share > PLAUSIBLE_SHARE:
        kind = ": it seems to be inverted" if share > 1 - PLAUSIBLE_SHARE else ""
        return f"marks {share:.0%} of its pixels as fixated{kind}"
    return None
