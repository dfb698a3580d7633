from __future__ import annotations

import resource
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import torch
from torch.utils.data import Dataset

from tests.models.training.made_videos import FORM, MadeVideo, made_dataset
from videosal.datasets import load_dataset
from videosal.errors import FileError, RunError
from videosal.models.training.clips import ClipBatch, ClipSample, TrainingClips, collate
from videosal.models.training.loading import load_clips
from videosal.registry import load_plugin

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import TreeMaker

GROUPS = [[2, 0], [1], [0, 1, 2]]


def training_clips() -> TrainingClips:
    videos = (MadeVideo("a", 9), MadeVideo("b", 4), MadeVideo("c", 12, unfixated=frozenset({"0002", "0003"})))
    clips = TrainingClips(made_dataset(*videos), FORM, seed=0)
    clips.set_epoch(5)
    return clips


def test_groups_come_in_order_and_workers_read_what_would_be_read_here() -> None:
    here = list(load_clips(training_clips(), GROUPS, workers=0, join=collate))
    assert [len(batch) + batch.skipped for batch in here] == [2, 1, 3]
    there = list(load_clips(training_clips(), GROUPS, workers=2, join=collate))
    for ours, theirs in zip(here, there, strict=True):
        assert ours.names == theirs.names
        assert torch.equal(ours.clips, theirs.clips)
        assert torch.equal(ours.densities, theirs.densities)


def test_workers_start_where_opencv_has_threads_and_know_the_plug_ins(dhf1k_tree: TreeMaker, tmp_path: Path) -> None:
    """A copy of this process would hang as soon as it used OpenCV."""
    cv2.resize(np.zeros((2000, 2000), np.uint8), (999, 999))
    plugin = tmp_path / "plugin.py"
    plugin.write_text(
        "from videosal.models.training.clips import TrainingClips\n\n\nclass MyClips(TrainingClips):\n    pass\n"
    )
    unneeded = tmp_path / "unneeded.py"
    unneeded.write_text("import multiprocessing\nassert multiprocessing.parent_process() is None\n")
    load_plugin(unneeded)
    dataset = load_dataset("dhf1k:train", dhf1k_tree((1, 2), n_frames=4))
    mine = load_plugin(plugin).MyClips(dataset, FORM, seed=0)
    (here,), (there,) = (list(load_clips(mine, [[0, 1]], workers=workers, join=collate)) for workers in (0, 1))
    assert torch.equal(here.clips, there.clips)


@pytest.mark.parametrize("workers", [0, 1])
def test_an_error_of_ours_stays_what_it_was(dhf1k_tree: TreeMaker, workers: int) -> None:
    root = dhf1k_tree((1,), n_frames=4)
    (root / "annotation/0001/images/0002.png").write_bytes(b"")
    clips = TrainingClips(load_dataset("dhf1k:train", root), FORM, seed=0)
    with pytest.raises(FileError) as caught:
        list(load_clips(clips, [[0]], workers=workers, join=collate))
    assert str(caught.value) == f"{root}/annotation/0001/images/0002.png: the file is empty (0 bytes)"


def _join_without_room(samples: list[ClipSample]) -> ClipBatch:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # of this worker: its shared memory is a file
    return collate(samples)


def test_full_shared_memory_is_an_error_and_no_wait() -> None:
    with pytest.raises(RunError, match=r"the memory that processes share is full .* --shm-size, or give fewer"):
        list(load_clips(training_clips(), GROUPS, workers=1, join=_join_without_room))


class _Broken(Dataset[ClipSample]):
    def __getitem__(self, index: int) -> ClipSample:
        raise ZeroDivisionError(index)


def test_a_defect_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        list(load_clips(_Broken(), [[0]], workers=0, join=collate))
