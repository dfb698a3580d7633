from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.datasets.conftest import write_hdf5
from videosal.datasets import (
    all_negatives,
    draw_from_all,
    draw_negatives,
    load_dataset,
    negatives_from_map,
    same_video_negatives,
)
from videosal.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import TreeMaker
    from videosal.datasets import Dataset


def test_ten_frames_of_other_videos_seeded(sample: Dataset) -> None:
    video = sample[0]
    drawn = draw_negatives(sample, video)
    assert len(drawn.sources) == len(set(drawn.sources)) == 10
    assert video.name not in {name for name, _ in drawn.sources}
    again = draw_negatives(load_dataset("sample"), video)
    assert again.sources == drawn.sources
    np.testing.assert_array_equal(again.points, drawn.points)
    assert draw_negatives(sample, video, seed=1).sources != drawn.sources
    assert draw_negatives(sample, sample[1]).sources != drawn.sources


def test_all_frames_of_other_videos_with_repeats(sample: Dataset) -> None:
    video = sample[1]
    found = all_negatives(sample, video)
    assert found.sources == ()
    others = [other for other in sample if other.name != video.name]
    factors = [np.array(video.size) / np.array(other.size) for other in others]
    points = [
        np.floor((point + 0.5) * factor)
        for other, factor in zip(others, factors, strict=True)
        for frame in other.frame_names
        for point in other.fixation_points(frame)
    ]
    np.testing.assert_array_equal(found.points, points)
    assert len(found.points) > len(np.unique(found.points, axis=0))


def test_points_are_the_union_at_the_size_of_the_video(sample: Dataset) -> None:
    video = sample[0]
    drawn = draw_negatives(sample, video)
    union = set()
    for name, frame in drawn.sources:
        mask = sample.video(name).fixations(frame)
        assert mask is not None
        assert mask.any()
        for row, col in np.argwhere(mask):
            scaled = (row + 0.5) * video.size[0] / mask.shape[0], (col + 0.5) * video.size[1] / mask.shape[1]
            union.add((int(scaled[0]), int(scaled[1])))
    assert {(int(row), int(col)) for row, col in drawn.points} == union
    assert len(drawn.points) == len(union)


def test_fewer_frames_than_asked_for_are_all_taken(dhf1k_tree: TreeMaker) -> None:
    dataset = load_dataset("dhf1k:val", dhf1k_tree((601, 602), n_frames=3))
    assert sorted(draw_negatives(dataset, dataset[0]).sources) == [("0602", f"000{i}") for i in (1, 2, 3)]


def test_one_video_alone_has_none(dhf1k_tree: TreeMaker) -> None:
    dataset = load_dataset("dhf1k:val", dhf1k_tree((601,)))
    drawn = draw_negatives(dataset, dataset[0])
    assert drawn.sources == ()
    assert drawn.points.shape == (0, 2)


def test_the_whole_set_can_be_drawn_from(sample: Dataset) -> None:
    drawn = [draw_from_all(sample, video) for video in sample]
    assert all(len(one.sources) == 10 for one in drawn)
    own = [name == video.name for one, video in zip(drawn, sample, strict=True) for name, _ in one.sources]
    assert 0 < sum(own) < len(own)
    assert draw_from_all(sample, sample[0]).sources == drawn[0].sources
    assert draw_from_all(sample, sample[0], seed=1).sources != drawn[0].sources
    assert len(draw_from_all(sample, sample[0], count=3).sources) == 3


def test_all_frames_of_the_same_video_minus_the_own_points(dhf1k_tree: TreeMaker) -> None:
    video = load_dataset("dhf1k:val", dhf1k_tree((601,), n_frames=4))[0]
    negatives = same_video_negatives(video)
    points = {
        frame: {tuple(point) for point in np.argwhere(mask)}
        for frame in video.frame_names
        if (mask := video.fixations(frame)) is not None
    }
    union = set().union(*points.values())
    assert {tuple(point) for point in negatives.points} == union
    for frame in video.frame_names:
        assert {tuple(point) for point in negatives.for_frame(frame)} == union - points[frame]
    assert negatives.for_frame("another").tolist() == negatives.points.tolist()
    assert negatives.sources == ()


def test_drawn_points_are_the_same_in_every_frame(sample: Dataset) -> None:
    drawn = draw_negatives(sample, sample[0])
    assert drawn.for_frame(sample[0].frame_names[0]) is drawn.points


def test_a_map_of_other_fixations_is_scaled_to_the_video(sample: Dataset, tmp_path: Path) -> None:
    video = sample[0]
    shuffle = np.zeros((video.size[0] // 2, video.size[1] // 2))
    shuffle[3, 5] = 0.25
    shuffle[-1, -1] = 7
    np.save(tmp_path / "map.npy", shuffle)
    expected = [[7, 11], [video.size[0] - 1, video.size[1] - 1]]
    assert negatives_from_map(tmp_path / "map.npy", video).points.tolist() == expected
    write_hdf5(tmp_path / "map.mat", {"ShufMap": shuffle.T})
    assert negatives_from_map(tmp_path / "map.mat", video).points.tolist() == expected
    np.save(tmp_path / "zero.npy", np.zeros((3, 3)))
    with pytest.raises(FileError, match=r"zero\.npy: no pixel is above zero"):
        negatives_from_map(tmp_path / "zero.npy", video)
