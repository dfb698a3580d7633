from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from videosal.datasets.files.headers import image_size, read_header
from videosal.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".tif"])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_size_is_that_of_the_decoded_image(tmp_path: Path, suffix: str, channels: int) -> None:
    image = np.zeros((37, 53, channels), np.uint8)
    file = tmp_path / f"a{suffix}"
    cv2.imwrite(str(file), image)
    assert image_size(file) == (37, 53)
    header = read_header(file)
    assert header.damage is None
    assert header.channels in (channels, None)


def test_damage_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    assert read_header(tmp_path / "empty.png").damage == "is empty (0 bytes)"
    with pytest.raises(FileError, match=r"empty\.png: the file is empty"):
        image_size(tmp_path / "empty.png")
    (tmp_path / "noise.jpg").write_bytes(b"\xff\xd8\xff\x00\x00\x00" + bytes(50) + b"\xff\xd9")
    assert read_header(tmp_path / "noise.jpg").damage == "has a damaged header"
    (tmp_path / "none.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(24) + b"IEND")
    assert read_header(tmp_path / "none.png").damage == "has a damaged header"
    assert "cannot be read" in str(read_header(tmp_path / "gone.png").damage)


def write_huge_png(path: Path, height: int, width: int) -> None:
    """Write a valid grey PNG of any size in a few kilobytes."""
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(width + 1)) for _ in range(height)) + packer.flush()

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))


def test_fifty_megapixels_are_a_header_of_a_few_bytes(tmp_path: Path) -> None:
    write_huge_png(tmp_path / "huge.png", 5000, 10000)
    assert image_size(tmp_path / "huge.png") == (5000, 10000)


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_picture_that_goes_on_behind_its_end_is_no_damage(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"a{suffix}"
    cv2.imwrite(str(file), np.eye(37, 53, dtype=np.uint8))
    assert not read_header(file).longer
    whole = file.read_bytes()
    file.write_bytes(whole + bytes(5000))
    assert image_size(file) == (37, 53)
    assert read_header(file).longer
    file.write_bytes(whole[:-20] + bytes(5000))
    assert "truncated" in str(read_header(file).damage)
