from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from videosal.datasets.files.guard.npy import decode_npy, map_npy
from videosal.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path


def npy(array: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


@pytest.mark.parametrize("dtype", ["u1", "<u2", ">u2", "<f4", ">f8", "?", "<f2", "i8", "c16"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4), (), (5,), (0, 4)])
def test_arrays_are_read_as_numpy_reads_them(tmp_path: Path, dtype: str, order: Any, shape: tuple[int, ...]) -> None:
    array = np.asarray(np.random.default_rng(0).integers(0, 2, shape).astype(dtype), order=order)
    data = npy(array)
    (tmp_path / "a.npy").write_bytes(data)
    for ours in (decode_npy(data, "a.npy"), map_npy(tmp_path / "a.npy")):
        theirs = np.load(io.BytesIO(data))
        assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_all_versions_of_the_header(version: tuple[int, int]) -> None:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.eye(3), version=version)
    np.testing.assert_array_equal(decode_npy(file.getvalue(), "a.npy"), np.eye(3))


def test_headers_of_python_2() -> None:
    data = npy(np.eye(3)).replace(b"(3, 3), }  ", b"(3L, 3L), }")
    np.testing.assert_array_equal(decode_npy(data, "a.npy"), np.eye(3))


def test_what_is_no_array_of_numbers_is_refused() -> None:
    whole = npy(np.eye(3))
    records = npy(np.zeros(2, [("a", "f4"), ("b", "f4")]))
    objects = npy(np.array([None]), allow_pickle=True)
    for data, text in (
        (b"", "does not begin as one"),
        (b"PK\3\4", "does not begin as one"),
        (whole[:-1], r"it is cut short \(of 200 bytes, 199 are there\)"),
        (whole[:40], "cut short"),
        (whole.replace(b"(3, 3)", b"(9, 9)"), "cut short"),
        (whole.replace(b"(3, 3), }     ", b"(99999999, 99)"), "cut short"),
        (whole.replace(b"'shape'", b"'shap\x00'"), "not supported"),
        (whole.replace(b"<f8", b"<q9"), "damaged"),
        (records, "not supported"),
        (objects, "not supported"),
    ):
        with pytest.raises(FileError, match=rf"a\.npy: not a readable \.npy array: .*{text}"):
            decode_npy(data, "a.npy")
