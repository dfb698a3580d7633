from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from videosal import load_dataset, score
from videosal.benchmark.maps.inventory import take_inventory
from videosal.benchmark.maps.lossy import describe_loss, measure_losses
from videosal.datasets.files.images import read_map

if TYPE_CHECKING:
    from tests.conftest import MapMaker, TreeMaker
    from videosal.datasets import Dataset

METRICS = ["cc", "nss", "sim", "kld"]


@pytest.fixture
def dataset(dhf1k_tree: TreeMaker) -> Dataset:
    return load_dataset("dhf1k:val", dhf1k_tree((601, 602), size=(90, 160)))


def compress(maps: Path, quality: int) -> Path:
    """Save every map again as JPEG."""
    folder = maps.with_name(f"jpeg-{quality}")
    shutil.rmtree(folder, ignore_errors=True)
    for file in maps.rglob("*.png"):
        target = (folder / file.relative_to(maps)).with_suffix(".jpg")
        target.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(target), read_map(file), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return folder


@pytest.mark.parametrize("quality", [30, 60, 90])
def test_the_estimate_is_near_the_true_loss(
    quality: int, dataset: Dataset, prediction_folder: MapMaker, tmp_path: Path
) -> None:
    maps = prediction_folder(dataset)
    lossy = compress(maps, quality)
    runs = [
        score(folder, "dhf1k:val", dataset.root, metrics=METRICS, out=tmp_path / f"run-{folder.name}")
        for folder in (maps, lossy)
    ]
    truth = (runs[1].frames[METRICS] - runs[0].frames[METRICS]).abs().mean()
    (loss,) = measure_losses(dataset.videos, take_inventory(lossy, dataset.videos).files, "standard", METRICS)
    assert (loss["maps"], loss["frames"]) == (6, 6)
    for metric in METRICS:
        assert truth[metric] / 4 < loss["change"][metric] < truth[metric] * 4


def test_the_worse_the_quality_the_larger_the_loss(dataset: Dataset, prediction_folder: MapMaker) -> None:
    maps = prediction_folder(dataset)
    changes = []
    for quality in (30, 60, 90):
        files = take_inventory(compress(maps, quality), dataset.videos).files
        (loss,) = measure_losses(dataset.videos, files, "standard", ["kld"])
        changes.append(loss["change"]["kld"])
    assert changes == sorted(changes, reverse=True)


def test_a_run_of_jpeg_maps_warns_and_keeps_the_loss(
    dataset: Dataset, prediction_folder: MapMaker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lossy = compress(prediction_folder(dataset), 75)
    with caplog.at_level(logging.WARNING):
        run = score(lossy, "dhf1k:val", dataset.root, metrics=[*METRICS, "sauc", "ig"], out=tmp_path / "run")
    (loss,) = run.info["lossy"]
    note = describe_loss(loss)
    assert note.startswith("6 maps are JPEG, which is lossy: that loss moves CC by ")
    assert note in caplog.text
    assert note in run.info["notes"]
    assert sorted(loss["change"]) == sorted(METRICS)  # sauc and ig need other videos


def test_jpegs_in_an_archive_are_measured_too(dataset: Dataset, prediction_folder: MapMaker) -> None:
    lossy = compress(prediction_folder(dataset), 60)
    archive = Path(shutil.make_archive(str(lossy), "zip", lossy))
    losses = [
        measure_losses(dataset.videos, take_inventory(maps, dataset.videos).files, "standard", METRICS)
        for maps in (lossy, archive)
    ]
    assert losses[0]
    assert losses[0] == losses[1]


def test_what_is_called_like_a_jpeg_and_is_none_is_passed_over(dataset: Dataset, prediction_folder: MapMaker) -> None:
    maps = prediction_folder(dataset)
    lossy = compress(maps, 60)
    (lossy / "0601/0001.jpg").write_bytes((maps / "0601/0001.png").read_bytes())
    (lossy / "0601/0002.jpg").write_bytes(b"")
    (loss,) = measure_losses(dataset.videos, take_inventory(lossy, dataset.videos).files, "standard", METRICS)
    assert (loss["maps"], loss["frames"]) == (6, 4)
    for file in maps.rglob("*.png"):
        file.rename(file.with_suffix(".jpg"))
    inventory = take_inventory(maps, dataset.videos)
    assert measure_losses(dataset.videos, inventory.files, "standard", METRICS) == []


def test_png_maps_are_not_spoken_of(dataset: Dataset, prediction_folder: MapMaker, tmp_path: Path) -> None:
    run = score(prediction_folder(dataset), "dhf1k:val", dataset.root, metrics=METRICS, out=tmp_path / "run")
    assert "lossy" not in run.info
    assert not any("JPEG" in note for note in run.info["notes"])


def test_only_undefined_changes_leave_the_count(dataset: Dataset, prediction_folder: MapMaker) -> None:
    maps = prediction_folder(dataset)
    for file in maps.rglob("*.png"):
        cv2.imwrite(str(file), np.full((90, 160), 128, np.uint8))
    files = take_inventory(compress(maps, 75), dataset.videos).files
    (loss,) = measure_losses(dataset.videos, files, "standard", ["cc"])
    assert loss["change"] == {"cc": 0}  # a value, not moved
    (loss,) = measure_losses(dataset.videos, files, "dhf1k", ["cc"])
    assert loss["change"] == {}
    assert describe_loss(loss) == "6 maps are JPEG, which is lossy; save maps as PNG"


def test_maps_that_the_protocol_refuses_are_told_when_they_are_scored(
    dataset: Dataset, prediction_folder: MapMaker
) -> None:
    lossy = compress(prediction_folder(dataset), 75)
    for file in lossy.rglob("*.jpg"):
        cv2.imwrite(str(file), cv2.resize(cv2.imread(str(file), cv2.IMREAD_GRAYSCALE), (80, 45)))
    (loss,) = measure_losses(dataset.videos, take_inventory(lossy, dataset.videos).files, "crowdsal", ["cc"])
    assert loss["change"] == {}
