from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pytest

from videosal.datasets import load_dataset
from videosal.datasets.sets.sample import generate_sample, sample_folder
from videosal.datasets.sets.sample_scenes import SCENES, write_scene
from videosal.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

    from videosal.datasets import Dataset


def test_both_splits_are_full_and_looked_at(sample: Dataset) -> None:
    train = sample.sibling("train")
    assert (len(train), len(sample)) == (3, 5)
    for dataset in (train, sample):
        assert not dataset.coverage().partial
        for video in dataset:
            assert len(video.frames) == len(video.frame_names)
            assert video.frames[0].shape == (*video.size, 3)
            for frame in video.frame_names:
                truth = video.ground_truth(frame)
                assert truth.density is not None
                assert truth.fixations is not None
                assert truth.density.shape == truth.fixations.shape == video.size


def test_it_looks_like_the_real_thing(sample: Dataset) -> None:
    assert len({video.size for video in sample}) > 1
    assert len({len(video.frame_names) for video in sample}) > 1
    assert min(len(video.frame_names) for video in sample) < 32
    counts = [video.fixations(frame).sum() for video in sample for frame in video.frame_names]  # type: ignore[union-attr]
    assert counts.count(0) == 1
    assert np.median(counts) > 15
    moved = [np.abs(video.frames[5].astype(int) - video.frames[0]).mean() for video in sample]
    assert min(moved) > 1


def test_the_bare_name_is_the_test_split_and_needs_no_root() -> None:
    dataset = load_dataset("sample")
    assert dataset.full_name == "sample:test"
    assert dataset.root == sample_folder()


def test_the_layout_is_that_of_the_release(sample: Dataset) -> None:
    annotation = sample.root / "annotation" / "0004"
    n_frames = len(sample[0].frame_names)
    assert len(list((annotation / "maps").glob("*.png"))) == n_frames
    assert len(list((annotation / "fixation").glob("*.png"))) == n_frames
    assert len(list((annotation / "fixation" / "maps").glob("*.mat"))) == n_frames
    assert [file.name for file in annotation.glob("*.png")] == [f"{n_frames:04d}.png"]  # the stray key frame
    assert len(list((sample.root / "video" / "0004").glob("*.png"))) == n_frames


def test_generation_gives_the_same_bytes(tmp_path: Path) -> None:
    def content(folder: Path) -> list[tuple[str, str]]:
        write_scene(folder, 5, SCENES[4])
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        return [(str(file.relative_to(folder)), hashlib.sha256(file.read_bytes()).hexdigest()) for file in files]

    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_a_second_writer_leaves_the_first_alone(sample: Dataset, tmp_path: Path) -> None:
    before = sample.fingerprint()
    generate_sample(sample.root)
    assert load_dataset("sample").fingerprint() == before
    assert not [path for path in sample.root.parent.iterdir() if path.name.startswith(".")]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    with pytest.raises(OSError, match="other"):
        generate_sample(tmp_path / "other")


def test_a_cache_that_cannot_be_written_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("VIDEOSAL_CACHE", str(tmp_path / "file"))
    with pytest.raises(DatasetError, match=r"cannot be made in .*file/sample-v1 \(File exists\): .* VIDEOSAL_CACHE"):
        load_dataset("sample:test")
