from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from videosal.datasets import load_dataset
from videosal.datasets.layouts import Layout, expand, find_copy
from videosal.datasets.records import mask_points
from videosal.errors import DatasetError
from videosal.metrics import score_frame

if TYPE_CHECKING:
    from pathlib import Path

    from tests.datasets.conftest import CopyMaker, Tree, Truth


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (4, 1), (18, 32)])
def test_points_of_a_mask_are_in_the_order_of_numpy(size: tuple[int, int]) -> None:
    for share in (0, 0.1, 1):
        mask = np.random.default_rng(0).random(size) < share
        points = mask_points(mask)
        np.testing.assert_array_equal(points, np.argwhere(mask))
        assert (points.shape[1], points.dtype) == (2, np.int64)


def test_every_layout_loads_to_the_same_video(any_copy: tuple[Path, Tree, Truth]) -> None:
    root, tree, truth = any_copy
    dataset = load_dataset(tree.dataset, root)
    (video,) = dataset
    assert video.name == tree.video
    expected = {
        "dhf1k": [f"{number:04d}" for number in truth.numbers],
        "hollywood2": [f"actioncliptest00004_{number:05d}" for number in truth.numbers],
        "ucf": [f"Diving-Side_001_{number:03d}" for number in truth.numbers],
        "diem": [f"{number:05d}" for number in truth.numbers],
    }[dataset.name]
    assert list(video.frame_names) == expected
    assert video.size == (18, 32)
    assert dataset.recipe == ""
    assert dataset.notes() == []
    assert video.frame_positions() == [0, 1, 2, 3]
    for index, frame in enumerate(video.frame_names):
        density, fixations, points = video.density(frame), video.fixations(frame), video.fixation_points(frame)
        assert density is not None
        assert fixations is not None
        assert points is not None
        lossy = (tree.densities or "").endswith("jpg")
        assert np.abs(density.astype(int) - truth.densities[index]).mean() <= (4 if lossy else 0)
        np.testing.assert_array_equal(fixations, truth.fixations[index] > 0)
        np.testing.assert_array_equal(points, np.argwhere(truth.fixations[index]))
        saliency = np.random.default_rng(index).uniform(size=(18, 32))
        as_stored = score_frame(saliency, density, video.stored_fixations(frame))
        np.testing.assert_equal(as_stored, score_frame(saliency, density, fixations))
        assert video.frames[index].shape == (18, 32, 3)
    assert len(video.fingerprint()) > 20


def test_densities_are_made_where_only_fixations_are_there(make_copy: CopyMaker) -> None:
    from videosal.datasets.sources.recipes import DHF1K

    root, tree, truth = make_copy("dhf1k official")
    stored = load_dataset(tree.dataset, root).fingerprint()
    shutil.rmtree(root / "annotation/0601/maps")
    dataset = load_dataset(tree.dataset, root)
    np.testing.assert_array_equal(dataset[0].density("0002"), DHF1K.make(np.argwhere(truth.fixations[1]), (18, 32)))
    assert dataset.recipe == "density=sum of Gaussians sigma 12.7398 px centred at +2,+2"
    assert "1 of 1 videos of dhf1k:val is made here" in dataset.notes()[0]
    assert dataset.fingerprint() != stored


def test_two_layouts_at_once_are_an_error_that_names_both(make_copy: CopyMaker) -> None:
    make_copy("dhf1k official")
    root, *_ = make_copy("dhf1k aclnet")
    with pytest.raises(
        DatasetError, match=r"in 2 layouts: official .*annotation/0601/fixation\) and .*val/0601/fixation\)"
    ):
        load_dataset("dhf1k:val", root)


def test_a_link_to_the_same_files_is_no_second_layout(make_copy: CopyMaker) -> None:
    root, *_ = make_copy("dhf1k vinet")
    (root / "loop").symlink_to(".")
    (root / "0602").symlink_to("0602")
    assert [video.name for video in load_dataset("dhf1k:val", root)] == ["0601"]


def test_a_template_finds_names_in_any_spelling_and_keeps_what_names_no_video(tmp_path: Path) -> None:
    for name in ("7", "08", "x", ".9", "007\n"):
        (tmp_path / "a" / name / "maps").mkdir(parents=True)
    (tmp_path / "a" / "10").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "11.MP4").touch()

    def name_of(text: str) -> str | None:
        return f"{int(text):04d}" if text.isascii() and text.isdecimal() else None

    found, unnamed = expand(tmp_path, ("a/{video}/maps", "b/{video}.mp4", "{folder}/{video}.mp4"), name_of)
    assert {name: [place.template for place in places] for name, places in found.items()} == {
        "0007": ["a/{video}/maps"],
        "0008": ["a/{video}/maps"],
        "0011": ["b/{video}.mp4", "{folder}/{video}.mp4"],
    }
    assert sorted(path.parent.name for path in unnamed) == ["007\n", "x"]


def test_a_file_is_no_folder_and_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "maps").touch()
    (tmp_path / "2.mp4").mkdir()
    assert expand(tmp_path, ("{video}/maps", "{video}.mp4"), lambda text: text) == ({}, [])


def test_nothing_found_says_what_was_looked_for(tmp_path: Path) -> None:
    layouts = (Layout("first", densities=("a/{video}",)), Layout("second", frames=("b/{video}",)))
    (tmp_path / "c" / "d").mkdir(parents=True)
    with pytest.raises(DatasetError, match=r"no X in .*: looked for a/\{video\} \(first\); b/\{video\} \(second\)"):
        find_copy(tmp_path, "X", layouts, lambda text: text)
    (tmp_path / "c" / "b" / "1").mkdir(parents=True)
    with pytest.raises(DatasetError, match=rf"did you mean --root {tmp_path / 'c'}"):
        find_copy(tmp_path, "X", layouts, lambda text: text)
    assert find_copy(tmp_path / "c", "X", layouts, lambda text: text).layout.name == "second"
