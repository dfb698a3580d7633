from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from tests.datasets.conftest import write_video
from videosal import load_dataset, score
from videosal.benchmark.maps.inventory import take_inventory
from videosal.benchmark.maps.lossy import describe_loss, measure_losses
from videosal.datasets.files.images import read_map
from videosal.datasets.files.video import recoding

if TYPE_CHECKING:
    from tests.conftest import MapMaker, TreeMaker
    from videosal.datasets import Dataset

av: Any = pytest.importorskip("av")
METRICS = ["cc", "nss", "sim", "kld"]


@pytest.fixture
def dataset(dhf1k_tree: TreeMaker) -> Dataset:
    return load_dataset("dhf1k:val", dhf1k_tree((601, 602), size=(90, 160)))


def compress(maps: Path, quality: int) -> Path:
    """Save every map again as JPEG."""
    folder = maps.with_name(f"jpeg-{quality}")
    shutil.rmtree(folder, ignore_errors=True)
    for file in maps.rglob("*.png"):
        target = (folder / file.relative_to(maps)).with_suffix(".jpg")
        target.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(target), read_map(file), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return folder


@pytest.mark.parametrize("quality", [30, 60, 90])
def test_the_estimate_is_near_the_true_loss(
    quality: int, dataset: Dataset, prediction_folder: MapMaker, tmp_path: Path
) -> None:
    maps = prediction_folder(dataset)
    lossy = compress(maps, quality)
    runs = [
        score(folder, "dhf1k:val", dataset.root, metrics=METRICS, out=tmp_path / f"run-{folder.name}")
        for folder in (maps, lossy)
    ]
    truth = (runs[1].frames[METRICS] - runs[0].frames[METRICS]).abs().mean()
    (loss,) = measure_losses(dataset.videos, take_inventory(lossy, dataset.videos).files, "standard", METRICS)
    assert (loss["maps"], loss["frames"]) == (6, 6)
    for metric in METRICS:
        assert truth[metric] / 4 < loss["change"][metric] < truth[metric] * 4


def test_the_worse_the_quality_the_larger_the_loss(dataset: Dataset, prediction_folder: MapMaker) -> None:
    maps = prediction_folder(dataset)
    changes = []
    for quality in (30, 60, 90):
        files = take_inventory(compress(maps, quality), dataset.videos).files
        (loss,) = measure_losses(dataset.videos, files, "standard", ["kld"])
        changes.append(loss["change"]["kld"])
    assert changes == sorted(changes, reverse=True)


def test_a_run_of_jpeg_maps_warns_and_keeps_the_loss(
    dataset: Dataset, prediction_folder: MapMaker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lossy = compress(prediction_folder(dataset), 75)
    with caplog.at_level(logging.WARNING):
        run = score(lossy, "dhf1k:val", dataset.root, metrics=[*METRICS, "sauc", "ig"], out=tmp_path / "run")
    (loss,) = run.info["lossy"]
    note = describe_loss(loss)
    assert note.startswith("6 maps are JPEG, which is lossy: that loss moves CC by ")
    assert note in caplog.text
    assert note in run.info["notes"]
    assert sorted(loss["change"]) == sorted(METRICS)  # sauc and ig need other videos


def test_jpegs_in_an_archive_are_measured_too(dataset: Dataset, prediction_folder: MapMaker) -> None:
    lossy = compress(prediction_folder(dataset), 60)
    archive = Path(shutil.make_archive(str(lossy), "zip", lossy))
    losses = [
        measure_losses(dataset.videos, take_inventory(maps, dataset.videos).files, "standard", METRICS)
        for maps in (lossy, archive)
    ]
    assert losses[0]
    assert losses[0] == losses[1]


def test_what_is_called_like_a_jpeg_and_is_none_is_passed_over(dataset: Dataset, prediction_folder: MapMaker) -> None:
    maps = prediction_folder(dataset)
    lossy = compress(maps, 60)
    (lossy / "0601/0001.jpg").write_bytes((maps / "0601/0001.png").read_bytes())
    (lossy / "0601/0002.jpg").write_bytes(b"")
    (loss,) = measure_losses(dataset.videos, take_inventory(lossy, dataset.videos).files, "standard", METRICS)
    assert (loss["maps"], loss["frames"]) == (6, 4)
    for file in maps.rglob("*.png"):
        file.rename(file.with_suffix(".jpg"))
    inventory = take_inventory(maps, dataset.videos)
    assert measure_losses(dataset.videos, inventory.files, "standard", METRICS) == []


def test_png_maps_are_not_spoken_of(dataset: Dataset, prediction_folder: MapMaker, tmp_path: Path) -> None:
    run = score(prediction_folder(dataset), "dhf1k:val", dataset.root, metrics=METRICS, out=tmp_path / "run")
    assert "lossy" not in run.info
    assert not any("JPEG" in note for note in run.info["notes"])


def test_only_undefined_changes_leave_the_count(dataset: Dataset, prediction_folder: MapMaker) -> None:
    maps = prediction_folder(dataset)
    for file in maps.rglob("*.png"):
        cv2.imwrite(str(file), np.full((90, 160), 128, np.uint8))
    files = take_inventory(compress(maps, 75), dataset.videos).files
    (loss,) = measure_losses(dataset.videos, files, "standard", ["cc"])
    assert loss["change"] == {"cc": 0}  # a value, not moved
    (loss,) = measure_losses(dataset.videos, files, "dhf1k", ["cc"])
    assert loss["change"] == {}
    assert describe_loss(loss) == "6 maps are JPEG, which is lossy; save maps as PNG"


# What is lossy, as ordinary programs write it: the codec, its options, the container, and how the pixels are stored.
VIDEOS = [
    ("mpeg4", {}, "mp4", "yuv420p"),  # as OpenCV's mp4v
    ("mpeg4", {"qmin": "8", "qmax": "8"}, "avi", "yuv420p"),
    ("libx264", {"crf": "18"}, "mp4", "yuv420p"),
    ("libx264", {"crf": "23"}, "mkv", "yuv420p"),
    ("libx264", {"crf": "32"}, "mp4", "yuv444p"),
    ("libx264", {"crf": "20"}, "mp4", "yuv420p10le"),
    ("libx265", {"crf": "28", "x265-params": "log-level=none"}, "mp4", "yuv420p"),
    ("libvpx-vp9", {"crf": "32", "b": "0", "cpu-used": "5"}, "webm", "yuv420p"),
    ("mjpeg", {}, "avi", "yuvj420p"),
    ("wmv2", {}, "wmv", "yuv420p"),
    ("mpeg2video", {"qmin": "6", "qmax": "6"}, "mpg", "yuv420p"),
]


def as_videos(maps: Path, codec: str, options: dict[str, str], suffix: str, pixels: str) -> Path:
    """Save the maps of each video as one video."""
    folder = maps.with_name(f"video-{suffix}")
    shutil.rmtree(folder, ignore_errors=True)
    for video in maps.iterdir():
        images = np.stack([read_map(file) for file in sorted(video.iterdir())])
        write_video(folder / f"{video.name}.{suffix}", images, codec, pixels, "gray", options=options)
    return folder


@pytest.fixture
def moving(dhf1k_tree: TreeMaker, tmp_path: Path) -> tuple[Dataset, Path]:
    """Two videos of 24 frames and maps that move: a smooth texture that drifts, its fine grain anew in each frame."""
    dataset = load_dataset("dhf1k:val", dhf1k_tree((601, 602), n_frames=24, size=(90, 160)))
    generator = np.random.default_rng(0)
    for video in dataset:
        field = cv2.GaussianBlur(generator.uniform(0, 1, (120, 220)), (0, 0), 6)
        for index, frame in enumerate(video.frame_names):
            grain = cv2.GaussianBlur(generator.uniform(0, 1, (90, 160)), (0, 0), 2)
            saliency = field[index // 2 : 90 + index // 2, index : 160 + index] + grain / 4
            saliency = np.rint((saliency - saliency.min()) / np.ptp(saliency) * 255).astype(np.uint8)
            file = tmp_path / "maps" / video.name / f"{frame}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(file), saliency)
    return dataset, tmp_path / "maps"


@pytest.mark.parametrize(("codec", "options", "suffix", "pixels"), VIDEOS)
def test_the_estimate_of_a_video_is_near_the_true_loss(
    codec: str, options: dict[str, str], suffix: str, pixels: str, moving: tuple[Dataset, Path], tmp_path: Path
) -> None:
    dataset, maps = moving
    lossy = as_videos(maps, codec, options, suffix, pixels)
    runs = [
        score(folder, "dhf1k:val", dataset.root, metrics=METRICS, out=tmp_path / f"run-{folder.name}")
        for folder in (maps, lossy)
    ]
    truth = (runs[1].frames[METRICS] - runs[0].frames[METRICS]).abs().mean()
    (loss,) = runs[1].info["lossy"]
    assert (loss["maps"], loss["frames"]) == (48, 8)
    for metric in METRICS:
        assert truth[metric] / 6 < loss["change"][metric] < truth[metric] * 6


def test_the_coarser_a_video_the_larger_its_loss(moving: tuple[Dataset, Path]) -> None:
    dataset, maps = moving
    changes = []
    for crf in ("15", "25", "35"):
        files = take_inventory(as_videos(maps, "libx264", {"crf": crf}, "mp4", "yuv420p"), dataset.videos).files
        (loss,) = measure_losses(dataset.videos, files, "standard", ["cc"])
        changes.append(loss["change"]["cc"])
    assert changes[0] < changes[1] < changes[2]
    assert changes[2] > 2 * changes[0]


@pytest.mark.parametrize(
    ("codec", "options", "suffix", "pixels"),
    [
        ("ffv1", {}, "mkv", "gray"),
        ("ffvhuff", {}, "avi", "yuv420p"),
        ("huffyuv", {}, "avi", "yuv422p"),
        ("png", {}, "mov", "gray"),
        ("libx264", {"crf": "0"}, "mp4", "yuv420p"),
        ("libx264", {"qp": "0"}, "mkv", "gray"),
        ("libx264", {"qp": "0"}, "avi", "yuv444p"),
        ("libx264", {"qp": "0"}, "mp4", "yuv420p10le"),
        ("libx265", {"x265-params": "lossless=1:log-level=none"}, "mp4", "yuv420p"),
    ],
)
def test_videos_that_lose_nothing_are_not_spoken_of(
    codec: str, options: dict[str, str], suffix: str, pixels: str, moving: tuple[Dataset, Path]
) -> None:
    dataset, maps = moving
    files = take_inventory(as_videos(maps, codec, options, suffix, pixels), dataset.videos).files
    assert measure_losses(dataset.videos, files, "standard", METRICS) == []


def test_a_run_of_lossy_videos_says_what_they_cost(
    moving: tuple[Dataset, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    dataset, maps = moving
    lossy = as_videos(maps, "mpeg4", {}, "mp4", "yuv420p")
    (lossy / "0602.mp4").unlink()
    (compress(maps, 75) / "0602").rename(lossy / "0602")
    archive = shutil.make_archive(str(lossy), "zip", lossy)
    with caplog.at_level(logging.WARNING):
        runs = [
            score(source, "dhf1k:val", dataset.root, metrics=METRICS, out=tmp_path / f"run-{at}")
            for at, source in enumerate((lossy, archive))
        ]
    video, jpeg = (describe_loss(loss) for loss in runs[0].info["lossy"])
    assert video.startswith("24 maps are mpeg4 video, which is lossy: that loss moves CC by ")
    assert video.endswith(" (mean of 8 frames, compressed once more); save maps as PNG")
    assert jpeg.startswith("24 maps are JPEG, which is lossy: that loss moves CC by ")
    for note in (video, jpeg):
        assert note in runs[0].info["notes"]
        assert note in caplog.text
    assert runs[1].info["lossy"] == runs[0].info["lossy"]


@pytest.mark.parametrize("codec", ["libsvtav1", "mpeg4"])
def test_a_codec_that_cannot_be_measured_is_named_without_figures(
    codec: str, moving: tuple[Dataset, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """AV1 is not coded again; of the others a build of FFmpeg may lack the encoder."""
    if codec not in av.codecs_available:
        pytest.skip(f"this build of FFmpeg has no {codec}")
    dataset, maps = moving
    files = take_inventory(as_videos(maps, codec, {}, "mp4", "yuv420p"), dataset.videos).files
    monkeypatch.setitem(recoding._CODERS, "mpeg4", recoding._Coder("no such encoder", 31))
    (loss,) = measure_losses(dataset.videos, files, "standard", METRICS)
    name = "mpeg4" if codec == "mpeg4" else "av1"
    assert describe_loss(loss) == f"48 maps are {name} video, which is lossy; save maps as PNG"
