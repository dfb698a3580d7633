"""Gaze data on disk to `Video` and `GroundTruth` objects."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from videosal.datasets.catalogue import (
        DatasetAdapter,
        dataset_adapter,
        list_datasets,
        load_dataset,
        parse_name,
        register_dataset,
    )
    from videosal.datasets.densities import mean_density
    from videosal.datasets.doctor.inspect_copy import Inspection, inspect_copy
    from videosal.datasets.layout_adapter import LayoutAdapter
    from videosal.datasets.layouts import Layout
    from videosal.datasets.negatives import (
        Negatives,
        all_negatives,
        draw_from_all,
        draw_negatives,
        negatives_from_map,
        same_video_negatives,
    )
    from videosal.datasets.records import Coverage, Dataset, GroundTruth, Split, Video

_HOMES = {
    "DatasetAdapter": "catalogue",
    "dataset_adapter": "catalogue",
    "list_datasets": "catalogue",
    "load_dataset": "catalogue",
    "parse_name": "catalogue",
    "register_dataset": "catalogue",
    "mean_density": "densities",
    "Inspection": "doctor.inspect_copy",
    "inspect_copy": "doctor.inspect_copy",
    "Layout": "layouts",
    "LayoutAdapter": "layout_adapter",
    "Negatives": "negatives",
    "all_negatives": "negatives",
    "draw_from_all": "negatives",
    "draw_negatives": "negatives",
    "negatives_from_map": "negatives",
    "same_video_negatives": "negatives",
    "Coverage": "records",
    "Dataset": "records",
    "GroundTruth": "records",
    "Split": "records",
    "Video": "records",
}

__all__ = [
    "Coverage",
    "Dataset",
    "DatasetAdapter",
    "GroundTruth",
    "Inspection",
    "Layout",
    "LayoutAdapter",
    "Negatives",
    "Split",
    "Video",
    "all_negatives",
    "dataset_adapter",
    "draw_from_all",
    "draw_negatives",
    "inspect_copy",
    "list_datasets",
    "load_dataset",
    "mean_density",
    "negatives_from_map",
    "parse_name",
    "register_dataset",
    "same_video_negatives",
]


def __getattr__(name: str) -> Any:
    """Import a public name from its module when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
