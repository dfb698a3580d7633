from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from videosal.errors import FileError
from videosal.leaderboards.statistics import sheets
from videosal.leaderboards.statistics.sheets import read_rows

if TYPE_CHECKING:
    from pathlib import Path

SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def sheet(path: Path, cells: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        text = f'<worksheet xmlns="{SPACE}"><sheetData><row r="1">{cells}</row></sheetData></worksheet>'
        archive.writestr("xl/worksheets/sheet1.xml", text)
    return path


def test_the_last_column_of_excel_is_read_and_none_behind_it(tmp_path: Path) -> None:
    row = read_rows(sheet(tmp_path / "a.xlsx", '<c r="XFD1"><v>7</v></c>'))[0]
    assert (len(row), row[-1]) == (16384, "7")
    for column in ("XFE", "ZZZZZZ"):
        with pytest.raises(FileError, match=rf"a\.xlsx: not a readable Excel sheet.*a cell in column {column}"):
            read_rows(sheet(tmp_path / "a.xlsx", f'<c r="{column}1"><v>7</v></c>'))


def test_a_sheet_that_unpacks_to_more_than_any_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "_MOST_BYTES", 1000)
    with pytest.raises(FileError, match=r"its part xl/worksheets/sheet1\.xml unpacks to \d+ bytes"):
        read_rows(sheet(tmp_path / "a.xlsx", " " * 5000))


def test_a_csv_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b\n\xff\xfe,c\n")
    with pytest.raises(FileError, match=r"a\.csv: not a readable CSV file: it is damaged"):
        read_rows(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text("x" * 200_000 + ",y\n")
    with pytest.raises(FileError, match=r"a\.csv: not a readable CSV file: .*field larger"):
        read_rows(tmp_path / "a.csv")
