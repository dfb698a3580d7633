"""Which files of a folder are the frames of a video."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from videosal.benchmark import score
from videosal.benchmark.predict import open_frames
from videosal.datasets import load_dataset
from videosal.datasets.doctor.inspect_copy import inspect_copy
from videosal.datasets.files.frame_files import frame_images, has_numbered_file, numbered_files
from videosal.datasets.files.images import IMAGE_SUFFIXES, read_map
from videosal.datasets.stored_video import StoredVideo
from videosal.errors import DatasetError, FileError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.conftest import MapMaker, TreeMaker


def _write(folder: Path, names: Sequence[str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for level, name in enumerate(names, 1):
        cv2.imwrite(str(folder / name), np.full((8, 12), 10 * level, np.uint8))
    return folder


def _copy(root: Path, *, images: Sequence[str], maps: Sequence[str], maps_folder: str = "maps") -> Path:
    video = root / "annotation" / "0601"
    for folder, names in ((maps_folder, maps), ("fixation", maps), ("images", images)):
        _write(video / folder, names)
    return root


def _names(folder: Path) -> list[str]:
    return [file.name for file in frame_images(folder)]


def test_strays_and_hidden_files_are_no_frames(tmp_path: Path) -> None:
    strays = ["cover.png", "0000_poster.png", "0001_flow.png", "0001 2.png", "0002 (1).png", "._0001.png"]
    folder = _write(tmp_path / "a", ["0002.png", "0001.png", "0010.png", *strays])
    assert _names(folder) == ["0001.png", "0002.png", "0010.png"]


def test_a_picture_without_loss_goes_before_a_jpeg_of_the_same_frame(tmp_path: Path) -> None:
    folder = _write(tmp_path / "a", ["0001.jpg", "0001.png", "0002.png", "0002.jpg"])
    assert _names(folder) == ["0001.png", "0002.png"]


def test_two_paddings_of_one_frame_are_told(tmp_path: Path) -> None:
    folder = _write(tmp_path / "a", ["0001.png", "1.png"])
    with pytest.raises(FileError, match=r"frame 1 has two files, 0001.png and 1.png: keep one of them"):
        numbered_files(folder, IMAGE_SUFFIXES)


def test_two_families_as_large_are_told_whatever_the_order_of_the_directory(tmp_path: Path) -> None:
    folder = _write(tmp_path / "a", ["flow_1.png", "flow_2.png", "img_1.png", "img_2.png"])
    with pytest.raises(FileError, match=r"two kinds of numbered files, as many of each \(flow_1.png and img_1.png\)"):
        frame_images(folder)
    assert _names(_write(tmp_path / "b", ["flow_1.png", "1.png"])) == ["1.png"]


def test_a_folder_of_photographs_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    assert _names(_write(tmp_path / "a", ["b.png", "a.jpg"])) == ["a.jpg", "b.png"]


def test_a_folder_with_only_hidden_files_holds_no_frames(tmp_path: Path) -> None:
    assert not has_numbered_file(_write(tmp_path / "a", ["._0001.png"]))


def test_predict_leaves_the_same_files_out(tmp_path: Path) -> None:
    assert len(open_frames(_write(tmp_path / "a", ["0001.png", "0002.png", "cover.png", "0002.jpg"]))) == 2


def test_the_frames_of_a_model_are_those_of_the_rule_and_verify_names_the_others(tmp_path: Path) -> None:
    names = ["0001.png", "0002.png"]
    root = _copy(tmp_path, images=[*names, "0001.jpg", "cover.png"], maps=names)
    video = load_dataset("dhf1k:val", root)[0]
    assert len(video.frames) == 2
    assert [file.path.rpartition("/")[2] for file in video.frame_files()] == names
    [strays] = [finding for finding in inspect_copy("dhf1k:val", root).findings if finding.kind == "stray"]
    assert [Path(name).name for name in strays.names] == ["0001.jpg", "cover.png"]


def test_the_ground_truth_has_the_rule_of_the_frames(
    dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path
) -> None:
    """Lossy copies, copies of a file manager and strays are no ground truth, whether or not they hold the same."""
    root = dhf1k_tree((601, 602))
    dataset = load_dataset("dhf1k:val", root)
    maps = prediction_folder(dataset)
    before = score(maps, "dhf1k:val", root, out=tmp_path / "one").frames
    for part in ("maps", "fixation"):
        folder = root / "annotation/0601" / part
        shutil.copy(folder / "0001.png", folder / "0001 2.png")
        shutil.copy(folder / "0001.png", folder / "0003 (1).png")
        shutil.copy(folder / "0001.png", folder / "cover.png")
        for name in ("0002", "0003"):  # the same picture, and another one
            cv2.imwrite(str(folder / f"{name}.jpg"), read_map(folder / "0002.png"))
    after = score(maps, "dhf1k:val", root, out=tmp_path / "two").frames
    assert after.equals(before)
    [strays] = [finding for finding in inspect_copy("dhf1k:val", root).findings if finding.kind == "stray"]
    assert len(strays.names) == 10
    for part in ("maps", "fixation"):
        folder = root / "annotation/0602" / part
        shutil.copy(folder / "0001.png", folder / "1.png")  # nothing tells which of both counts, though they are alike
        with pytest.raises(FileError, match=rf"0602/{part}: frame 1 has two files, 0001\.png and 1\.png: keep one"):
            score(maps, "dhf1k:val", root, out=tmp_path / "three")
        (folder / "1.png").unlink()


@pytest.mark.parametrize("part", ["Maps", "MAPS", "Fixation", "Images"])
def test_every_folder_may_be_in_capitals(dhf1k_tree: TreeMaker, part: str) -> None:
    root = dhf1k_tree((601,), n_frames=2)
    (root / "annotation/0601" / part.lower()).rename(root / "annotation/0601" / part)
    dataset = load_dataset("dhf1k:val", root)
    assert dataset.recipe == ""
    assert dataset.notes() == []
    assert len(dataset[0].frames) == 2


def test_folders_in_capitals_are_found_and_densities_are_not_made(tmp_path: Path) -> None:
    root = _copy(tmp_path, images=["0001.png"], maps=["0001.png"], maps_folder="Maps")
    dataset = load_dataset("dhf1k:val", root)
    assert dataset.recipe == ""
    density = dataset[0].density("0001")
    assert density is not None
    assert density[0, 0] == 10


def test_what_a_mac_leaves_in_an_archive_is_no_copy(tmp_path: Path) -> None:
    root = tmp_path / "copy"
    for video in (root / "test" / "0601", root / "__MACOSX" / "0602"):
        _write(video / "maps", ["0001.png"])
        _write(video / "fixation", ["0001.png"])
        _write(video / "images", ["0001.png"])
    assert [video.name for video in load_dataset("dhf1k:val", root)] == ["0601"]


def test_a_place_with_hidden_files_alone_does_not_hide_the_frames(tmp_path: Path) -> None:
    root = _copy(tmp_path, images=["._0001.png"], maps=["0001.png"])
    _write(root / "video" / "0601", ["0001.png"])
    video = load_dataset("dhf1k:val", root)[0]
    assert isinstance(video, StoredVideo)
    assert video.frame_source == root / "video" / "0601"


def test_ground_truth_from_0_meets_images_from_0(tmp_path: Path) -> None:
    names = ["0000.png", "0001.png", "0002.png"]
    assert load_dataset("dhf1k:val", _copy(tmp_path, images=names, maps=names))[0].frame_positions() == [0, 1, 2]


def test_images_from_0_for_ground_truth_from_1_are_told(tmp_path: Path) -> None:
    root = _copy(tmp_path, images=["0000.png", "0001.png"], maps=["0001.png", "0002.png"])
    with pytest.raises(DatasetError, match="numbered from 0 and the ground truth from 1"):
        load_dataset("dhf1k:val", root)[0].frame_positions()
