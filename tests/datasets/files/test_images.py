from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from videosal.datasets.files.images import find_damage, frame_number, image_files, natural_key, read_map, read_rgb
from videosal.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

GREY = np.arange(12 * 20, dtype=np.uint8).reshape(12, 20)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".PNG", ""])
def test_grey_images_come_back_bit_for_bit(tmp_path: Path, suffix: str) -> None:
    data = cv2.imencode(suffix.lower() or ".png", GREY)[1].tobytes()
    file = tmp_path / f"map{suffix}"
    file.write_bytes(data)
    assert read_map(file).dtype == np.uint8
    np.testing.assert_array_equal(read_map(file), GREY)
    assert find_damage(file) is None


def test_jpeg_npy_and_16_bit_keep_their_depth(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.jpg"), GREY)
    assert read_map(tmp_path / "a.jpg").shape == GREY.shape
    cv2.imwrite(str(tmp_path / "b.png"), GREY.astype(np.uint16) * 257)
    np.testing.assert_array_equal(read_map(tmp_path / "b.png"), GREY.astype(np.uint16) * 257)
    np.save(tmp_path / "c.npy", GREY / 7)
    np.testing.assert_array_equal(read_map(tmp_path / "c.npy"), GREY / 7)


def test_colour_images_are_refused_unless_their_channels_are_equal(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "grey.png"), np.repeat(GREY[..., None], 3, axis=2))
    np.testing.assert_array_equal(read_map(tmp_path / "grey.png"), GREY)
    colour = np.repeat(GREY[..., None], 3, axis=2)
    colour[3, 4, 1] ^= 8
    cv2.imwrite(str(tmp_path / "heat.png"), colour)
    with pytest.raises(FileError, match=r"heat\.png: a colour image"):
        read_map(tmp_path / "heat.png")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".npy"])
def test_a_truncated_file_is_found_without_decoding_and_named_when_read(tmp_path: Path, suffix: str) -> None:
    whole = tmp_path / f"whole{suffix}"
    if suffix == ".npy":
        np.save(whole, GREY)
    else:
        cv2.imwrite(str(whole), GREY)
    cut = tmp_path / f"cut{suffix}"
    cut.write_bytes(whole.read_bytes()[:-40])
    assert find_damage(whole) is None
    assert find_damage(cut)
    with pytest.raises(FileError, match=f"cut{suffix}"):
        read_map(cut)


def test_other_broken_files_say_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    assert find_damage(tmp_path / "empty.png") == "is empty (0 bytes)"
    (tmp_path / "text.png").write_text("no image, whatever its name")
    assert "not an image" in str(find_damage(tmp_path / "text.png"))
    assert "cannot be read" in str(find_damage(tmp_path / "gone.png"))
    np.save(tmp_path / "cube.npy", np.zeros((2, 3, 4)))
    with pytest.raises(FileError, match=r"shape \(2, 3, 4\)"):
        read_map(tmp_path / "cube.npy")
    np.save(tmp_path / "complex.npy", np.zeros((2, 3), complex))
    with pytest.raises(FileError, match="complex128"):
        read_map(tmp_path / "complex.npy")
    np.save(tmp_path / "pickle.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(FileError, match=r"pickle\.npy"):
        read_map(tmp_path / "pickle.npy")


def test_a_flipped_bit_inside_a_png_is_an_error_not_a_picture(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    data = bytearray(cv2.imencode(".png", noise)[1].tobytes())
    data[len(data) // 2] ^= 0xFF
    file = tmp_path / "flipped.png"
    file.write_bytes(data)
    with pytest.raises(FileError, match=r"flipped\.png: not a readable PNG: it is damaged"):
        read_map(file)


def test_frames_are_rgb(tmp_path: Path) -> None:
    image = np.zeros((4, 6, 3), np.uint8)
    image[..., 0] = 200  # blue, for OpenCV
    cv2.imwrite(str(tmp_path / "frame.png"), image)
    assert read_rgb(tmp_path / "frame.png")[0, 0].tolist() == [0, 0, 200]
    cv2.imwrite(str(tmp_path / "grey.png"), GREY)
    assert read_rgb(tmp_path / "grey.png").shape == (12, 20, 3)


def test_files_are_listed_by_number_without_strangers(tmp_path: Path) -> None:
    for name in ("10.png", "9.PNG", "1.jpg", "._1.png", "Thumbs.db", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "2.png").mkdir()
    assert [file.name for file in image_files(tmp_path)] == ["1.jpg", "9.PNG", "10.png"]
    assert sorted(["b10", "b9", "a"], key=natural_key) == ["a", "b9", "b10"]
    assert [frame_number(stem) for stem in ("img_00012", "0007", "x")] == [12, 7, None]


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_whole_picture_with_much_behind_its_end_is_read(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"map{suffix}"
    cv2.imwrite(str(file), np.tile(np.arange(64, dtype=np.uint8), (48, 1)))
    whole = file.read_bytes()
    expected = read_map(file)
    file.write_bytes(whole + bytes(5000))
    assert find_damage(file) is None
    np.testing.assert_array_equal(read_map(file), expected)
    file.write_bytes(whole[: len(whole) // 2] + bytes(5000))
    assert "truncated" in str(find_damage(file))
    with pytest.raises(FileError, match="truncated"):
        read_map(file)
