from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from videosal import load_dataset, score
from videosal.benchmark.maps.inventory import take_inventory
from videosal.benchmark.maps.notes.looks import describe_looks
from videosal.datasets.files.images import read_map
from videosal.metrics import get_protocol, register_protocol
from videosal.metrics.protocols import registry
from videosal.registry import Registry

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


def test_logarithms_are_as_they_should_be_under_a_protocol_that_takes_them(
    dataset: Dataset, prediction_folder: MapMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_custom", Registry("protocol", "videosal.protocols.of_tests"))
    register_protocol(get_protocol("standard").replace(name="takes-logarithms", log_density=True))
    folder = change(prediction_folder(dataset), lambda m: np.log((m + 1.0) / (m + 1.0).sum()))
    run = score(folder, "dhf1k:val", dataset.root, protocol="takes-logarithms", metrics=["cc"], out=tmp_path / "run")
    assert not any("logarithms do" in note for note in run.notes)


def test_maps_of_one_value_are_noted_once(dataset: Dataset, prediction_folder: MapMaker, tmp_path: Path) -> None:
    folder = change(prediction_folder(dataset), lambda m: np.full_like(m, 128))
    run = score(folder, "dhf1k:val", dataset.root, metrics=["cc"], out=tmp_path / "run")
    [note] = [note for note in run.notes if "one value" in note]
    assert note.startswith("6 maps have one value throughout, which says nothing (0601/0001, 0601/0002, ")
    looks = describe_looks(dataset.videos, take_inventory(folder, dataset.videos).files)
    assert looks == ["6 of 6 maps that were looked at hold one value and say nothing"]


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
