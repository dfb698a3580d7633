from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from videosal.datasets.files.guard.pictures import check_picture
from videosal.datasets.files.guard.png import plain_png
from videosal.datasets.files.images import decode_map
from videosal.errors import FileError

RNG = np.random.default_rng(0)


def picture(height: int, width: int, *, colour: bool = False) -> Any:
    noise = RNG.integers(0, 256, (height, width, 3) if colour else (height, width)).astype(np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), RNG.uniform(0.3, 4))


def save(image: Any, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("restart", [{}, {"restart_marker_rows": 1}, {"restart_marker_blocks": 3}])
def test_whole_jpegs_are_taken(colour: bool, progressive: bool, restart: dict[str, int]) -> None:
    for quality in (5, 50, 75, 95, 100):
        for height, width in ((1, 1), (8, 8), (17, 33), (64, 40)):
            for sampling in (0, 1, 2) if colour else (0,):
                options = {"quality": quality, "progressive": progressive, "subsampling": sampling, **restart}
                for optimised in (False, True):
                    image = picture(height, width, colour=colour)
                    check_picture(save(image, "JPEG", optimize=optimised, **options), "a.jpg")


@pytest.mark.parametrize("progressive", [False, True])
def test_jpegs_whose_data_are_cut_or_zeroed_are_named(progressive: bool) -> None:
    """OpenCV gives a picture for each of them, grey where the data are lost."""
    data = save(picture(64, 96), "JPEG", progressive=progressive, quality=90)
    start = data.index(b"\xff\xda")
    for share in (0.2, 0.5, 0.9):
        place = start + int((len(data) - start) * share)
        cut, zeroed = data[:place] + b"\xff\xd9", data[:place] + bytes(len(data) - place - 2) + b"\xff\xd9"
        for damaged in (cut, zeroed):
            with pytest.raises(FileError, match=r"a\.jpg: not a readable JPEG: it is (cut short|damaged)"):
                decode_map(damaged, "a.jpg")


def test_tiffs_of_every_compression() -> None:
    for height, width in ((1, 1), (18, 32), (200, 150)):
        image = picture(height, width)
        for coding in (None, "tiff_lzw", "packbits", "tiff_adobe_deflate"):
            data = save(image, "TIFF", compression=coding)
            np.testing.assert_array_equal(decode_map(data, "a.tif"), image)
        for coding in ("group3", "group4", "tiff_ccitt"):
            check_picture(save(image > 128, "TIFF", compression=coding), "a.tif")
        for depth in (np.uint16, np.float32):
            for number in (1, 5, 8):
                data = cv2.imencode(".tif", image.astype(depth), [cv2.IMWRITE_TIFF_COMPRESSION, number])[1].tobytes()
                np.testing.assert_array_equal(decode_map(data, "a.tif"), image.astype(depth))


@pytest.mark.parametrize("coding", ["tiff_adobe_deflate", "tiff_lzw"])
def test_a_damaged_strip_is_named(coding: str, capfd: pytest.CaptureFixture[str]) -> None:
    data = bytearray(save(picture(80, 90), "TIFF", compression=coding))
    found = 0
    for place in range(200, len(data) - 200, 97):
        damaged = bytes(data[:place]) + bytes([data[place] ^ 255]) + bytes(data[place + 1 :])
        try:
            decode_map(damaged, "a.tif")
        except FileError as error:
            found += "a.tif: not a readable TIFF" in str(error)
    everywhere = len(range(200, len(data) - 200, 97))
    assert found == everywhere if coding.endswith("deflate") else found > everywhere // 3  # LZW has no sum
    assert capfd.readouterr() == ("", "")


def test_a_compression_that_opencv_would_read_as_black_is_refused() -> None:
    data = bytearray(cv2.imencode(".tif", picture(18, 32), [cv2.IMWRITE_TIFF_COMPRESSION, 8])[1].tobytes())
    place = bytes(data).index(struct.pack("<HHIH", 259, 3, 1, 8))
    data[place + 8] = 98
    with pytest.raises(FileError, match=r"of a kind that is not supported \(NotImplementedError compression 98\)"):
        decode_map(bytes(data), "a.tif")


def test_chunks_and_rows_of_png_are_checked() -> None:
    for image in (picture(30, 40, colour=True), picture(30, 40).astype(np.uint16) * 257):
        data = cv2.imencode(".png", image)[1].tobytes()
        check_picture(data, "a.png")
        place = data.index(b"IDAT") + 30
        with pytest.raises(FileError, match="the sum of its chunk IDAT is wrong"):
            check_picture(data[:place] + b"\0\0\0" + data[place + 3 :], "a.png")
    for interlaced in (picture(1, 1, colour=True), picture(13, 7, colour=True), picture(64, 33, colour=True)):
        rows = [(interlaced[r::d, c::a]) for r, c, d, a in PASSES]
        check_picture(png(interlaced.shape, rows, interlace=1), "a.png")


PASSES = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))


def png(shape: tuple[int, ...], passes: list[Any], *, interlace: int = 0) -> bytes:
    """Write a PNG of three channels, without filters."""
    rows = b"".join(b"\0" + row.tobytes() for part in passes if part.size for row in part)
    header = struct.pack(">IIBBBBB", shape[1], shape[0], 8, 2, 0, 0, interlace)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def test_a_picture_is_refused_before_it_is_unpacked() -> None:
    huge = struct.pack(">IIBBBBB", 30000, 30000, 8, 6, 0, 0, 0)
    data = png((1, 1, 3), [np.zeros((1, 1, 3), np.uint8)])
    place = data.index(b"IHDR")
    forged = data[: place + 4] + huge + struct.pack(">I", zlib.crc32(b"IHDR" + huge)) + data[place + 21 :]
    bmp = bytearray(cv2.imencode(".bmp", picture(4, 4))[1].tobytes())
    bmp[18:26] = struct.pack("<ii", 30000, 30000)
    jpeg = bytearray(save(picture(8, 8), "JPEG"))
    at = bytes(jpeg).index(b"\xff\xc0")
    jpeg[at + 5 : at + 9] = struct.pack(">HH", 60000, 60000)
    tiff = bytearray(save(picture(8, 8), "TIFF"))
    for tag in (256, 257):
        entry = bytes(tiff).index(struct.pack("<HHI", tag, 4, 1))
        tiff[entry + 8 : entry + 12] = struct.pack("<I", 30000)
    for name, content in {"a.png": forged, "a.bmp": bmp, "a.jpg": jpeg, "a.tif": tiff}.items():
        with pytest.raises(FileError, match=rf"{name}: refused, a picture of \d0000x\d0000"):
            decode_map(bytes(content), name)


def test_a_bmp_that_is_cut_is_named() -> None:
    data = cv2.imencode(".bmp", picture(18, 32))[1].tobytes()
    check_picture(data, "a.bmp")
    with pytest.raises(FileError, match=r"a\.bmp: not a readable BMP: it is cut short"):
        decode_map(data[:-100], "a.bmp")


def test_remarks_in_a_png_do_not_reach_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    image = picture(18, 32)
    file = io.BytesIO()
    Image.fromarray(image).convert("RGB").save(file, "PNG", icc_profile=b"no profile at all")
    np.testing.assert_array_equal(decode_map(file.getvalue(), "a.png"), image)
    assert b"iCCP" not in plain_png(file.getvalue())
    assert capfd.readouterr() == ("", "")
