from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from videosal import score
from videosal.datasets import load_dataset
from videosal.datasets.files import png as png_files
from videosal.datasets.files.images import read_map
from videosal.datasets.files.png import decode_grey_png
from videosal.datasets.files.png_kernels import undo_filters
from videosal.datasets.pack.packed import pack_dataset
from videosal.errors import FileError
from videosal.metrics.frame.flat import flat

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tests.conftest import MapMaker, TreeMaker

    Bytes = NDArray[np.uint8]

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(height: int, width: int, tail: tuple[int, ...] = (8, 0, 0, 0, 0)) -> bytes:
    return chunk(b"IHDR", struct.pack(">II", width, height) + bytes(tail))


def filtered(image: Bytes, kinds: list[int]) -> bytes:
    """Apply to each row one of the five filters, as section 9 of the specification states them."""
    padded = np.pad(image.astype(int), ((1, 0), (1, 0)))
    rows = []
    for row, kind in enumerate(kinds):
        x, left, up, corner = padded[row + 1, 1:], padded[row + 1, :-1], padded[row, 1:], padded[row, :-1]
        guess = (np.zeros_like(x), left, up, (left + up) // 2, paeth(left, up, corner))[kind]
        rows.append(bytes([kind]) + ((x - guess) % 256).astype(np.uint8).tobytes())
    return b"".join(rows)


def paeth(left: NDArray[np.int_], up: NDArray[np.int_], corner: NDArray[np.int_]) -> NDArray[np.int_]:
    distances = [abs(left + up - corner - x) for x in (left, up, corner)]
    nearest: NDArray[np.int_] = np.choose(np.argmin(distances, axis=0), (left, up, corner))  # the first of equals
    return nearest


def png(image: Bytes, kinds: list[int], *, level: int = 6, piece: int = 8192, remarks: bytes = b"") -> bytes:
    packed = zlib.compress(filtered(image, kinds), level)
    pieces = [chunk(b"IDAT", packed[i : i + piece]) for i in range(0, len(packed), piece)]
    return SIGNATURE + header(*image.shape) + remarks + b"".join(pieces) + chunk(b"IEND")


def blurred(image: Bytes) -> Bytes:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 2), np.uint8).reshape(image.shape)


def by_opencv(data: bytes) -> NDArray[np.generic] | None:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return None if image is None else np.asarray(image)


def undone(rows: Bytes, height: int, width: int) -> Bytes:
    """Twin of the kernel: pixel by pixel."""
    image = np.zeros((height + 1, width + 1), int)
    for row in range(height):
        kind, *values = rows[row * (width + 1) : (row + 1) * (width + 1)].tolist()
        for i, value in enumerate(values):
            left, up, corner = image[row + 1, i], image[row, i + 1], image[row, i]
            guess = (0, left, up, (left + up) // 2, paeth(left, up, corner))[kind]
            image[row + 1, i + 1] = (value + guess) % 256
    return image[1:, 1:].astype(np.uint8)


@st.composite
def pictures(draw: st.DrawFn) -> tuple[Bytes, list[int]]:
    """Noise, few values, or smooth; of any small size; and the filter of each row."""
    height, width = draw(st.integers(1, 24)), draw(st.integers(1, 40))
    generator = np.random.default_rng(draw(st.integers(0, 99)))
    values = draw(st.sampled_from([2, 5, 256]))
    image = (generator.integers(0, values, (height, width)) * (255 // (values - 1))).astype(np.uint8)
    if draw(st.booleans()):
        image = blurred(image)
    return image, draw(st.lists(st.integers(0, 4), min_size=height, max_size=height))


@settings(deadline=None)  # the first call may compile
@given(
    picture=pictures(),
    level=st.integers(0, 9),
    piece=st.sampled_from([1, 7, 100, 8192]),
    remarks=st.sampled_from([b"", chunk(b"tIME", bytes(7)), chunk(b"tEXt", b"Software\0x") + chunk(b"gAMA", bytes(4))]),
)
def test_any_valid_file_gives_the_bits_that_opencv_gives(
    picture: tuple[Bytes, list[int]], level: int, piece: int, remarks: bytes
) -> None:
    image, kinds = picture
    data = png(image, kinds, level=level, piece=piece, remarks=remarks)
    ours = decode_grey_png(data)
    assert ours is not None
    assert ours.dtype == np.uint8
    np.testing.assert_array_equal(ours, image)
    np.testing.assert_array_equal(by_opencv(data), ours)


@settings(deadline=None)  # the first call may compile
@given(height=st.integers(1, 6), width=st.integers(1, 9), seed=st.integers(0, 999))
def test_the_kernel_undoes_what_its_twin_undoes(height: int, width: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    rows = generator.integers(0, 256, (height, width + 1)).astype(np.uint8)
    rows[:, 0] = generator.integers(0, 5, height)
    image = np.empty((height, width), np.uint8)
    assert undo_filters(flat(rows), image)
    np.testing.assert_array_equal(image, undone(rows.reshape(-1), height, width))


@pytest.mark.parametrize("strategy", range(5))
@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (90, 160)])
def test_files_of_opencv_and_of_pillow(size: tuple[int, int], strategy: int) -> None:
    from io import BytesIO

    from PIL import Image

    noise = np.random.default_rng(0).integers(0, 256, size).astype(np.uint8)
    for image in (noise, blurred(noise), np.zeros(size, np.uint8)):
        stored = BytesIO()
        Image.fromarray(image).save(stored, "png")
        written = cv2.imencode(".png", image, [cv2.IMWRITE_PNG_STRATEGY, strategy])[1].tobytes()
        for data in (written, stored.getvalue()):
            ours = decode_grey_png(data)
            assert ours is not None
            np.testing.assert_array_equal(ours, image)


RAMP = np.arange(12 * 20, dtype=np.uint8).reshape(12, 20)


@pytest.mark.parametrize("kind", ["colour", "16 bits", "1 bit", "palette", "opacity", "interlaced", "transparent grey"])
def test_other_kinds_are_left_to_opencv(tmp_path: Path, kind: str) -> None:
    from io import BytesIO

    from PIL import Image

    stored = BytesIO()
    if kind == "interlaced":
        data = png(RAMP, [0] * 12).replace(header(12, 20), header(12, 20, (8, 0, 0, 0, 1)))
    elif kind == "transparent grey":
        data = png(RAMP, [0] * 12, remarks=chunk(b"tRNS", b"\0\7"))
    elif kind == "16 bits":
        data = cv2.imencode(".png", RAMP.astype(np.uint16) * 257)[1].tobytes()
    else:
        mode = {"colour": "RGB", "1 bit": "1", "palette": "P", "opacity": "LA"}[kind]
        Image.fromarray(RAMP).convert(mode).save(stored, "png")
        data = stored.getvalue()
    assert decode_grey_png(data) is None
    assert decode_grey_png(cv2.imencode(".jpg", RAMP)[1].tobytes()) is None


def test_damage_is_never_a_picture() -> None:
    """Whatever byte is changed or however the file is cut, the file is left to OpenCV."""
    data = png(blurred(RAMP), [0, 1, 2, 3, 4, 4] * 2, piece=40)
    assert decode_grey_png(data) is not None
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 0x10
        assert decode_grey_png(bytes(changed)) is None, place
        assert decode_grey_png(data[:place]) is None, place
    assert decode_grey_png(data + b"\0") is None


@pytest.mark.parametrize(
    "wrong", ["short rows", "long rows", "sixth filter", "checksum of the rows", "order", "size", "side"]
)
def test_files_that_are_wrong_inside_right_checksums_are_left_to_opencv(wrong: str) -> None:
    rows = filtered(RAMP, [1] * 12)
    size, pieces = header(12, 20), [zlib.compress(rows)]
    if wrong == "short rows":
        pieces = [zlib.compress(rows[:-1])]
    elif wrong == "long rows":
        pieces = [zlib.compress(rows + b"\0")]
    elif wrong == "sixth filter":
        pieces = [zlib.compress(rows[:-21] + b"\5" + rows[-20:])]
    elif wrong == "checksum of the rows":
        pieces = [pieces[0][:-1] + bytes([pieces[0][-1] ^ 1])]
    elif wrong == "size":
        size = header(0, 20)
    elif wrong == "side":
        size, pieces = header(1, 1_000_001), [zlib.compress(bytes(1_000_002))]
    first, *others = [chunk(b"IDAT", piece) for piece in (pieces[0][:30], pieces[0][30:])]
    between = chunk(b"tIME", bytes(7)) if wrong == "order" else b""
    data = SIGNATURE + size + first + between + b"".join(others) + chunk(b"IEND")
    assert decode_grey_png(data) is None


def test_what_is_left_to_opencv_has_its_error(tmp_path: Path) -> None:
    data = png(RAMP, [4] * 12)
    file = tmp_path / "map.png"
    file.write_bytes(data)
    np.testing.assert_array_equal(read_map(file), RAMP)
    for damaged in (data[:-20], data.replace(b"IDAT", b"IDAS"), data[:50] + b"\xff" + data[51:]):
        assert by_opencv(damaged) is None
        file.write_bytes(damaged)
        with pytest.raises(FileError, match=r"map\.png: (the file is truncated|not a readable PNG: it is damaged)"):
            read_map(file)


def test_real_maps(shared: Path) -> None:
    files = sorted((shared / "samples" / "dhf1k-0601-aclnet").rglob("*.png"))
    for file in files:
        data = file.read_bytes()
        ours, theirs = decode_grey_png(data), by_opencv(data)
        assert theirs is not None, file
        assert (ours is not None) == (theirs.ndim == 2), file
        if ours is not None:
            np.testing.assert_array_equal(ours, theirs)


WITHOUT_DEFLATE = """
import sys
sys.modules["deflate"] = None  # as where there is no wheel of it
from videosal import score
from videosal.datasets.files import png
assert png.deflate is None
for root in sys.argv[2:]:
    print(score(sys.argv[1], "dhf1k:val", root, metrics=["cc", "nss"], out=f"{root}-run").frames.to_json())
"""


def test_without_deflate_opencv_and_zlib_read_the_same(
    dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path
) -> None:
    root = dhf1k_tree((601, 602))
    data = load_dataset("dhf1k:val", root)
    maps = prediction_folder(data)
    pack_dataset(data, tmp_path / "pack.h5")
    usual = score(maps, "dhf1k:val", root, metrics=["cc", "nss"], out=tmp_path / "usual").frames.to_json()
    command = [sys.executable, "-c", WITHOUT_DEFLATE, maps, root, tmp_path / "pack.h5"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [usual, usual]


def test_zlib_unpacks_what_is_whole_and_of_the_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(png_files, "deflate", None)
    assert png_files.unpack(zlib.compress(b"abc"), 3) == b"abc"
    assert png_files.unpack(zlib.compress(b"abcd"), 3) is None
    assert png_files.unpack(zlib.compress(b"abc")[:-5], 3) is None
    assert png_files.unpack(b"none", 3) is None
