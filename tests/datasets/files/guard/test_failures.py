from __future__ import annotations

import errno
import lzma
import struct
import zlib
from pathlib import Path
from tokenize import TokenError

import pytest

from videosal.datasets.files.guard.failures import parse_json, reading
from videosal.errors import DamagedFileError, FileError, InputError


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (EOFError("Compressed file ended"), "it is cut short"),
        (struct.error("unpack requires a buffer of 4 bytes"), "it is cut short"),
        (OSError("Unable to open file (truncated file: eof = 9)"), "it is cut short"),
        (NotImplementedError("Please use HDF reader"), "of a kind that is not supported"),
        (RuntimeError("File 'a' is encrypted, password required"), "of a kind that is not supported"),
        (zlib.error("Error -3 while decompressing data"), "it is damaged"),
        (lzma.LZMAError("Corrupt input data"), "it is damaged"),
        (TokenError("EOF in multi-line statement"), "it is cut short"),
        (KeyError("jc"), "it is damaged (KeyError 'jc')"),
        (AttributeError("'NoneType' object has no attribute 'x'"), "it is damaged"),
        (MemoryError(), "more memory than there is"),
        (RecursionError("maximum recursion depth exceeded"), "nested too deep"),
        (ValueError("one\n line"), "(one line)"),
    ],
)
def test_whatever_a_library_raises_names_the_file(error: Exception, said: str) -> None:
    with pytest.raises(DamagedFileError) as caught, reading(Path("maps/a.mat"), "MATLAB file"):
        raise error
    text = str(caught.value)
    assert text.startswith("maps/a.mat: not a readable MATLAB file: ")
    assert said in text
    assert "\n" not in text
    assert caught.value.__cause__ is error


def test_a_file_that_may_not_be_read_is_not_called_damaged() -> None:
    said = r"a\.mat: cannot be read \(Permission denied\)"
    with pytest.raises(FileError, match=said) as caught, reading("a.mat", "MATLAB file"):
        raise OSError(errno.EACCES, "Permission denied")
    assert not isinstance(caught.value, DamagedFileError)


def test_what_is_no_failure_of_the_file_passes() -> None:
    with pytest.raises(InputError, match="ours"), reading("a.mat", "MATLAB file"):
        raise InputError("ours")
    with pytest.raises(KeyboardInterrupt), reading("a.mat", "MATLAB file"):
        raise KeyboardInterrupt


def test_what_a_library_says_at_length_is_cut() -> None:
    with pytest.raises(FileError) as caught, reading("a", "x"):
        raise ValueError("long " * 1000)
    assert len(str(caught.value)) < 300


def test_json_of_any_depth_is_parsed_or_refused() -> None:
    assert parse_json(b'{"a": [1]}', "a.json") == {"a": [1]}
    with pytest.raises(FileError, match=r"a\.json: not a readable JSON file: it is nested too deep"):
        parse_json("[" * 100_000 + "]" * 100_000, "a.json")
