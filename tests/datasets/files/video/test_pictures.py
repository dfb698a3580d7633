"""How many pictures a video file has: as many as decoding gives, whatever its header promises."""

from __future__ import annotations

import io
import logging
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.datasets.conftest import copy_packets, write_video
from videosal.datasets.files.frames import VideoFileFrames
from videosal.datasets.files.video.pictures import choose_stream
from videosal.datasets.files.video.video_files import VIDEO_SUFFIXES, VideoFile, to_rgb
from videosal.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

av: Any = pytest.importorskip("av")


def moving(count: int, size: tuple[int, int] = (48, 64)) -> NDArray[np.uint8]:
    """Pictures that grow brighter and differ."""
    images = np.zeros((count, *size, 3), np.uint8)
    for index, image in enumerate(images):
        image[:] = index * 4
        image[10:30, index % 40 : index % 40 + 15] = 255
    return images


def decoded(path: Path) -> int:
    """Count the pictures of the first stream by decoding them all."""
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


@pytest.mark.parametrize(
    ("suffix", "codec", "pixels", "size"),
    [
        ("m4v", "libx264", "yuv420p", (48, 64)),
        ("wmv", "wmv2", "yuv420p", (48, 64)),
        ("asf", "wmv2", "yuv420p", (48, 64)),
        ("ts", "libx264", "yuv420p", (48, 64)),
        ("mts", "libx264", "yuv420p", (48, 64)),
        ("m2ts", "libx264", "yuv420p", (48, 64)),
        ("flv", "flv", "yuv420p", (48, 64)),
        ("3gp", "h263", "yuv420p", (144, 176)),
        ("3g2", "mpeg4", "yuv420p", (48, 64)),
        ("gif", "gif", "gray", (48, 64)),
        ("mpg", "mpeg1video", "yuv420p", (48, 64)),
        ("mpeg", "mpeg2video", "yuv420p", (48, 64)),
        ("vob", "mpeg2video", "yuv420p", (48, 64)),
        ("webm", "libvpx", "yuv420p", (48, 64)),
        ("webm", "libvpx-vp9", "yuv420p", (48, 64)),
        ("ogv", "libvpx", "yuv420p", (48, 64)),
        ("mkv", "libx265", "yuv420p", (48, 64)),
        ("mov", "png", "rgb24", (48, 64)),
    ],
)
def test_every_container_is_counted_without_its_header(
    tmp_path: Path, suffix: str, codec: str, pixels: str, size: tuple[int, int]
) -> None:
    assert f".{suffix}" in VIDEO_SUFFIXES
    path = tmp_path / f"video.{suffix}"
    write_video(path, moving(30, size), codec, pixels, "rgb24", options={"bf": "2"} if codec == "libx264" else {})
    frames = VideoFileFrames(path)
    assert len(frames) == decoded(path) == 30
    assert frames[29].shape == (*size, 3)
    assert frames[29].mean() > frames[0].mean() + 80


def test_null_frames_have_no_picture_and_repeat_the_one_before_where_frames_lack(tmp_path: Path) -> None:
    path = tmp_path / "null.avi"
    write_video(path, moving(10), "mpeg4", "yuv420p", "rgb24", times=[0, 1, 2, 3, 4, 8, 9, 10, 11, 12])
    pictures = VideoFile(path).pictures
    assert pictures.count == decoded(path) == 10
    assert pictures.shown == (0, 1, 2, 3, 4, 4, 4, 4, 5, 6, 7, 8, 9)
    for wanted, count in ((0, 10), (10, 10), (11, 13), (13, 13), (14, 10)):
        assert len(VideoFileFrames(path, wanted)) == count
    with_nulls, without = VideoFileFrames(path, 13), VideoFileFrames(path)
    np.testing.assert_array_equal(with_nulls[7], without[4])
    np.testing.assert_array_equal(with_nulls[8], without[5])


def test_a_fine_clock_is_not_null_frames(tmp_path: Path) -> None:
    path = tmp_path / "clock.avi"
    write_video(path, moving(10), "mpeg4", "yuv420p", "rgb24", times=range(0, 240, 24))
    assert VideoFile(path).pictures.shown == ()
    assert len(VideoFileFrames(path, 200)) == 10


def test_a_picture_that_is_hidden_is_not_counted(tmp_path: Path) -> None:
    """VP8 and VP9 code pictures ahead that are referred to and never shown."""
    for codec in ("libvpx", "libvpx-vp9"):
        path = tmp_path / f"{codec}.webm"
        options = {"auto-alt-ref": "1", "lag-in-frames": "16", "arnr-maxframes": "7", "g": "60", "b": "200k"}
        write_video(path, moving(60), codec, "yuv420p", "rgb24", options=options)
        assert len(VideoFile(path)) == decoded(path) == 60


@pytest.mark.parametrize(
    ("suffix", "codec", "options", "cut_away"),
    [
        ("ts", "mpeg2video", {"bf": "2", "g": "20"}, 2),
        ("avi", "mpeg4", {"bf": "2", "g": "20"}, 2),
        ("mkv", "libx264", {"x264-params": "open-gop=1:keyint=20:bframes=3:b-adapt=0:scenecut=0"}, 3),
        ("mkv", "libx265", {"x265-params": "open-gop=1:keyint=20:bframes=3:b-adapt=0:scenecut=0:log-level=none"}, 3),
    ],
)
def test_pictures_that_refer_to_what_was_cut_away_are_not_counted(
    tmp_path: Path, suffix: str, codec: str, options: dict[str, str], cut_away: int
) -> None:
    """A recording that begins in the middle: its first pictures cannot be decoded."""
    whole, cut = tmp_path / f"whole.{suffix}", tmp_path / f"cut.{suffix}"
    write_video(whole, moving(60), codec, "yuv420p", "rgb24", options=options)
    copy_packets(whole, cut, from_key=2)
    with av.open(str(cut)) as container:
        packets = sum(1 for packet in container.demux(video=0) if packet.size)
    count = decoded(cut)
    assert len(VideoFile(cut)) == count == packets - cut_away
    VideoFile(cut).read(count - 1)


def write_covered(path: Path, *, marked: bool) -> None:
    """Write a video of 5 pictures whose first stream is a single larger picture."""
    with av.open(str(path), "w") as container:
        cover, video = container.add_stream("mjpeg", rate=30), container.add_stream("mpeg4", rate=30)
        cover.width, cover.height, cover.pix_fmt = 100, 80, "yuvj420p"
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        if marked:
            cover.disposition = av.stream.Disposition.attached_pic
        frame = av.VideoFrame.from_ndarray(np.zeros((80, 100, 3), np.uint8), format="rgb24")
        container.mux(cover.encode(frame.reformat(format="yuvj420p")))
        container.mux(cover.encode(None))
        for image in moving(5):
            container.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")))
        container.mux(video.encode(None))


def test_a_first_stream_of_one_picture_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "covered.mkv"
    write_covered(path, marked=False)
    for file in (VideoFile(path), VideoFile(io.BytesIO(path.read_bytes()), "covered.mkv")):
        assert (len(file), file.size) == (5, (48, 64))
        assert to_rgb(file.read(4)).shape == (48, 64, 3)


@pytest.mark.skipif(not hasattr(av.stream, "Disposition"), reason="this PyAV does not tell covers")
def test_a_marked_cover_is_no_video_wherever_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "covered.mp4"
    write_covered(path, marked=True)
    assert len(VideoFile(path)) == 5
    with av.open(str(path)) as container:
        video, cover = container.streams.video
        for streams, chosen in (((cover, video), video), ((cover,), None)):
            assert choose_stream(SimpleNamespace(streams=SimpleNamespace(video=streams)), None) is chosen


def test_two_videos_in_a_file_are_its_first(tmp_path: Path) -> None:
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("mpeg4", rate=30) for _ in range(2)]
        for index, stream in enumerate(streams):
            stream.width, stream.height, stream.pix_fmt = 64 + 32 * index, 48, "yuv420p"
        for stream in streams[::-1]:
            for image in moving(5, (48, stream.width)):
                frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    assert VideoFile(path).size == (48, 64)


def test_pictures_of_mpeg4_that_are_not_coded_are_none(tmp_path: Path) -> None:
    """Encoders that drop pictures leave a few bytes, of which no decoder makes a picture."""
    whole, dropped = tmp_path / "whole.avi", tmp_path / "dropped.avi"
    write_video(whole, moving(20), "mpeg4", "yuv420p", "rgb24")
    copy_packets(whole, dropped, after_fifth=b"\x00\x00\x01\xb6\x52\xcf")
    with av.open(str(dropped)) as container:
        assert sum(1 for packet in container.demux(video=0) if packet.size) == 21
    assert len(VideoFile(dropped)) == decoded(dropped) == 20


@pytest.mark.parametrize(
    ("suffix", "codec", "pixels", "reason"),
    [
        ("mkv", "libx264", "yuv420p", "is truncated (a video shorter than its header says)"),
        ("avi", "mjpeg", "yuvj420p", "is truncated (a video shorter than its header says)"),
        ("flv", "flv", "yuv420p", "ends within a picture"),
    ],
)
def test_a_file_that_was_cut_says_so_and_gives_what_is_left(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, suffix: str, codec: str, pixels: str, reason: str
) -> None:
    path = tmp_path / f"cut.{suffix}"
    write_video(path, moving(50), codec, pixels, "rgb24", options={"crf": "23"} if codec == "libx264" else {})
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 4 // 5])
    with caplog.at_level(logging.WARNING):
        count = len(VideoFile(path))
    assert 20 < count < 50
    assert f"cut.{suffix} {reason}: {count} frames of it can be read" in caplog.text
    assert len(list(VideoFileFrames(path))) == count


def test_a_cut_file_without_its_table_of_contents_is_one_line(tmp_path: Path) -> None:
    """An MP4 file has it at the end."""
    path = tmp_path / "cut.mp4"
    write_video(path, moving(50), "mpeg4", "yuv420p", "rgb24")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(FileError, match=r"cut\.mp4: not a readable video file \(is truncated \(a video shorter"):
        len(VideoFile(path))


def test_damage_within_is_an_error_of_decoding(tmp_path: Path) -> None:
    path = tmp_path / "damaged.mov"
    write_video(path, moving(20), "png", "rgb24", "rgb24")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = bytes(400)
    path.write_bytes(data)
    frames = VideoFileFrames(path)
    with pytest.raises(FileError, match=r"damaged\.mov: not a readable video from frame \d+ on: it is damaged"):
        list(frames)


def test_a_frame_that_its_decoder_made_up_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "holes.mkv"
    write_video(path, moving(40), "libx264", "yuv420p", "rgb24")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 300] = bytes(300)
    path.write_bytes(data)
    frames = VideoFileFrames(path)
    with pytest.raises(FileError, match=r"holes\.mkv: frame \d+ is damaged: get the video again, or encode it anew"):
        list(frames)
    (damaged,) = frames.file.damaged
    assert frames[damaged - 1].shape == (48, 64, 3)
