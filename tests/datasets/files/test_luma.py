from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.datasets.conftest import write_video
from videosal.datasets.files.luma import GRAY16, PNG, Coding, read_levels, to_grey
from videosal.datasets.files.video.video_files import VideoFile
from videosal.errors import FileError

av: Any = pytest.importorskip("av")
TABLES = Path(__file__).parents[2] / "goldens" / "decode_tables.npz"
RULES = {"crowdsal": GRAY16, "ntire": PNG}
RAMP = np.tile(np.arange(0, 250, 5, dtype=np.uint8), (3, 34, 1))  # 50 wide: lines are padded


def test_every_level_becomes_the_number_of_the_benches() -> None:
    with np.load(TABLES) as tables:
        assert len(tables.files) == 14
        for key in tables.files:
            bench, pixels, *limits = key.split("_")
            bits = int(re.findall(r"\d+", pixels.removeprefix("yuv420p"))[0]) if "le" in pixels else 8
            coding = Coding(bits, limited=limits == ["limited"], yuv=pixels.startswith("yuv"))
            levels = np.arange(1 << bits).astype(np.uint8 if bits == 8 else np.uint16)
            numbers = coding.numbers(levels, RULES[bench])
            if bench == "crowdsal" and numbers.dtype == np.uint8:  # the same map in bytes, which are fast to score
                numbers = numbers * np.uint16(257)
            np.testing.assert_array_equal(numbers, tables[key], key)
            assert numbers.dtype == tables[key].dtype, key


@pytest.mark.parametrize(
    ("codec", "pixels", "suffix", "tolerance"),
    [
        ("libx264", "yuv420p", "mp4", 1),
        ("libx264", "yuv420p10le", "mp4", 2),
        ("mjpeg", "yuvj420p", "avi", 6),
        ("ffv1", "gray", "avi", 0),
        ("ffv1", "gray16le", "mkv", 0),
        ("ffv1", "bgr0", "avi", 0),
        ("ffv1", "gbrp10le", "mkv", 1),
        ("png", "gray16be", "mov", 0),
        ("png", "rgb24", "mov", 0),
    ],
)
@pytest.mark.parametrize("luma", [GRAY16, PNG])
def test_grey_maps_come_back_in_the_whole_range(
    tmp_path: Path, codec: str, pixels: str, suffix: str, tolerance: int, luma: str
) -> None:
    path = tmp_path / f"maps.{suffix}"
    colour = pixels in ("bgr0", "rgb24", "gbrp10le")
    write_video(
        path, np.repeat(RAMP[..., None], 3, axis=3) if colour else RAMP, codec, pixels, "rgb24" if colour else "gray"
    )
    grey = to_grey(VideoFile(path).read(1), str(path), luma)
    assert grey.dtype == (np.uint8 if np.iinfo(grey.dtype).max == 255 else np.uint16)
    assert grey.shape == RAMP.shape[1:]
    unit = np.iinfo(grey.dtype).max / 255
    assert np.abs(grey / unit - RAMP[1]).max() <= tolerance + 0.3  # ten bits have no level for each of 16 bits


def test_the_rules_differ_where_the_benches_do(tmp_path: Path) -> None:
    """8 bits of the limited range: one rounds to 16 bits, the other down to 8."""
    write_video(tmp_path / "maps.mp4", RAMP, "libx264", "yuv420p", "gray")
    frame = VideoFile(tmp_path / "maps.mp4").read(0)
    fine, coarse = (to_grey(frame, "maps.mp4", luma) for luma in (GRAY16, PNG))
    assert (fine.dtype, coarse.dtype) == (np.uint16, np.uint8)
    lost = fine / 257 - coarse
    assert lost.min() > -0.01
    assert 0.9 < lost.max() < 1


def test_a_range_that_the_file_states_is_believed(tmp_path: Path) -> None:
    frame = av.VideoFrame.from_ndarray(RAMP[0], format="gray").reformat(format="yuv420p")
    frame.color_range = 1
    limited = read_levels(frame, "maps.mp4")[1]
    frame.color_range = 2
    assert (limited, read_levels(frame, "maps.mp4")[1]) == (Coding(8, limited=True, yuv=True), Coding(8, yuv=True))


@pytest.mark.parametrize(("codec", "pixels"), [("ffv1", "bgr0"), ("ffv1", "gbrp10le")])
def test_a_video_in_colour_holds_no_maps(tmp_path: Path, codec: str, pixels: str) -> None:
    image = np.random.default_rng(0).integers(0, 255, (2, 32, 64, 3), np.uint8)
    write_video(tmp_path / "colour.mkv", image, codec, pixels, "rgb24")
    with pytest.raises(FileError, match=r"colour\.mkv: a video in colour"):
        to_grey(VideoFile(tmp_path / "colour.mkv").read(0), "colour.mkv")


def test_a_pixel_format_without_a_plane_of_luma_is_named() -> None:
    frame = av.VideoFrame(16, 8, "yuyv422")
    with pytest.raises(FileError, match=r"maps\.avi: a video of the pixel format yuyv422: encode the maps as gray"):
        to_grey(frame, "maps.avi")


@pytest.mark.parametrize("pixels", ["yuv420p", "yuvj420p", "yuv444p", "yuv420p10le"])
@pytest.mark.parametrize("overlay", [False, True])
def test_chroma_that_is_not_neutral_is_refused(pixels: str, overlay: bool) -> None:
    av = pytest.importorskip("av")
    red = np.zeros((48, 64, 3), np.uint8)
    red[..., :] = np.arange(64, dtype=np.uint8)[:, None] * 4
    grey = av.VideoFrame.from_ndarray(red, format="rgb24").reformat(format=pixels)
    assert to_grey(grey, "maps.mp4").shape == (48, 64)
    if overlay:
        red[:12, :12] = (255, 0, 0)
    else:
        red[..., 1:] = 0
    with pytest.raises(FileError, match=r"maps\.mp4: a video in colour"):
        to_grey(av.VideoFrame.from_ndarray(red, format="rgb24").reformat(format=pixels), "maps.mp4")
