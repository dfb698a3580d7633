from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from videosal.datasets import draw_negatives, load_dataset

if TYPE_CHECKING:
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
