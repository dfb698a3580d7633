from __future__ import annotations

import io
import os
import resource
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest

from videosal.disk.whole_file import _SteadyFile, make_folder, write_whole, write_whole_hdf5, write_whole_text
from videosal.errors import DatasetError, RunError

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_a_link_is_followed_and_keeps_pointing(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("before")
    (tmp_path / "link").symlink_to(tmp_path / "there")
    write_whole_text(tmp_path / "link", "after")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there").read_text() == "after"


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="needs devices as files")
def test_a_device_stays_one(tmp_path: Path) -> None:
    write_whole_text(Path("/dev/null"), "text")
    assert Path("/dev/null").is_char_device()
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_whole_text(tmp_path / "pipe", "text")
    assert os.read(reader, 10) == b"text"
    os.close(reader)


def test_what_cannot_be_written_is_named_and_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("before")

    def half(part: Path) -> None:
        part.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(RunError, match=r"^cannot write .*file \(No space left on device\)$"):
        write_whole(tmp_path / "file", half)
    for place in (tmp_path, tmp_path / "file/below", tmp_path / "none/file"):
        with pytest.raises(DatasetError, match=rf"^cannot write {place} \("):
            write_whole_text(place, "text", error_type=DatasetError)
    with pytest.raises(RunError, match=r"^cannot make the folder .*below \("):
        make_folder(tmp_path / "file/below")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "before"


def test_half_a_character_is_written_as_its_escape(tmp_path: Path) -> None:
    write_whole_text(tmp_path / "file", "a\udcffé")
    assert (tmp_path / "file").read_bytes() == b"a\\udcff" + "é".encode()


class SmallDisk(io.FileIO):
    """A file of at most 5,000 bytes."""

    def write(self, data: Any, /) -> int:
        room = 5000 - self.tell()
        if room <= 0:
            raise OSError(28, "No space left on device")
        return super().write(bytes(data)[:room])


def test_hdf5_sees_a_disk_that_never_fills_up(tmp_path: Path) -> None:
    values = np.random.default_rng(0).random((20, 500))
    with SmallDisk(str(tmp_path / "file"), "w+") as raw:
        steady = _SteadyFile(raw)
        with h5py.File(steady, "w") as file:
            for at, row in enumerate(values):
                file[f"group/{at}"] = row
            assert all(np.array_equal(file[f"group/{at}"][:], row) for at, row in enumerate(values))
        with pytest.raises(OSError, match="No space left"):
            steady.check()
        steady.seek(0)
        with h5py.File(io.BytesIO(steady.read()), "r") as file:
            assert all(np.array_equal(file[f"group/{at}"][:], row) for at, row in enumerate(values))
    assert (tmp_path / "file").stat().st_size == 5000


def test_no_step_is_taken_after_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []

    def steps(file: Any) -> Iterator[None]:
        for at in range(9):
            taken.append(at)
            file[str(at)] = np.zeros(400)
            file.flush()
            yield

    monkeypatch.setattr(Path, "open", lambda self, mode, buffering=-1: SmallDisk(str(self), "w+"))
    with pytest.raises(RunError, match=r"^cannot write .*file\.h5 \(No space left on device\)$"):
        write_whole_hdf5(tmp_path / "file.h5", steps)
    assert 1 <= len(taken) < 9
    assert not list(tmp_path.iterdir())


def test_an_hdf5_file_that_fits_is_whole(tmp_path: Path) -> None:
    def steps(file: Any) -> Iterator[None]:
        file.attrs["name"] = "x"
        yield
        file["values"] = np.arange(1000)
        yield

    write_whole_hdf5(tmp_path / "file.h5", steps)
    before = (tmp_path / "file.h5").read_bytes()
    write_whole_hdf5(tmp_path / "file.h5", steps)
    assert (tmp_path / "file.h5").read_bytes() == before
    with h5py.File(tmp_path / "file.h5", "r") as file:
        assert file.attrs["name"] == "x"
        assert file["values"][:].tolist() == list(range(1000))


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
