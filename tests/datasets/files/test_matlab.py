from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.io import savemat

from tests.datasets.conftest import write_hdf5
from videosal.datasets.files.matlab import find_mat_damage, map_shape, read_mat_map, read_stack_map, read_stack_shape
from videosal.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

MAP = np.arange(15, dtype=np.uint8).reshape(3, 5)


@pytest.mark.parametrize("key", ["I", "eyeMap", "fixLoc", "gaze", "whatever"])
def test_the_key_is_found_in_both_formats(tmp_path: Path, key: str) -> None:
    old, new = tmp_path / "old.mat", tmp_path / "new.mat"
    savemat(old, {key: MAP, "fps": 30.0, "name": "0601"})
    write_hdf5(new, {key: MAP.T, "fps": np.array([[30.0]])})
    for file in (old, new):
        assert map_shape(file) == (3, 5)
        np.testing.assert_array_equal(read_mat_map(file), MAP)
        assert find_mat_damage(file) is None


def test_a_known_key_counts_more_than_others(tmp_path: Path) -> None:
    savemat(tmp_path / "a.mat", {"other": np.zeros((3, 5)), "I": MAP})
    np.testing.assert_array_equal(read_mat_map(tmp_path / "a.mat"), MAP)


def test_a_file_without_map_says_what_it_holds(tmp_path: Path) -> None:
    savemat(tmp_path / "two.mat", {"a": MAP, "b": MAP})
    with pytest.raises(FileError, match=r"two\.mat: holds a 3x5, b 3x5, expected one map"):
        read_mat_map(tmp_path / "two.mat")
    savemat(tmp_path / "text.mat", {"name": "0601"})
    with pytest.raises(FileError, match=r"text\.mat: holds name, expected a map"):
        read_mat_map(tmp_path / "text.mat")
    write_hdf5(tmp_path / "none.mat", {"n": np.array([1.0])})
    with pytest.raises(FileError, match=r"none\.mat: holds n 1, expected"):
        map_shape(tmp_path / "none.mat")


def test_a_stack_is_read_frame_by_frame(tmp_path: Path) -> None:
    stack = np.random.default_rng(0).integers(0, 255, (4, 3, 5), np.uint8)
    write_hdf5(tmp_path / "a.mat", {"salmap": stack.transpose(0, 2, 1)[:, None], "fps": np.array([[30.0]])})
    assert read_stack_shape(tmp_path / "a.mat") == (4, 3, 5)
    for index in range(4):
        np.testing.assert_array_equal(read_stack_map(tmp_path / "a.mat", index), stack[index])


@pytest.mark.parametrize("compressed", [True, False])
def test_damage_is_found_by_the_length_and_named_when_read(tmp_path: Path, compressed: bool) -> None:
    whole, cut = tmp_path / "whole.mat", tmp_path / "cut.mat"
    savemat(whole, {"I": np.random.default_rng(0).integers(0, 255, (30, 40), np.uint8)}, do_compression=compressed)
    assert find_mat_damage(whole) is None
    cut.write_bytes(whole.read_bytes()[:-40])
    assert "truncated" in str(find_mat_damage(cut))
    with pytest.raises(FileError, match=r"cut\.mat: not a readable MATLAB file"):
        read_mat_map(cut)
    (tmp_path / "empty.mat").touch()
    assert "empty" in str(find_mat_damage(tmp_path / "empty.mat"))
    (tmp_path / "text.mat").write_text("no" * 200)
    assert "not a MATLAB" in str(find_mat_damage(tmp_path / "text.mat"))
    assert "cannot be read" in str(find_mat_damage(tmp_path / "gone.mat"))


def test_the_real_shuffle_map_is_put_right(shared: Path) -> None:
    (file,) = (shared / "samples/matlab73-shuffle-maps").rglob("Shuffle_DIEM20.mat")
    assert map_shape(file) == (480, 640)
    stored = read_mat_map(file)
    assert stored.shape == (480, 640)
    # People look at the middle: upright, the spread along the width is the larger.
    rows, cols = np.nonzero(stored > 0)
    assert cols.std() > rows.std()
