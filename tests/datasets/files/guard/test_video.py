from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from videosal.datasets.files.frames import VideoFileFrames
from videosal.datasets.files.guard.video import check_frame, next_frame, open_video
from videosal.errors import DamagedFileError, FileError

if TYPE_CHECKING:
    from pathlib import Path

av: Any = pytest.importorskip("av")


def write(path: Path, codec: str, frames: int = 8, **metadata: str) -> Path:
    with av.open(str(path), "w") as container:
        container.metadata.update(metadata)
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width, stream.pix_fmt = 64, 96, "yuv420p"
        generator = np.random.default_rng(0)
        for _ in range(frames):
            frame = av.VideoFrame.from_ndarray(generator.integers(0, 256, (96, 96), np.uint8), format="yuv420p")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize("suffix", ["avi", "mp4", "mkv"])
def test_a_video_with_a_latin_1_tag_is_read(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a.{suffix}", "mpeg4", title="Zuerich")
    data = path.read_bytes()
    assert b"Zuerich" in data
    path.write_bytes(data.replace(b"Zuerich", "Zürich!".encode("latin-1")))
    assert len(VideoFileFrames(path)) == 8
    assert VideoFileFrames(path)[7].shape == (64, 96, 3)


def test_what_is_no_video_is_named(tmp_path: Path) -> None:
    for content in (b"", b"RIFF" + bytes(50), b"\0\0\0\x18ftypmp42" + bytes(40)):
        with pytest.raises(FileError, match=r"a\.avi: not a readable video file"):
            open_video(io.BytesIO(content), "a.avi")


def test_a_picture_beyond_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.avi", "mpeg4", 1)
    monkeypatch.setenv("VIDEOSAL_MAX_PIXELS", "1000")
    with pytest.raises(FileError, match=r"a\.avi: refused, a picture of 96x64"):
        open_video(path, path)


def test_a_frame_that_the_decoder_calls_corrupt_is_named_and_those_behind_it_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.avi", "mpeg4", 30)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = bytes(400)
    path.write_bytes(bytes(data))
    with open_video(path, path) as container:
        frames = container.decode(video=0)
        read = []
        while (frame := next_frame(frames, path, len(read) + 1)) is not None:
            read.append(frame.is_corrupt)
    assert any(read)
    assert not all(read)
    whole, number = VideoFileFrames(path), read.index(True)
    with pytest.raises(DamagedFileError, match=rf"a\.avi: frame {number + 1} is damaged"):
        whole[number]
    with pytest.raises(DamagedFileError, match=rf"a\.avi: frame {number + 1} is damaged"):
        whole[number]  # the frame that is kept
    after = next(index for index in range(number, len(read)) if not read[index])
    assert whole[after].shape == (64, 96, 3)


def test_a_whole_frame_passes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", "libx264", 2)
    with open_video(path, path) as container:
        frame = next_frame(container.decode(video=0), path, 1)
        assert check_frame(frame, path, 1) is frame
