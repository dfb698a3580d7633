from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videosal.benchmark.maps.inventory import list_some, take_inventory, unpadded
from videosal.datasets import load_dataset
from videosal.errors import PredictionError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MapMaker, TreeMaker
    from videosal.datasets import Dataset


@pytest.fixture
def dataset(dhf1k_tree: TreeMaker) -> Dataset:
    return load_dataset("dhf1k:val", dhf1k_tree((601, 602)))


@pytest.mark.parametrize(
    "pattern",
    [
        "{video}/{frame}.png",
        "{video}/{number}.png",
        "{video}/{number:06d}.png",
        "{video}/{frame}.bmp",
        "{video}/{frame}.jpg",
        "{video}/{frame}.png.jpg",
        "{video}/iter_0/{frame}.tif",
        "000{video}/{frame}.png",
        "{video}/img_{frame}.png",
    ],
)
def test_names_match_with_or_without_padding_and_extension(
    dataset: Dataset, prediction_folder: MapMaker, pattern: str
) -> None:
    inventory = take_inventory(prediction_folder(dataset, pattern=pattern), dataset.videos)
    assert not inventory.missing
    assert not inventory.extra
    assert not inventory.damaged
    assert list(inventory.files["0602"]) == ["0001", "0002", "0003"]


def test_a_map_without_extension_is_found_too(dataset: Dataset, prediction_folder: MapMaker) -> None:
    folder = prediction_folder(dataset)
    for file in folder.rglob("*.png"):
        file.rename(file.with_suffix(""))
    (folder / "0601" / "README").touch()
    inventory = take_inventory(folder, dataset.videos)
    assert not inventory.missing
    assert not inventory.damaged


@pytest.mark.parametrize("pattern", ["{frame}.png", "iter_0/{frame}.png"])
def test_the_maps_of_a_single_video_may_lie_flat(
    dhf1k_tree: TreeMaker, prediction_folder: MapMaker, pattern: str
) -> None:
    dataset = load_dataset("dhf1k:val", dhf1k_tree((601,)))
    inventory = take_inventory(prediction_folder(dataset, pattern=pattern), dataset.videos)
    assert not inventory.missing


def test_a_flat_folder_called_like_a_video_is_that_video(dataset: Dataset, prediction_folder: MapMaker) -> None:
    inventory = take_inventory(prediction_folder(dataset) / "0602", dataset.videos)
    assert inventory.missing == ["0601/0001", "0601/0002", "0601/0003"]


def test_missing_extra_and_damaged_are_told_apart(dataset: Dataset, prediction_folder: MapMaker) -> None:
    folder = prediction_folder(dataset)
    (folder / "0601" / "0002.png").unlink()
    shutil.copy(folder / "0601" / "0001.png", folder / "0601" / "0009.png")
    shutil.copytree(folder / "0602", folder / "0999")
    cut = folder / "0602" / "0003.png"
    cut.write_bytes(cut.read_bytes()[:50])
    inventory = take_inventory(folder, dataset.videos)
    assert inventory.expected == 6
    assert inventory.missing == ["0601/0002"]
    assert sorted(inventory.extra) == ["0601/0009.png", "0999"]
    assert list(inventory.damaged) == [str(cut)]


def test_two_files_for_one_frame_are_refused(dataset: Dataset, prediction_folder: MapMaker) -> None:
    folder = prediction_folder(dataset)
    shutil.copy(folder / "0601" / "0001.png", folder / "0601" / "1.jpg")
    with pytest.raises(PredictionError, match=r"both frame 0001: keep one"):
        take_inventory(folder, dataset.videos)


def test_two_folders_for_one_video_are_refused(dataset: Dataset, prediction_folder: MapMaker) -> None:
    folder = prediction_folder(dataset)
    shutil.copytree(folder / "0601", folder / "601")
    with pytest.raises(PredictionError, match="both video 0601: keep one"):
        take_inventory(folder, dataset.videos)


def test_several_folders_inside_a_video_are_refused(dataset: Dataset, prediction_folder: MapMaker) -> None:
    folder = prediction_folder(dataset, pattern="{video}/iter_0/{frame}.png")
    shutil.copytree(folder / "0601/iter_0", folder / "0601/iter_1")
    with pytest.raises(PredictionError, match=r"0601 holds maps in 2 folders \(iter_0, iter_1\)"):
        take_inventory(folder, dataset.videos)


def test_a_folder_that_fits_nothing_says_what_was_expected(
    dataset: Dataset, prediction_folder: MapMaker, tmp_path: Path
) -> None:
    with pytest.raises(PredictionError, match="gone do not exist"):
        take_inventory(tmp_path / "gone", dataset.videos)
    (tmp_path / "file").touch()
    with pytest.raises(PredictionError, match="file are neither a folder nor an archive"):
        take_inventory(tmp_path / "file", dataset.videos)
    (tmp_path / "empty").mkdir()
    with pytest.raises(PredictionError, match=r"empty is empty: expected .* such as 0601/0001\.png"):
        take_inventory(tmp_path / "empty", dataset.videos)
    flat = prediction_folder(dataset, pattern="{frame}.png")
    with pytest.raises(PredictionError, match="holds 3 maps but no folder per video"):
        take_inventory(flat, dataset.videos)
    named = prediction_folder(dataset, pattern="clip-{video}/{frame}.png", seed=1)
    with pytest.raises(PredictionError, match=r"holds no map of 2 videos: .* found clip-0601, clip-0602"):
        take_inventory(named, dataset.videos)


@given(st.integers(0, 10**6), st.integers(1, 8), st.sampled_from(["", ".png", ".JPG", ".png.jpg", ".npy"]))
def test_unpadding_forgets_zeros_and_extensions_and_nothing_else(number: int, width: int, suffix: str) -> None:
    assert unpadded(f"{number:0{width}d}{suffix}") == str(number)
    assert unpadded(f"clip{number:0{width}d}_007{suffix}") == f"clip{number}_7"


def test_lists_name_the_first_and_count_the_rest() -> None:
    assert list_some(range(3), 5) == "0, 1, 2"
    assert list_some(range(12)) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more"


def test_the_real_predictions(shared: Path) -> None:
    root = shared / "samples/dhf1k-0601-aclnet"
    inventory = take_inventory(root / "output/train", load_dataset("dhf1k:val", root).videos)
    assert len(inventory.files["0601"]) == 5
    assert len(inventory.missing) == 15
    assert not inventory.extra
