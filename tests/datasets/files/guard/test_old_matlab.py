from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy
from scipy import sparse
from scipy.io import loadmat, savemat

from videosal.datasets.files.guard.old_matlab import list_variables
from videosal.errors import FileError

RNG = np.random.default_rng(0)
MASK = RNG.random((7, 9)) > 0.7
CONTENT = {
    "real": RNG.random((7, 9)),
    "single": RNG.random((5, 4)).astype(np.float32),
    "logical": MASK,
    "bytes": RNG.integers(0, 255, (7, 9)).astype(np.uint8),
    "signed": RNG.integers(-9, 9, (3, 4, 5)).astype(np.int16),
    "empty": np.zeros((0, 0)),
    "one": np.array([[5]], np.uint8),
    "sparse": sparse.csc_matrix(RNG.random((7, 9)) * MASK),
    "sparse_logical": sparse.csc_matrix(MASK),
    "a_name_that_is_rather_long": np.eye(4),
    "text": "hello",
    "cells": np.array([1, "a"], object),
    "struct": {"q": np.ones(3)},
    "imaginary": RNG.random((3, 3)) + 1j,
}
V4 = ("real", "single", "empty", "sparse", "text", "imaginary")


def saved(content: dict[str, Any], **options: Any) -> bytes:
    file = io.BytesIO()
    savemat(file, content, **options)
    return file.getvalue()


def read_all(data: bytes, where: str) -> None:
    for variable in list_variables(data, where).values():
        variable.read()


def hold_together(data: bytes) -> int:
    """Compare with SciPy; return how many arrays were compared."""
    ours, compared = list_variables(data, "a.mat"), 0
    theirs = {name: value for name, value in loadmat(io.BytesIO(data)).items() if not name.startswith("__")}
    assert theirs.keys() <= ours.keys()
    for name, value in theirs.items():
        full = value.toarray() if hasattr(value, "toarray") else np.asarray(value)
        assert ours[name].numbers == (full.dtype.kind in "buif"), name
        if ours[name].numbers:
            assert ours[name].shape == full.shape, name
            np.testing.assert_array_equal(ours[name].read(), full, name)
            compared += 1
    return compared


@pytest.mark.parametrize("packed", [False, True])
def test_format_5_as_scipy_reads_it(packed: bool) -> None:
    assert hold_together(saved(CONTENT, do_compression=packed)) == 10


def test_format_4_as_scipy_reads_it() -> None:
    assert hold_together(saved({name: CONTENT[name] for name in V4}, format="4")) == 4


def test_files_that_matlab_itself_wrote() -> None:
    """SciPy ships those that its own reader is tested with."""
    folder = Path(os.path.dirname(scipy.__file__)) / "io/matlab/tests/data"  # noqa: PTH120
    files = sorted(folder.glob("*.mat"))
    if not files:
        pytest.skip("SciPy is installed without its tests")
    compared = 0
    for file in files:
        if "hdf5" in file.name or file.name.startswith(("bad", "corrupted", "malformed", "debigged")):
            continue
        compared += hold_together(file.read_bytes())
    assert compared > 40
    for name, text in (
        ("corrupted_zlib_checksum.mat", "incorrect data check"),
        ("malformed1.mat", "cut short"),
        ("bad_miuint32.mat", "of shape"),
        ("debigged_m4.mat", "cut short"),
    ):
        with pytest.raises(FileError, match=rf"{name}: not a readable MATLAB file: .*{text}"):
            read_all((folder / name).read_bytes(), name)


@pytest.mark.parametrize("options", [{}, {"do_compression": True}, {"format": "4"}])
def test_a_file_that_is_cut_anywhere_is_refused(options: dict[str, Any]) -> None:
    data = saved({"I": RNG.random((5, 6))}, **options)
    start = 1 if "format" in options else 130  # a header alone is a file without variables
    for end in range(start, len(data) - 1, 7):
        with pytest.raises(FileError, match="not a readable MATLAB file"):
            list_variables(data[:end], "a.mat")


def test_a_flipped_bit_in_packed_numbers_is_found() -> None:
    data = bytearray(saved({"I": RNG.random((50, 60))}, do_compression=True))
    data[-100] ^= 1
    with pytest.raises(FileError, match="it is damaged"):
        list_variables(bytes(data), "a.mat")["I"].read()


def test_a_header_that_claims_gigabytes_takes_none() -> None:
    data = saved({"I": np.zeros((4, 4), np.uint8)})
    shape = np.array([4, 4], "<i4").tobytes()
    for claimed in ((1 << 30, 1 << 30), (-4, 4)):
        with pytest.raises(FileError, match="not a readable MATLAB file"):
            list_variables(data.replace(shape, np.array(claimed, "<i4").tobytes()), "a.mat")["I"].read()
