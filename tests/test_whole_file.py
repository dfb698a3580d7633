from __future__ import annotations

import resource
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest

from videosal.errors import RunError
from videosal.whole_file import write_whole, write_whole_hdf5

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ARRAY = np.arange(3000)


def fill(file: Any) -> Iterator[None]:
    for name in "abc":
        file[f"frames/{name}"] = ARRAY
        yield


def test_equal_content_gives_equal_bytes(tmp_path: Path) -> None:
    for name in "ab":
        write_whole_hdf5(tmp_path / name, fill)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with h5py.File(tmp_path / "a") as file:
        for name in "abc":
            np.testing.assert_array_equal(file[f"frames/{name}"], ARRAY)


@pytest.mark.parametrize("limit", [0, 2000, 30_000, 60_000])
def test_where_hdf5_cannot_write_what_was_there_stays(tmp_path: Path, limit: int) -> None:
    """The process crashed where HDF5 could not close its file."""
    file, before = tmp_path / "a.h5", resource.getrlimit(resource.RLIMIT_FSIZE)
    file.write_text("old")
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        with pytest.raises(RunError, match=r"cannot write .*a\.h5 \(File too large\)"):
            write_whole_hdf5(file, fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [found.read_text() for found in tmp_path.iterdir()] == ["old"]


def test_a_defect_is_not_hidden(tmp_path: Path) -> None:
    def broken(_: Any) -> Iterator[None]:
        yield
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_whole_hdf5(tmp_path / "a.h5", broken)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match=r"cannot write .*file/a \(Not a directory\)"):
        write_whole(tmp_path / "file/a", lambda part: part.write_text("text"))
