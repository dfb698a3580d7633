from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from videosal.datasets.files.guard.limits import MOST_PIXELS, check_frames, check_pixels, most_pixels
from videosal.datasets.files.images import read_map
from videosal.errors import FileError, InputError

if TYPE_CHECKING:
    from pathlib import Path


def test_the_limit_is_far_above_a_frame_of_8k_and_may_be_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    check_pixels((4320, 7680), "8k.png")
    with pytest.raises(
        FileError, match=r"a\.png: refused, a picture of 30000x20000, and \d+ pixels are the limit: set"
    ):
        check_pixels((20000, 30000), "a.png")
    monkeypatch.setenv("VIDEOSAL_MAX_PIXELS", str(600_000_000))
    check_pixels((20000, 30000), "a.png")
    monkeypatch.setenv("VIDEOSAL_MAX_PIXELS", "")
    assert most_pixels() == MOST_PIXELS


@pytest.mark.parametrize("value", ["many", "0", "-3", "1.5"])
def test_a_limit_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("VIDEOSAL_MAX_PIXELS", value)
    with pytest.raises(InputError, match=r"VIDEOSAL_MAX_PIXELS is '.*', expected a number of pixels above 0"):
        check_pixels((1, 1), "a.png")


def test_numbers_of_frames_are_bounded() -> None:
    assert check_frames(0, "a.avi") == 0
    for count in (-1, 1 << 40):
        with pytest.raises(FileError, match=r"a\.avi: is damaged: its header states -?\d+ frames"):
            check_frames(count, "a.avi")


def test_a_file_of_gigabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    huge = tmp_path / "0001.npy"
    with huge.open("wb") as file:
        file.write(b"\x93NUMPY\1\0")
        file.truncate(3 << 30)  # a hole, which takes no place on the disk
    started = time.perf_counter()
    with pytest.raises(FileError, match=r"0001\.npy: refused, 3221225472 bytes are more than"):
        read_map(huge)
    assert time.perf_counter() - started < 1
