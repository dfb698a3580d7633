from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from videosal.datasets.files.frames import ImageFrames, VideoFileFrames
from videosal.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path


def test_images_are_a_sequence_found_by_number(tmp_path: Path) -> None:
    files = []
    for number in (3, 4, 6):
        files.append(tmp_path / f"img_{number:05d}.png")
        cv2.imwrite(str(files[-1]), np.full((4, 6, 3), number, np.uint8))
    frames = ImageFrames(files)
    assert [int(frame[0, 0, 0]) for frame in frames] == [3, 4, 6]
    assert len(frames[1:]) == 2
    assert int(frames[-1][0, 0, 0]) == 6
    assert [frames.position(number) for number in (3, 5, 6)] == [0, None, 2]
    with pytest.raises(IndexError):
        frames[3]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    av = pytest.importorskip("av")
    path = tmp_path / "clip.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=30)
        stream.width, stream.height, stream.pix_fmt = 32, 16, "bgr0"
        for index in range(7):
            image = np.full((16, 32, 3), index * 30, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def test_a_video_file_reads_forwards_again_and_backwards(clip: Path) -> None:
    frames = VideoFileFrames(clip)
    assert len(frames) == 7
    assert [int(frames[index][0, 0, 0]) for index in (0, 1, 1, 5, 2, 6)] == [0, 30, 30, 150, 60, 180]
    assert frames[0].shape == (16, 32, 3)
    assert [frames.position(number) for number in (0, 1, 7, 8)] == [None, 0, 6, None]
    frames.close()


def test_a_damaged_video_file_is_named(tmp_path: Path, clip: Path) -> None:
    broken = tmp_path / "broken.avi"
    broken.write_bytes(b"RIFF" + bytes(100))
    with pytest.raises(FileError, match=r"broken\.avi: not a readable video"):
        len(VideoFileFrames(broken))
    cut = tmp_path / "cut.avi"
    cut.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    with pytest.raises(FileError, match=r"cut\.avi"):
        list(VideoFileFrames(cut))


def test_the_real_video_has_the_frames_that_the_list_says(shared: Path) -> None:
    pytest.importorskip("av")
    frames = VideoFileFrames(shared / "samples/dhf1k-002-raw-gaze/video/002.AVI")
    assert len(frames) == 783
    assert frames[0].shape == (360, 640, 3)
