from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from videosal.datasets import dataset_adapter, load_dataset
from videosal.datasets.sets.ucf import Ucf

if TYPE_CHECKING:
    from tests.datasets.conftest import CopyMaker


def test_the_splits_hold_103_and_47_videos_with_no_name_in_both() -> None:
    splits = {split.name: (split.videos, split.frames) for split in dataset_adapter("ucf").splits()}
    assert splits == {"train": (103, 6_501), "test": (47, 2_929)}
    assert not set(Ucf().known_videos("train")) & set(Ucf().known_videos("test"))


def test_names_in_every_spelling() -> None:
    ucf = Ucf()
    assert ucf.video_name("Diving-Side-001") == ucf.video_name("Diving-Side_001") == "Diving-Side-001"
    assert ucf.video_name("Golf-Swing-Back_005") == "Golf-Swing-Back-005"
    assert [ucf.video_name(text) for text in ("images", "001", "Diving-Side", "Diving-Side-001/x")] == [None] * 4
    assert ucf.frame_name("Diving-Side-001", 7) == "Diving-Side_001_007"


@pytest.mark.parametrize(("known", "counted"), [(3, 3), (4, 4), (2, 4), (9, 4)])
def test_without_images_the_facts_say_how_many_maps_count(
    make_copy: CopyMaker, monkeypatch: pytest.MonkeyPatch, known: int, counted: int
) -> None:
    """So that a copy without images has the frames, and the scores, of a full one."""
    root, tree, _ = make_copy("ucf release")
    shutil.rmtree(root / "testing/Diving-Side-001/images")
    monkeypatch.setattr(Ucf, "known_videos", lambda *_: {"Diving-Side-001": known})
    (video,) = load_dataset(tree.dataset, root)
    assert len(video.frame_names) == counted


def test_the_one_map_more_than_images_is_left_out(make_copy: CopyMaker) -> None:
    root, tree, _ = make_copy("ucf release")
    images = root / "testing/Diving-Side-001/images"
    (images / "Diving-Side_001_004.png").unlink()
    (video,) = load_dataset(tree.dataset, root)
    assert [name[-3:] for name in video.frame_names] == ["001", "002", "003"]
    assert video.frame_positions() == [0, 1, 2]
    (images / "Diving-Side_001_003.png").unlink()
    (video,) = load_dataset(tree.dataset, root)
    assert len(video.frame_names) == 4  # two are no quirk of the release but a copy that lacks images
