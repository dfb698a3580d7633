"""Temporal consistency: how much the maps of a run change from frame to frame, beside the ground truth.

A diagnostic, no score: maps that jump while people look steadily, or stand still while people move, both differ from
the ground truth's figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.errors import PredictionError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from videosal.benchmark.runs.results import Run

_SIZE = (64, 36)  # width, height at which maps are compared: jitter of a pixel is no change


def measure_change(
    run: Run, *, root: str | Path | None = None, maps: str | Path | None = None, run_models: bool = False
) -> pd.DataFrame:
    """Measure the change between neighbouring maps, per video.

    The change is half the sum of absolute differences of two maps that each sum to 1 (0: the same, 1: no overlap).

    Parameters
    ----------
    run : Run
    root : path, optional
        The data set's copy, if it is no longer where the run was scored.
    maps : path, optional
        Folder of the maps. Default: the folder that was scored, or where ``--save-maps`` put them.
    run_models : bool
        Make maps that were not saved again with the model that the run directory names, see `RunMaps`.

    Returns
    -------
    DataFrame
        Indexed by video, with the columns ``prediction`` and ``truth``: means over pairs of neighbouring frames,
        ``truth`` over those with a density; and ``n``, the number of pairs of maps.

    Raises
    ------
    PredictionError
        No two neighbouring maps are there, or none were saved and the model may not be run.
    """
    import pandas as pd

    from videosal.benchmark.maps.run_maps import RunMaps, open_data

    source, rows = RunMaps(run, maps, run_models=run_models), {}
    for video in open_data(run, root):
        names = video.frame_names
        places = {frame: place for place, frame in enumerate(names)}
        predicted = _changes((places[frame], found) for frame, found in source.stream(video, names))
        truth = _changes(enumerate(video.density(frame) for frame in names))
        rows[video.name] = {"prediction": _mean(predicted), "truth": _mean(truth), "n": len(predicted)}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("video")
    if table.empty or not table["n"].sum():
        raise PredictionError(f"the run {run.name!r} has no two neighbouring maps: their change cannot be measured")
    return table


def _changes(maps: Iterable[tuple[int, Any]]) -> list[float]:
    """Change of each pair of neighbours that are both there and not empty; one pair is in memory at a time."""
    changes, before = [], None
    for place, found in maps:
        now = None if found is None else _shares(found)
        if before is not None and now is not None and before[0] == place - 1:
            changes.append(float(np.abs(before[1] - now).sum() / 2))
        before = None if now is None else (place, now)
    return changes


def _shares(saliency: NDArray[Any]) -> NDArray[np.float64] | None:
    import cv2

    small = cv2.resize(np.asarray(saliency, np.float64), _SIZE, interpolation=cv2.INTER_AREA)
    small = small - min(0.0, float(small.min()))
    total = float(small.sum())
    return np.asarray(small / total, np.float64) if total > 0 else None


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
