from __future__ import annotations

import pickle
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.models.training.made_videos import FORM, SIZE, MadeVideo, made_dataset
from videosal.datasets import load_dataset
from videosal.datasets.files.images import read_rgb
from videosal.errors import DatasetError, FileError, InputError
from videosal.models import create_model
from videosal.models.training.clips import (
    ClipFormat,
    ClipSample,
    TrainingClips,
    clip_starts,
    collate,
    read_sample,
    resize_density,
    resize_fixations,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import TreeMaker

DENSITY = frozenset({"density"})
LENGTHS = st.integers(1, 12).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1)))


def frame_values(sample: ClipSample) -> list[int]:
    """Which frames of a `MadeVideo` the clip holds."""
    red = sample.clip[0, :, 0, 0] * FORM.deviation[0] + FORM.mean[0]
    return [round(float(value)) for value in red * 255]


@given(st.integers(1, 30), LENGTHS)
def test_every_whole_clip_may_be_drawn_once_and_a_short_video_is_all_seen(n: int, window: tuple[int, int]) -> None:
    length, target = window
    starts = clip_starts(n, range(n), replace(FORM, length=length, target=target))
    assert all(start + target == index for index, start in starts)
    firsts = [start for _, start in starts]
    if n >= length:
        assert firsts == list(range(n - length + 1))
    else:
        assert firsts
        assert all(start <= 0 and start + length >= n for start in firsts)


def test_only_frames_with_ground_truth_are_targets() -> None:
    """DIEM has ground truth from frame 16; here from the fifth of nine."""
    assert clip_starts(9, range(4, 9), FORM) == [(0, 3), (1, 4), (2, 5)]
    # No whole clip has its second frame among the last two: then clips reach beyond the end.
    assert clip_starts(9, [7, 8], FORM) == [(0, 6), (1, 7)]


def test_a_clip_holds_the_frames_from_its_start_and_the_ground_truth_of_its_target() -> None:
    video = MadeVideo("a", 9)
    sample = read_sample(video, "0004", 2, FORM, DENSITY, FORM.input_size)
    assert sample.usable
    assert (sample.video, sample.frame) == ("a", "0004")
    assert sample.clip.shape == (3, 4, *FORM.input_size)
    assert sample.clip.dtype == torch.float32
    assert frame_values(sample) == [2, 3, 4, 5]
    assert torch.equal(sample.density, resize_density(_map(video.density("0004")), FORM.input_size))
    assert torch.equal(sample.fixations, resize_fixations(_map(video.fixations("0004")), FORM.input_size))
    own = read_sample(video, "0004", 2, FORM, DENSITY, None)
    np.testing.assert_array_equal(own.density.numpy(), (_map(video.density("0004")) / 255).astype(np.float32))
    np.testing.assert_array_equal(own.fixations.numpy(), _map(video.fixations("0004")))


def _map(found: Any) -> np.ndarray[Any, Any]:
    assert found is not None
    return np.asarray(found)


def test_beyond_the_ends_the_first_and_the_last_frame_repeat() -> None:
    video = MadeVideo("a", 3)
    assert frame_values(read_sample(video, "0001", -1, FORM, DENSITY, SIZE)) == [0, 0, 1, 2]
    assert frame_values(read_sample(video, "0002", 0, FORM, DENSITY, SIZE)) == [0, 1, 2, 2]


def test_frames_are_prepared_as_for_inference(tiny_entry: Any, dhf1k_tree: TreeMaker) -> None:
    video = load_dataset("dhf1k:train", dhf1k_tree((1,), n_frames=6))[0]
    form = ClipFormat.of(tiny_entry)
    model: Any = create_model("tiny", device="cpu")
    sample = read_sample(video, "0003", 1, form, DENSITY, form.input_size)
    expected = torch.stack([model.prepare_frame(video.frames[index]) for index in range(1, 5)], dim=1)
    assert torch.equal(sample.clip, expected)


def test_the_density_is_resized_in_float64_and_scaled_to_one() -> None:
    """Halving: the bilinear value in the middle of four pixels is their mean, not rounded to a grey level."""
    density = np.random.default_rng(0).integers(0, 256, (8, 12), np.uint8)
    small = resize_density(density, (4, 6))
    assert small.dtype == torch.float32
    means = density.reshape(4, 2, 6, 2).mean(axis=(1, 3)) / 255
    np.testing.assert_array_equal(small.numpy(), means.astype(np.float32))
    np.testing.assert_allclose(resize_density(density.astype(np.uint16) * 257, (4, 6)), small, rtol=1e-6)
    np.testing.assert_allclose(resize_density(density / density.max(), (8, 12)).max(), 1)


def test_fixations_move_to_the_nearest_pixel_and_stay_inside() -> None:
    fixations = np.zeros((10, 20), bool)
    fixations[[0, 4, 9, 9], [0, 7, 19, 18]] = True
    moved = resize_fixations(fixations, (5, 5))
    # rows 0, 2, 4.5 -> 4; columns 0, 1.75 -> 2, 4.75 -> 5, which is outside, -> 4, 4.5 -> 4
    assert moved.nonzero().tolist() == [[0, 0], [2, 2], [4, 4]]
    assert torch.equal(resize_fixations(fixations, (10, 20)), torch.from_numpy(fixations))


@pytest.mark.parametrize(
    ("needs", "lacks", "usable"),
    [
        ({"density"}, "", True),
        ({"density"}, "fixations", True),  # a copy without fixation maps
        ({"density", "fixations"}, "fixations", False),
        ({"density"}, "density", False),
        ({"fixations", "baseline"}, "density", True),
    ],
)
def test_a_sample_is_usable_if_what_the_loss_needs_is_there(needs: set[str], lacks: str, usable: bool) -> None:
    sample = read_sample(MadeVideo("a", 6, lacks=lacks), "0003", 1, FORM, frozenset(needs), SIZE)
    assert sample.usable is usable
    assert bool(sample.clip.numel()) is usable


@pytest.mark.parametrize("what", ["unfixated", "flat"])
def test_a_frame_that_nobody_looked_at_or_with_a_flat_density_is_not_usable(what: str) -> None:
    video = MadeVideo("a", 6, **{what: frozenset({"0003"})})  # type: ignore[arg-type]
    assert not read_sample(video, "0003", 1, FORM, DENSITY, SIZE).usable
    assert read_sample(video, "0004", 2, FORM, DENSITY, SIZE).usable


def test_the_clip_depends_on_seed_epoch_and_index_alone() -> None:
    dataset = made_dataset(MadeVideo("a", 30), MadeVideo("b", 25), MadeVideo("c", 4))

    def drawn(seed: int, epoch: int, order: list[int]) -> dict[int, str]:
        clips = TrainingClips(dataset, FORM, seed=seed)
        clips.set_epoch(epoch)
        clips = pickle.loads(pickle.dumps(clips))
        return {index: f"{clips[index].video} {clips[index].frame}" for index in order}

    first = drawn(1, 3, [0, 1, 2])
    assert [text[0] for text in first.values()] == ["a", "b", "c"]
    assert drawn(1, 3, [2, 0, 1]) == first
    assert drawn(1, 4, [0, 1, 2]) != first
    assert drawn(2, 3, [0, 1, 2]) != first


def test_every_place_is_drawn_about_as_often_the_last_one_too() -> None:
    clips = TrainingClips(made_dataset(MadeVideo("a", 8)), FORM, seed=0)
    seen: Counter[str] = Counter()
    for epoch in range(500):
        clips.set_epoch(epoch)
        seen[clips[0].frame] += 1
    assert sorted(seen) == ["0002", "0003", "0004", "0005", "0006"]  # starts 0 to 4
    assert min(seen.values()) > 70  # 100 expected, deviation 9


def test_several_clips_per_video_are_drawn_apart() -> None:
    clips = TrainingClips(made_dataset(MadeVideo("a", 60), MadeVideo("b", 60)), FORM, seed=0, clips_per_video=20)
    assert len(clips) == 40
    samples = [clips[index] for index in range(40)]
    assert [sample.video for sample in samples] == ["a", "b"] * 20
    assert len({sample.frame for sample in samples}) > 20
    with pytest.raises(IndexError):
        clips[40]


def test_wrong_arguments_are_named() -> None:
    dataset = made_dataset(MadeVideo("a", 8))
    with pytest.raises(InputError, match="seed is -1"):
        TrainingClips(dataset, FORM, seed=-1)
    with pytest.raises(InputError, match="clips_per_video is 0"):
        TrainingClips(dataset, FORM, seed=0, clips_per_video=0)
    with pytest.raises(DatasetError, match="made:train at nowhere has no videos to train on"):
        TrainingClips(made_dataset(), FORM, seed=0)


def test_a_batch_leaves_out_what_is_not_usable_and_counts_it() -> None:
    video = MadeVideo("a", 9, unfixated=frozenset({"0003"}))
    samples = [read_sample(video, f"{n:04d}", n - 2, FORM, DENSITY, FORM.input_size) for n in (2, 3, 4)]
    batch = collate(samples)
    assert len(batch) == 2
    assert batch.skipped == 1
    assert batch.names == ("a frame 0002", "a frame 0004")
    assert torch.equal(batch.clips, torch.stack([samples[0].clip, samples[2].clip]))
    assert torch.equal(batch.densities[1], samples[2].density)
    assert torch.equal(batch.fixations[1], samples[2].fixations)
    empty = collate(samples[1:2])
    assert len(empty) == 0
    assert (empty.skipped, empty.clips.numel()) == (1, 0)


def test_a_missing_or_damaged_frame_is_named(dhf1k_tree: TreeMaker) -> None:
    root = dhf1k_tree((1,), n_frames=4, frames="images")
    images = root / "annotation/0001/images"

    def clips() -> TrainingClips:
        return TrainingClips(load_dataset("dhf1k:train", root), FORM, seed=0)

    assert clips()[0].usable
    opened = clips()
    len(opened.videos[0].frames)  # the folder has been read
    content = (images / "0003.png").read_bytes()
    (images / "0003.png").unlink()
    with pytest.raises(FileError, match=r"images/0003\.png: cannot be read \(No such file"):
        opened[0]
    with pytest.raises(DatasetError, match="video 0001: frame 0003 has ground truth but no image"):
        clips()[0]
    (images / "0003.png").write_bytes(content[:-30])
    with pytest.raises(FileError, match=r"images/0003\.png: the file is truncated"):
        clips()[0]


def test_frames_come_from_video_files_too_and_none_stays_open(dhf1k_tree: TreeMaker) -> None:
    pytest.importorskip("av")
    from tests.datasets.conftest import write_video

    root = dhf1k_tree((1,), n_frames=6, frames="images")
    files = sorted((root / "annotation/0001/images").iterdir())
    images = np.stack([read_rgb(file) for file in files])
    from_images = TrainingClips(load_dataset("dhf1k:train", root), FORM, seed=0)[0]
    _remove(root / "annotation/0001/images")
    (root / "video").mkdir()
    write_video(root / "video/001.avi", images, "ffv1", "bgr0", "rgb24")
    clips = TrainingClips(load_dataset("dhf1k:train", root), FORM, seed=0)
    assert torch.equal(clips[0].clip, from_images.clip)
    frames: Any = clips.videos[0].frames
    assert frames.file._container is None


def _remove(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
