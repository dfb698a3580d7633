"""The loss of maps that are saved as video: the estimate beside the truth, and what is said."""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from tests.benchmark.maps.test_lossy import METRICS, compress
from tests.datasets.conftest import write_video
from videosal import load_dataset, score
from videosal.benchmark.maps.inventory import take_inventory
from videosal.benchmark.maps.lossy import describe_loss, measure_losses
from videosal.datasets.files.images import read_map
from videosal.datasets.files.video import recoding

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import TreeMaker
    from videosal.datasets import Dataset

av: Any = pytest.importorskip("av")

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
