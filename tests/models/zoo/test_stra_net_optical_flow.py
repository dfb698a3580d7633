from __future__ import annotations

import struct
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from videosal.errors import FileError
from videosal.models.zoo.stra_net import optical_flow
from videosal.models.zoo.stra_net.optical_flow import find_flows, fit_flow, read_flow, stack_flows, write_flow

if TYPE_CHECKING:
    from numpy.typing import NDArray


@given(height=st.integers(1, 5), width=st.integers(1, 5), seed=st.integers(0, 9))
def test_a_file_is_read_as_it_was_written(height: int, width: int, seed: int) -> None:
    flow = np.random.default_rng(seed).normal(size=(height, width, 2)).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        write_flow(Path(folder) / "1.flo", flow)
        np.testing.assert_array_equal(read_flow(Path(folder) / "1.flo"), flow)


def test_the_bytes_are_those_of_middlebury(tmp_path: Path) -> None:
    flow = np.arange(12, dtype=np.float32).reshape(2, 3, 2)
    write_flow(tmp_path / "1.flo", flow)
    content = (tmp_path / "1.flo").read_bytes()
    assert struct.unpack("<fii12f", content) == (202021.25, 3, 2, *range(12))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda whole: b"", "is no optical flow"),
        (lambda whole: b"PIEX" + whole[4:], "is no optical flow"),
        (lambda whole: whole[:10], "is no optical flow"),
        (lambda whole: whole[:-1], "3x2 pixels, but it has 59 bytes instead of 60"),
        (lambda whole: whole + b"\0", "3x2 pixels, but it has 61 bytes instead of 60"),
        (lambda whole: whole[:4] + np.array([-3, -2], "<i4").tobytes() + whole[12:], "-3x-2 pixels"),
    ],
)
def test_damaged_files_are_named(tmp_path: Path, change: Any, text: str) -> None:
    file = tmp_path / "1.flo"
    write_flow(file, np.ones((2, 3, 2), np.float32))
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(FileError, match=rf"1\.flo: .*{text}"):
        read_flow(file)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"1\.flo: cannot be read \(No such file"):
        read_flow(tmp_path / "1.flo")


def test_the_files_of_a_video(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"absent: no folder of optical flow can be read there"):
        find_flows(tmp_path / "absent", 3)
    with pytest.raises(FileError, match=r"holds no \.flo files"):
        find_flows(tmp_path, 3)
    for name in ("0002.flo", "0001.flo", "0010.FLO", "notes.txt"):
        (tmp_path / name).touch()
    for frames in (3, 4):
        assert [file.name for file in find_flows(tmp_path, frames)] == ["0001.flo", "0002.flo", "0010.FLO"]
    for frames in (2, 5):
        with pytest.raises(FileError, match=rf"holds 3 \.flo files for a video of {frames} frames, expected"):
            find_flows(tmp_path, frames)


def test_small_motion_is_none_and_fast_motion_is_cut() -> None:
    flow = np.array([[[0.09, -0.09], [0.1, -0.1], [19.0, -19.0], [21.0, -1e9]]], np.float32)
    fitted = fit_flow(flow, (1, 4), "published")
    np.testing.assert_array_equal(fitted, np.array([[[0, 0.1, 19, 20]], [[0, -0.1, -19, -20]]], np.float32))


def test_flow_is_refilled_as_published_and_interpolated_when_fixed() -> None:
    """numpy.resize does not scale: the first values in reading order fill the new rows."""
    flow = np.arange(1, 17, dtype=np.float32).reshape(2, 4, 2)  # u: 1, 3, ... 15
    larger = fit_flow(flow, (4, 8), "published")
    assert larger.shape == (2, 4, 8)
    np.testing.assert_array_equal(larger[0, 0], [1, 3, 5, 7, 9, 11, 13, 15])
    np.testing.assert_array_equal(larger[1, 3], [2, 4, 6, 8, 10, 12, 14, 16])
    smaller = fit_flow(flow, (2, 2), "published")
    np.testing.assert_array_equal(smaller[0], [[1, 3], [0, 0]])  # one row of 1 x 2, and a band
    assert fit_flow(np.broadcast_to(flow[:1, :1], (6, 6, 2)), (4, 4), "fixed")[0] == pytest.approx(1)
    ramp = np.repeat(np.arange(8, dtype=np.float32)[None, :, None], 2, axis=2).repeat(8, axis=0)
    np.testing.assert_allclose(fit_flow(ramp, (4, 4), "fixed")[0, 0], [0.5, 2.5, 4.5, 6.5])


def test_bands_are_without_motion() -> None:
    fitted = fit_flow(np.full((9, 16, 2), 5, np.float32), (8, 8), "published")
    np.testing.assert_array_equal(fitted.any(axis=(0, 2)), [0, 0, 1, 1, 1, 1, 0, 0])


@pytest.mark.parametrize("count", [1, 3, 4, 9])
def test_a_frame_sees_five_flows_and_each_file_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    reads = []

    def read(path: Path) -> NDArray[np.float32]:
        reads.append(path.name)
        number = float(path.stem)
        return np.full((4, 4, 2), (number, -number), np.float32)

    monkeypatch.setattr(optical_flow, "read_flow", read)
    files = [tmp_path / f"{number}.flo" for number in range(1, count + 1)]
    stacks = list(stack_flows(files, count + 1, (4, 4), "published"))
    assert len(stacks) == count + 1
    assert reads == [file.name for file in files]
    for frame, stack in enumerate(stacks):
        numbers = [min(frame + ahead + 1, count) for ahead in (4, 3, 2, 1, 0)]
        expected = [sign * number for number in numbers for sign in (-1, 1)]  # v before u
        assert stack.shape == (10, 4, 4)
        np.testing.assert_array_equal(stack[:, 2, 2], np.array(expected, np.float32))
