from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.datasets.conftest import TREES, Tree, Truth, make_truth, write_tree
from videosal.datasets import dataset_adapter, load_dataset
from videosal.errors import DatasetError, InputError

if TYPE_CHECKING:
    from pathlib import Path

CLIP = "actioncliptest00004"


def write_shots(root: Path, firsts: dict[int, int]) -> dict[int, Truth]:
    """Write the shots of one clip; shot -> number of its first frame."""
    written = {}
    for shot, first in firsts.items():
        folder = f"testing/{CLIP}_{shot}"
        tree = Tree(
            "hollywood2:test",
            f"{CLIP}_{shot}",
            densities=f"{folder}/maps/{CLIP}_{{n:05d}}.png",
            fixations=f"{folder}/fixation/{CLIP}_{{n:05d}}.png",
            frames=f"{folder}/images/{CLIP}_{{n:05d}}.png",
        )
        written[shot] = make_truth(first)
        write_tree(root, tree, written[shot])
    return written


def test_the_splits_count_shots_or_clips() -> None:
    shots = {split.name: (split.videos, split.frames) for split in dataset_adapter("hollywood2").splits()}
    assert shots == {"train": (None, None), "test": (3_558, 244_860)}
    clips = {split.name: (split.videos, split.frames) for split in dataset_adapter("hollywood2", unit="clip").splits()}
    assert clips == {"train": (823, None), "test": (884, 244_860)}
    with pytest.raises(InputError, match="unit of hollywood2 is 'film', expected shot or clip"):
        dataset_adapter("hollywood2", unit="film")


def test_shots_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    write_shots(tmp_path, {10: 130, 1: 3, 2: 10})
    dataset = load_dataset("hollywood2:test", tmp_path)
    assert [video.name for video in dataset] == [f"{CLIP}_{shot}" for shot in (1, 2, 10)]
    assert dataset[2].frame_names[0] == f"{CLIP}_00130"
    with pytest.raises(DatasetError, match=r"no video of hollywood2:train \(it holds 3 of hollywood2:test\)"):
        load_dataset("hollywood2:train", tmp_path)


def test_a_clip_joins_its_shots_in_the_order_of_their_frames(tmp_path: Path) -> None:
    written = write_shots(tmp_path, {2: 3, 10: 130, 1: 60})
    dataset = load_dataset("hollywood2:test", tmp_path, unit="clip")
    (clip,) = dataset
    assert clip.name == CLIP
    assert [int(name[-5:]) for name in clip.frame_names] == [3, 4, 5, 6, 60, 61, 62, 63, 130, 131, 132, 133]
    assert clip.frame_positions() == list(range(12))
    assert len(clip.frames) == 12
    for index, frame in ((0, f"{CLIP}_00060"), (3, f"{CLIP}_00063")):
        np.testing.assert_array_equal(clip.density(frame), written[1].densities[index])
        np.testing.assert_array_equal(clip.fixations(frame), written[1].fixations[index] > 0)
        np.testing.assert_array_equal(clip.fixation_points(frame), np.argwhere(written[1].fixations[index]))
        np.testing.assert_array_equal(clip.frames[4 + index][..., ::-1], written[1].images[index])
    assert clip.size == (18, 32)
    assert dataset.recipe == "unit=clip"
    assert dataset.sibling("test")[0].name == CLIP
    assert dataset.fingerprint() != load_dataset("hollywood2:test", tmp_path).fingerprint()


def test_shots_that_were_renumbered_cannot_be_joined(tmp_path: Path) -> None:
    write_shots(tmp_path, {1: 1, 2: 1})
    assert len(load_dataset("hollywood2:test", tmp_path)) == 2
    (clip,) = load_dataset("hollywood2:test", tmp_path, unit="clip")
    with pytest.raises(DatasetError, match="two of its shots have frames of the same name"):
        _ = clip.frame_names


def test_the_known_tree_is_a_test_shot() -> None:
    assert TREES["hollywood2 release"].video in dataset_adapter("hollywood2").known_videos("test")
