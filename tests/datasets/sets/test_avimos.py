from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.datasets.conftest import write_video
from videosal.datasets import dataset_adapter, draw_negatives, inspect_copy, load_dataset
from videosal.errors import DatasetError, FileError

if TYPE_CHECKING:
    from pathlib import Path


SIZE = (36, 64)
pytest.importorskip("av")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two training videos and a public test one; a private one is named and absent."""
    lists = {"train": ["1", "2.mp4"], "public_test": ["3"], "private_test": ["4"]}
    (tmp_path / "TrainTestSplit.json").write_text(json.dumps(lists))
    ramp = np.tile(np.linspace(0, 255, SIZE[1]).round().astype(np.uint8), (SIZE[0], 1))
    for name, part in (("1", "Train"), ("2", "Train"), ("3", "Test")):
        maps = np.array([np.roll(ramp, shift, axis=1) for shift in (0, 5, 9)])
        write_video(tmp_path / f"Saliency{part}/{part}/{name}.mp4", maps, "libx264", "yuv420p10le", "gray")
        images = np.repeat(maps[..., None], 3, axis=3)
        write_video(tmp_path / f"Videos/{name}.mp4", images, "libx264", "yuv420p", "rgb24")
        fixations = tmp_path / f"Fixations{part}/{part}/{name}/fixations.json"
        fixations.parent.mkdir(parents=True)
        fixations.write_text(json.dumps([[[0, 0], [35, 63], [35, 63]], [], [[int(name), 7]]]))
    return tmp_path


def test_the_list_of_the_copy_decides_the_split(root: Path) -> None:
    assert [video.name for video in load_dataset("avimos:train", root)] == ["1", "2"]
    assert [video.name for video in load_dataset("avimos:public-test", root)] == ["3"]
    with pytest.raises(DatasetError, match=r"no video of avimos:private-test \(it holds 2 of avimos:train, 1 of"):
        load_dataset("avimos:private-test", root)
    assert {split.name: split.videos for split in dataset_adapter("avimos").splits()} == {
        "train": 1000,
        "public-test": None,
        "private-test": None,
    }


def test_densities_are_videos_and_fixations_keep_their_repeats(root: Path) -> None:
    video = load_dataset("avimos:train", root)[0]
    assert video.frame_names == ("0001", "0002", "0003")
    assert video.size == SIZE
    assert video.frame_positions() == [0, 1, 2]
    points = video.fixation_points("0001")
    assert points is not None
    assert points.tolist() == [[0, 0], [35, 63], [35, 63]]
    mask = video.fixations("0001")
    assert mask is not None
    assert mask.sum() == 2
    none = video.fixation_points("0002")
    assert none is not None
    assert len(none) == 0
    assert video.observer_points("0001") is None
    ramp = np.linspace(0, 65535, SIZE[1])
    for frame, shift in (("0003", 9), ("0001", 0), ("0002", 5)):  # out of order, too
        density = video.density(frame)
        assert density is not None
        assert density.dtype == np.uint16
        assert np.abs(density.astype(int) - np.roll(ramp, shift)).max() <= 512
    assert video.density("0004") is None


def test_negatives_come_from_the_lists(root: Path) -> None:
    dataset = load_dataset("avimos:train", root)
    drawn = draw_negatives(dataset, dataset[0])
    assert drawn.points.tolist() == [[0, 0], [2, 7], [35, 63]]


def test_the_doctor_reads_it(root: Path) -> None:
    inspection = inspect_copy("avimos", root, deep=True)
    assert [(split.found, split.expected) for split in inspection.splits] == [(2, 2), (1, 1), (0, 1)]
    assert [video.densities for video in inspection.videos] == [3, 3, 3]
    assert inspection.problems == ()
    (root / "FixationsTest/Test/3/fixations.json").write_text("")
    assert any("empty" in finding.text for finding in inspect_copy("avimos", root).problems)


@pytest.mark.parametrize("text", ["{", "3", '[["a"]]', "[[[1, 2, 3]]]"])
def test_a_file_that_is_no_list_of_points_is_named(root: Path, text: str) -> None:
    (root / "FixationsTrain/Train/1/fixations.json").write_text(text)
    with pytest.raises(FileError, match=r"1/fixations\.json: not a readable list of \(row, column\) per frame"):
        load_dataset("avimos:train", root)[0].fixations("0001")


def test_other_errors_are_named(root: Path) -> None:
    (root / "FixationsTrain/Train/1/fixations.json").write_text("[[[36, 0]]]")
    with pytest.raises(FileError, match="outside the frame of 36 rows and 64 columns"):
        load_dataset("avimos:train", root)[0].fixations("0001")
    (root / "TrainTestSplit.json").write_text('{"train": 3}')
    with pytest.raises(FileError, match=r"TrainTestSplit\.json: not a readable file of lists of names"):
        load_dataset("avimos:train", root)
    (root / "TrainTestSplit.json").unlink()
    with pytest.raises(DatasetError, match=r"TrainTestSplit\.json: cannot be read"):
        load_dataset("avimos:train", root)
