from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from videosal.datasets import load_dataset
from videosal.datasets.files.images import read_map
from videosal.errors import DatasetError, FileError, UnknownNameError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import TreeMaker


def test_the_splits_hold_what_the_release_holds() -> None:
    from videosal.datasets import dataset_adapter

    splits = {split.name: split for split in dataset_adapter("dhf1k").splits()}
    assert {name: (split.videos, split.frames) for name, split in splits.items()} == {
        "train": (600, 346_140),
        "val": (100, 60_273),
        "test": (300, 176_192),
    }
    assert not splits["test"].ground_truth


@pytest.mark.parametrize("container", ["annotation", "train", "training", "val", "testing", "eval", ""])
def test_the_number_decides_the_split_never_the_folder(dhf1k_tree: TreeMaker, container: str) -> None:
    root = dhf1k_tree((600, 601, 700), container=container)
    assert [video.name for video in load_dataset("dhf1k:train", root)] == ["0600"]
    assert [video.name for video in load_dataset("dhf1k:val", root)] == ["0601", "0700"]
    with pytest.raises(DatasetError, match=r"no video of dhf1k:test \(it holds 1 of dhf1k:train, 2 of dhf1k:val\)"):
        load_dataset("dhf1k:test", root)


def test_the_copy_with_ground_truth_counts(dhf1k_tree: TreeMaker) -> None:
    root = dhf1k_tree((601,), container="train", frames=None)
    images = root / "test" / "0601" / "images"
    images.mkdir(parents=True)
    for index in (1, 2, 3):
        cv2.imwrite(str(images / f"{index:04d}.jpg"), np.zeros((9, 16, 3), np.uint8))
    (video,) = load_dataset("dhf1k:val", root)
    assert video.frame_names == ("0001", "0002", "0003")
    assert len(video.frames) == 3
    assert video.size == (18, 32)


def test_stray_files_are_no_ground_truth(dhf1k_tree: TreeMaker) -> None:
    root = dhf1k_tree((601,))
    folder = root / "annotation" / "0601"
    shutil.copy(folder / "maps" / "0001.png", folder / "0739.png")
    (folder / "fixation" / "maps").mkdir()
    savemat(folder / "fixation" / "maps" / "0001.mat", {"I": np.zeros((18, 32), np.uint8)})
    (folder / "maps" / "Thumbs.db").touch()
    (root / "annotation" / "notes").mkdir()
    (video,) = load_dataset("dhf1k:val", root)
    assert video.frame_names == ("0001", "0002", "0003")
    fixations = video.fixations("0001")
    assert fixations is not None
    assert fixations.sum() == 5  # the png counts, not the mat beside it


def test_fixations_from_mat_alone(dhf1k_tree: TreeMaker) -> None:
    root = dhf1k_tree((601,))
    folder = root / "annotation" / "0601" / "fixation"
    (folder / "maps").mkdir()
    for file in sorted(folder.glob("*.png")):
        savemat(folder / "maps" / f"{file.stem}.mat", {"I": (read_map(file) > 0).astype(np.uint8)})
        file.unlink()
    (video,) = load_dataset("dhf1k:val", root)
    fixations = video.fixations("0002")
    assert fixations is not None
    assert fixations.dtype == bool
    assert fixations.sum() == 5
    savemat(folder / "maps" / "0001.mat", {"a": np.zeros((18, 32)), "b": np.zeros((18, 32))})
    with pytest.raises(FileError, match=r"0001\.mat: holds a 18x32, b 18x32, expected one map, under I, eyeMap"):
        video.fixations("0001")
    (folder / "maps" / "0003.mat").write_bytes(b"MATLAB 5.0" + bytes(20))
    with pytest.raises(FileError, match=r"0003\.mat: not a readable MATLAB file"):
        video.fixations("0003")


@pytest.mark.parametrize("place", ["video/0601", "video/601", "frames/601", "video_png/601"])
def test_frames_beside_the_annotation(dhf1k_tree: TreeMaker, place: str) -> None:
    root = dhf1k_tree((601,))
    (root / place).parent.mkdir()
    shutil.move(root / "annotation" / "0601" / "images", root / place)
    (video,) = load_dataset("dhf1k:val", root)
    assert video.frame_positions() == [0, 1, 2]
    assert video.frames[0].shape == (18, 32, 3)


def test_no_frames_is_no_matter_until_they_are_needed(dhf1k_tree: TreeMaker) -> None:
    (video,) = load_dataset("dhf1k:val", dhf1k_tree((601,), frames=None))
    assert len(video.frame_names) == 3
    with pytest.raises(DatasetError, match="video 0601: this copy has no frames"):
        len(video.frames)


def test_a_ground_truth_frame_without_image_is_named(dhf1k_tree: TreeMaker) -> None:
    root = dhf1k_tree((601,))
    (root / "annotation/0601/images/0002.png").unlink()
    (video,) = load_dataset("dhf1k:val", root)
    with pytest.raises(DatasetError, match=r"frame 0002 has ground truth but no image"):
        video.frame_positions()


def test_a_wrong_root_says_what_was_looked_for_and_where_it_may_be(dhf1k_tree: TreeMaker, tmp_path: Path) -> None:
    root = dhf1k_tree((601,))
    with pytest.raises(DatasetError, match=f"did you mean --root {root}"):
        load_dataset("dhf1k:val", root.parent)
    with pytest.raises(DatasetError, match=r"found fixation/, images/, maps/"):
        load_dataset("dhf1k:val", root / "annotation" / "0601")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="found an empty folder"):
        load_dataset("dhf1k:val", tmp_path / "empty")


def test_names_and_roots_that_are_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownNameError, match=r"unknown dataset 'dhf1'.*did you mean dhf1k"):
        load_dataset("dhf1:val", tmp_path)
    with pytest.raises(UnknownNameError, match="unknown split of dhf1k 'vla': did you mean val"):
        load_dataset("dhf1k:vla", tmp_path)
    with pytest.raises(DatasetError, match="needs a split: dhf1k:train or dhf1k:val or dhf1k:test"):
        load_dataset("dhf1k", tmp_path)
    with pytest.raises(DatasetError, match="no root for dhf1k: give --root"):
        load_dataset("dhf1k:val")
    with pytest.raises(DatasetError, match=r"gone, does not exist"):
        load_dataset("dhf1k:val", tmp_path / "gone")
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match=r"file, is not a folder"):
        load_dataset("dhf1k:val", tmp_path / "file")


def test_the_root_comes_from_the_settings(
    dhf1k_tree: TreeMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = dhf1k_tree((601,))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIDEOSAL_DATA", str(root.parent))
    assert load_dataset("dhf1k:val").root == root
    monkeypatch.setenv("VIDEOSAL_DATA", "/nowhere")
    (tmp_path / "videosal.toml").write_text(f'[roots]\ndhf1k = "{root}"\n')
    assert load_dataset("dhf1k:val").root == root
    (tmp_path / "videosal.toml").write_text("[roots\n")
    with pytest.raises(Exception, match=r"videosal\.toml: not a valid TOML file"):
        load_dataset("dhf1k:val")


def test_a_copy_is_counted_against_the_release_and_known_by_its_files(dhf1k_tree: TreeMaker) -> None:
    root = dhf1k_tree((601, 602))
    dataset = load_dataset("dhf1k:val", root)
    coverage = dataset.coverage()
    assert (coverage.videos_found, coverage.videos_expected) == (2, 100)
    assert (coverage.frames_found, coverage.frames_expected) == (6, 60_273)
    assert coverage.partial
    listed = load_dataset("dhf1k:val", root)
    assert len(listed[1].frame_names) == 3
    before = dataset.fingerprint()
    assert load_dataset("dhf1k:val", root).fingerprint() == before
    (root / "annotation/0602/maps/0003.png").unlink()
    assert load_dataset("dhf1k:val", root).fingerprint() != before
    with pytest.raises(FileError, match=r"0003\.png: the ground truth has gone"):
        listed.fingerprint()
    assert dataset.fingerprint() == before  # a first look is kept, for the run that it is of


def test_the_real_sample(shared: Path) -> None:
    (video,) = load_dataset("dhf1k:val", shared / "samples/dhf1k-0601-aclnet")
    assert video.name == "0601"
    assert len(video.frame_names) == 20
    assert video.size == (360, 640)
    assert video.frames[0].shape == (256, 320, 3)
    truth = video.ground_truth("0001")
    assert truth.density is not None
    assert truth.fixations is not None
    assert truth.density.dtype == np.uint8
    assert truth.fixations.sum() == 295


def test_real_fixations_from_mat(shared: Path) -> None:
    (video,) = load_dataset("dhf1k:val", shared / "goldens/metrics/dhf1k_eval/gt")
    fixations = video.fixations("0001")
    assert fixations is not None
    assert fixations.sum() > 100
    empty = video.fixations("0006")
    assert empty is not None
    assert not empty.any()
