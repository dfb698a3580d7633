"""Which way up frames are shown, and their size with them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from tests.datasets.conftest import write_video
from videosal.datasets.files.frames import VideoFileFrames
from videosal.datasets.files.headers import frame_size, image_size
from videosal.datasets.files.images import read_rgb
from videosal.datasets.files.luma import to_grey
from videosal.datasets.files.orientation import is_on_its_side, is_turned
from videosal.datasets.files.video.video_files import VideoFile

if TYPE_CHECKING:
    from pathlib import Path

CORNERS = np.zeros((48, 64, 3), np.uint8)
CORNERS[:16, :16], CORNERS[:16, 48:] = 250, 120  # top left, top right
ONE = 1 << 16


@pytest.mark.parametrize(
    ("matrix", "turned"),
    [
        ((0, ONE, -ONE, 0), np.rot90(CORNERS, -1)),  # a phone held upright
        ((0, -ONE, ONE, 0), np.rot90(CORNERS)),
        ((-ONE, 0, 0, -ONE), CORNERS[::-1, ::-1]),
        ((-ONE, 0, 0, ONE), CORNERS[:, ::-1]),
        ((46341, 46341, -46341, 46341), CORNERS),  # by half a quarter: left alone
    ],
)
def test_the_display_matrix_turns_frames_and_size(
    tmp_path: Path, matrix: tuple[int, int, int, int], turned: np.ndarray
) -> None:
    path = tmp_path / "phone.mp4"
    write_video(path, np.stack([CORNERS] * 3), "libx264", "yuv444p", "rgb24")
    data = path.read_bytes()
    place = data.index(b"tkhd") + 44
    a, b, c, d = matrix
    path.write_bytes(data[:place] + struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30) + data[place + 36 :])
    frames = VideoFileFrames(path)
    np.testing.assert_allclose(frames[1].astype(int), turned, atol=3)
    assert frames.file.size == turned.shape[:2]
    assert to_grey(VideoFile(path).read(0), "phone.mp4").shape == turned.shape[:2]
    _, by_opencv = cv2.VideoCapture(str(path)).read()
    assert by_opencv.shape == turned.shape


@pytest.mark.parametrize("suffix", ["jpg", "png"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_of_a_photograph_turns_its_size_as_its_pixels(
    tmp_path: Path, suffix: str, orientation: int
) -> None:
    from PIL import Image, ImageOps

    path = tmp_path / f"photo.{suffix}"
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "an entry before it", orientation
    Image.fromarray(CORNERS).save(path, exif=exif, quality=95)
    shown = np.asarray(ImageOps.exif_transpose(Image.open(path)))
    np.testing.assert_allclose(read_rgb(path).astype(int), shown, atol=12)
    assert frame_size(path) == shown.shape[:2]
    assert image_size(path) == (48, 64)  # of a map, which is not turned


def test_odd_exif_data_turn_nothing() -> None:
    assert is_turned(b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0")
    for data in (b"", b"II*\0", b"MM\0*\0\0\0\x08\xff\xff", b"II*\0\xff\xff\xff\xff"):
        assert not is_turned(data)


def test_only_another_shape_is_on_its_side() -> None:
    assert is_on_its_side((640, 360), (360, 640))
    assert is_on_its_side((1920, 1088), (360, 640))
    for size in ((360, 640), (480, 640), (500, 500), (640, 480)):
        assert not is_on_its_side(size, (360, 640))
    assert not is_on_its_side((480, 500), (500, 480))  # nearly square: nothing can be told
