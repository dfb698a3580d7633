from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from videosal import load_dataset, score
from videosal.benchmark.maps.inventory import take_inventory
from videosal.benchmark.maps.looks import describe_looks
from videosal.datasets.files.images import read_map

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MapMaker, TreeMaker
    from videosal.datasets import Dataset


@pytest.fixture
def dataset(dhf1k_tree: TreeMaker) -> Dataset:
    return load_dataset("dhf1k:val", dhf1k_tree((601, 602)))


def change(folder: Path, convert: Any) -> Path:
    for file in folder.rglob("*.png"):
        changed = convert(read_map(file))
        if changed.dtype == np.uint8:
            cv2.imwrite(str(file), changed)
        else:
            file.unlink()
            np.save(file.with_suffix(".npy"), changed)
    return folder


@pytest.mark.parametrize(
    ("convert", "text"),
    [
        (lambda m: np.full_like(m, 128), "hold one value and say nothing"),
        (lambda m: np.rint(m / 255).astype(np.uint8), "hold nothing above 3 of 255"),
        (lambda m: np.where(m > 128, 255, 0).astype(np.uint8), "hold two values"),
        (lambda m: np.log((m + 1.0) / (m + 1.0).sum()), "hold no value above 0, as logarithms do"),
        (lambda m: np.ascontiguousarray(m.T), "lie on their side"),
    ],
)
def test_what_does_not_look_like_saliency_is_noted_with_its_count(
    dataset: Dataset, prediction_folder: MapMaker, tmp_path: Path, convert: Any, text: str
) -> None:
    folder = change(prediction_folder(dataset), convert)
    run = score(folder, "dhf1k:val", dataset.root, metrics=["cc"], out=tmp_path / "run")
    assert [note for note in run.notes if note.startswith(f"6 of 6 maps that were looked at {text}")]


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_maps_that_look_well_are_not_spoken_of(dataset: Dataset, prediction_folder: MapMaker, kind: Any) -> None:
    folder = change(prediction_folder(dataset), lambda m: (m / 255).astype(kind) if kind != np.uint8 else m)
    assert describe_looks(dataset.videos, take_inventory(folder, dataset.videos).files) == []


def test_inverted_maps_are_noted(dataset: Dataset, prediction_folder: MapMaker, tmp_path: Path) -> None:
    folder = prediction_folder(dataset)
    for video in dataset:
        for frame in video.frame_names:
            cv2.imwrite(str(folder / video.name / f"{frame}.png"), 255 - np.asarray(video.density(frame)))
    run = score(folder, "dhf1k:val", dataset.root, metrics=["auc_judd"], out=tmp_path / "run")
    assert "AUC-J is below 0.2 in 6 of 6 frames: the maps look inverted, dark where people look" in run.notes
    change(folder, lambda m: 255 - m)
    run = score(folder, "dhf1k:val", dataset.root, metrics=["auc_judd"], out=tmp_path / "upright")
    assert not any("inverted" in note for note in run.notes)
