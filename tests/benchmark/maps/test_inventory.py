from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from videosal import score
from videosal.benchmark import RunMaps, measure_change, merge_runs
from videosal.benchmark.maps.inventory import take_inventory
from videosal.benchmark.maps.matching.names import list_some, unpadded
from videosal.datasets import load_dataset
from videosal.datasets.files.images import read_map
from videosal.errors import FileError, PredictionError, RunError

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


def rename_frames(folder: Path, pattern: str) -> Path:
    """Call the maps of every video by `pattern`, numbered from 0."""
    for video in sorted(folder.iterdir()):
        for number, file in enumerate(sorted(video.iterdir())):
            file.rename(video / pattern.format(number))
    return folder


@pytest.mark.parametrize("pattern", ["{}.png", "{:04d}.png", "frame{}.png"])
@pytest.mark.parametrize("allow_missing", [False, True])
def test_maps_that_count_from_zero_are_told_and_shifted_when_asked(
    dataset: Dataset, prediction_folder: MapMaker, tmp_path: Path, pattern: str, allow_missing: bool
) -> None:
    folder = prediction_folder(dataset)
    expected = score(folder, "dhf1k:val", dataset.root, out=tmp_path / "one").frames
    rename_frames(folder, pattern)
    options = {"allow_missing": allow_missing, "out": tmp_path / "two"}
    with pytest.raises(PredictionError, match=r"2 of 2 videos \(0601, 0602\) seem to begin at 0.*--first-frame 0"):
        score(folder, "dhf1k:val", dataset.root, **options)
    run = score(folder, "dhf1k:val", dataset.root, first_frame=0, **options)
    pd.testing.assert_frame_equal(run.frames, expected, check_exact=True)
    video = dataset.video("0602")
    shown = RunMaps(run).read(video, video.frame_names)
    np.testing.assert_array_equal(shown["0001"], read_map(folder / "0602" / pattern.format(0)))


@pytest.mark.parametrize("allow_missing", [False, True])
def test_maps_that_count_from_one_for_frames_from_zero_are_told_too(
    dataset: Dataset, prediction_folder: MapMaker, tmp_path: Path, allow_missing: bool
) -> None:
    maps = prediction_folder(dataset)
    expected = score(maps, "dhf1k:val", dataset.root, metrics=["cc", "nss"], out=tmp_path / "one").frames
    for part in ("maps", "fixation"):
        for video in ("0601", "0602"):
            for file in sorted((dataset.root / "annotation" / video / part).iterdir()):
                file.rename(file.with_name(f"{int(file.stem) - 1:04d}.png"))
    options = {"metrics": ["cc", "nss"], "allow_missing": allow_missing, "out": tmp_path / "two"}
    with pytest.raises(
        PredictionError, match=r"2 of 2 videos .* begin at 1, those of the frames at 0.*--first-frame 1"
    ):
        score(maps, "dhf1k:val", dataset.root, **options)
    run = score(maps, "dhf1k:val", dataset.root, first_frame=1, **options)
    assert run.frames["frame"].tolist() == ["0000", "0001", "0002"] * 2
    pd.testing.assert_frame_equal(run.frames[["cc", "nss"]], expected[["cc", "nss"]], check_exact=True)


def test_maps_that_count_from_zero_are_taken_as_they_are_called_when_asked(
    dataset: Dataset, prediction_folder: MapMaker
) -> None:
    folder = rename_frames(prediction_folder(dataset), "{:04d}.png")
    inventory = take_inventory(folder, dataset.videos, first_frame=1)
    assert inventory.missing == ["0601/0003", "0602/0003"]
    assert inventory.extra == ["0601/0000.png", "0602/0000.png"]


def test_a_map_before_the_first_frame_is_left_out_where_none_is_missing(
    dataset: Dataset, prediction_folder: MapMaker
) -> None:
    folder = prediction_folder(dataset)
    shutil.copy(folder / "0601/0001.png", folder / "0601/0000.png")
    inventory = take_inventory(folder, dataset.videos)
    assert (inventory.missing, inventory.extra) == ([], ["0601/0000.png"])


@pytest.mark.parametrize("place", [".", "0602"])
def test_the_maps_of_another_video_are_not_taken(
    dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path, place: str
) -> None:
    dataset = load_dataset("dhf1k:val", dhf1k_tree((601, 602)))
    folder = prediction_folder(dataset)
    shutil.rmtree(folder / "0601")
    shutil.rmtree(dataset.root / "annotation/0602")
    with pytest.raises(PredictionError, match=r"no map|no folder|maps are missing"):
        score(folder / place, "dhf1k:val", dataset.root, out=tmp_path / "run")
    with pytest.raises(PredictionError, match=r"no map|no folder"):  # names of the same pattern
        take_inventory(folder / place, load_dataset("dhf1k:val", dataset.root).videos)
    (folder / "0602").rename(folder / "my maps")
    assert not take_inventory(folder, load_dataset("dhf1k:val", dataset.root).videos).missing


def test_another_video_of_the_data_set_is_known_by_its_name(
    dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path
) -> None:
    """Also where names have no common pattern, and where the maps of a run are shown."""
    dataset = load_dataset("dhf1k:val", dhf1k_tree((601,)))
    maps = prediction_folder(dataset)
    run = score(maps, "dhf1k:val", dataset.root, metrics=["cc"], out=tmp_path / "run")
    for name, known in (("7", True), ("602", True), ("mine", False)):  # videos of other splits, whatever the padding
        (maps / "0601").rename(tmp_path / name)
        source = RunMaps(run, tmp_path / name)
        if known:
            with pytest.raises(PredictionError, match="holds no map of 1 videos"):
                source.read(dataset[0], dataset[0].frame_names)
        else:
            assert len(source.read(dataset[0], dataset[0].frame_names)) == 3
        (tmp_path / name).rename(maps / "0601")


def test_a_video_without_maps_shows_none_of_another(
    dataset: Dataset, prediction_folder: MapMaker, tmp_path: Path
) -> None:
    folder = prediction_folder(dataset)
    shutil.rmtree(folder / "0601")
    run = score(folder, "dhf1k:val", dataset.root, allow_missing=True, metrics=["cc"], out=tmp_path / "run")
    frames = dataset.video("0601").frame_names
    assert RunMaps(run).read(dataset.video("0601"), frames) == {}
    assert list(RunMaps(run).read(dataset.video("0602"), frames)) == list(frames)
    change = measure_change(run)
    assert list(change["n"]) == [0, 2]
    shutil.rmtree(folder / "0602")
    with pytest.raises(PredictionError, match="is empty"):
        RunMaps(run).read(dataset.video("0602"), frames)


@pytest.mark.parametrize("suffix", [".npz", ".pt", ".webp", ".mat"])
def test_endings_that_are_not_read_are_named(dataset: Dataset, prediction_folder: MapMaker, suffix: str) -> None:
    folder = prediction_folder(dataset)
    message = rf"files are not read: {{}} that end in \{suffix}: save maps as \.png"
    (folder / "0601/0003.png").rename(folder / f"0601/0003{suffix}")
    with pytest.raises(PredictionError, match="1 of 6 maps are missing.*" + message.format(1)):
        score(folder, "dhf1k:val", dataset.root)
    for file in folder.rglob("*.png"):
        file.rename(file.with_suffix(suffix))
    with pytest.raises(PredictionError, match="holds no map of 2 videos.*" + message.format(6)):
        take_inventory(folder, dataset.videos)


@pytest.mark.parametrize("suffix", [".tif", ".pgm", ".npz", ".pt", ".webp"])
def test_one_file_per_video_that_is_not_read_is_named(
    dataset: Dataset, prediction_folder: MapMaker, suffix: str
) -> None:
    folder = prediction_folder(dataset)
    for video in ("0601", "0602"):
        shutil.rmtree(folder / video)
        cv2.imwritemulti(str(folder / f"{video}.tif"), [np.eye(18, 32, dtype=np.uint8)] * 3)
        (folder / f"{video}.tif").rename(folder / f"{video}{suffix}")
    what = rf"2 that end in \{suffix}{' and stand for a whole video' if suffix == '.tif' else ''}: save maps as \.png"
    with pytest.raises(PredictionError, match=f"files are not read: {what}"):
        score(folder, "dhf1k:val", dataset.root)


def test_a_tiff_of_several_pictures_is_no_map(dataset: Dataset, prediction_folder: MapMaker, tmp_path: Path) -> None:
    folder = prediction_folder(dataset, pattern="{video}/{frame}.tif")
    file = folder / "0602/0002.tif"
    cv2.imwritemulti(str(file), [np.eye(18, 32, dtype=np.uint8)] * 3)
    with pytest.raises(FileError, match=rf"{file}: holds 3 pictures of one size, and a map is one: save a file per"):
        score(folder, "dhf1k:val", dataset.root, out=tmp_path / "run")


def test_maps_that_go_on_behind_their_end_are_read_and_noted(
    dataset: Dataset, prediction_folder: MapMaker, tmp_path: Path
) -> None:
    folder = prediction_folder(dataset)
    before = score(folder, "dhf1k:val", dataset.root, metrics=["cc"], out=tmp_path / "one")
    assert not any("behind their end" in note for note in before.notes)
    for name in ("0601/0001.png", "0602/0003.png"):
        (folder / name).write_bytes((folder / name).read_bytes() + bytes(2000))
    shutil.make_archive(str(folder), "zip", folder)
    packed = score(folder.with_suffix(".zip"), "dhf1k:val", dataset.root, metrics=["cc"], out=tmp_path / "three")
    assert any(note.startswith("2 maps of 6 that were looked at have more than 1 KB") for note in packed.notes)
    after = score(folder, "dhf1k:val", dataset.root, metrics=["cc"], out=tmp_path / "two")
    note = "2 maps have more than 1 KB behind their end, which is not read (0601/0001.png, 0602/0003.png)"
    assert note in after.notes
    assert after.frames["cc"].equals(before.frames["cc"])


def test_runs_that_count_otherwise_are_not_mixed(dataset: Dataset, prediction_folder: MapMaker, tmp_path: Path) -> None:
    folder = rename_frames(prediction_folder(dataset), "{:04d}.png")
    for video in ("0601", "0602"):
        shutil.copy(folder / video / "0001.png", folder / video / "0003.png")
    on = {"dataset": "dhf1k:val", "root": dataset.root, "metrics": ["cc"]}
    fresh = [score(folder, **on, first_frame=first, out=tmp_path / f"{first}") for first in (0, 1)]
    assert not fresh[0].frames.equals(fresh[1].frames)
    with pytest.raises(RunError, match="how the maps are numbered"):
        score(folder, **on, first_frame=1, out=tmp_path / "0")
    again = score(folder, **on, first_frame=1, out=tmp_path / "0", existing="overwrite")
    pd.testing.assert_frame_equal(again.frames, fresh[1].frames, check_exact=True)
    for shard in (1, 2):
        score(folder, **on, first_frame=shard - 1, out=tmp_path / f"part{shard}", shard=f"{shard}/2", name="one")
    with pytest.raises(RunError, match="how the maps are numbered"):
        merge_runs([tmp_path / "part1", tmp_path / "part2"], tmp_path / "merged")


def test_the_only_number_of_a_name_counts(dataset: Dataset, prediction_folder: MapMaker) -> None:
    inventory = take_inventory(prediction_folder(dataset, pattern="{video}/{frame}_sal.png"), dataset.videos)
    assert not inventory.missing


@pytest.mark.parametrize("stray", ["0001 2.png", "0001 (1).png", "poster.png", "flow_0001.png"])
def test_copies_and_strays_beside_the_maps_are_no_frames(
    dataset: Dataset, prediction_folder: MapMaker, stray: str
) -> None:
    folder = prediction_folder(dataset)
    shutil.copy(folder / "0602/0003.png", folder / "0601" / stray)
    inventory = take_inventory(folder, dataset.videos)
    assert inventory.extra == [f"0601/{stray}"]
    assert inventory.files["0601"]["0001"].entry.name == "0601/0001.png"
