"""Rows of text from a CSV file or an Excel sheet."""

from __future__ import annotations

import csv
import re
import zipfile
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from videosal.datasets.files.guard.failures import reading

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MOST_COLUMNS = 16384
_MOST_BYTES = 1 << 28  # of one unpacked part
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def read_rows(file: Path) -> list[list[str]]:
    """Read all rows that are not empty, of the first sheet if the file is ``.xlsx``; raise `FileError` if damaged."""
    return _read_sheet(file) if file.suffix.lower() == ".xlsx" else _read_csv(file)


def _read_csv(file: Path) -> list[list[str]]:
    with reading(file, "CSV file"):
        text = file.read_text(encoding="utf-8-sig")
        return [row for row in csv.reader(text.splitlines()) if any(cell.strip() for cell in row)]


def _read_sheet(file: Path) -> list[list[str]]:
    """Read the first sheet of an Excel file: a zip of XML."""
    with reading(file, "Excel sheet, save it as CSV"), zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        shared = []
        if "xl/sharedStrings.xml" in names:
            items = ElementTree.fromstring(_unpack(archive, "xl/sharedStrings.xml")).iter(f"{_SHEET}si")
            shared = ["".join(text.text or "" for text in item.iter(f"{_SHEET}t")) for item in items]
        sheet = min(name for name in names if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name))
        rows = ElementTree.fromstring(_unpack(archive, sheet)).iter(f"{_SHEET}row")
        read = [_sheet_row(row, shared) for row in rows]
    return [row for row in read if any(row)]


def _unpack(archive: zipfile.ZipFile, name: str) -> bytes:
    if (size := archive.getinfo(name).file_size) > _MOST_BYTES:
        raise ValueError(f"its part {name} unpacks to {size} bytes")
    return archive.read(name)


def _sheet_row(row: ElementTree.Element, shared: Sequence[str]) -> list[str]:
    cells: dict[int, str] = {}
    for cell in row.iter(f"{_SHEET}c"):
        letters = re.match(r"[A-Z]+", cell.get("r", ""))
        at = _column_number(letters[0]) if letters else len(cells)
        value = cell.findtext(f"{_SHEET}v") or ""
        if cell.get("t") == "s":
            value = shared[int(value)]
        elif cell.get("t") == "inlineStr":
            value = "".join(text.text or "" for text in cell.iter(f"{_SHEET}t"))
        cells[at] = value
    return [cells.get(at, "") for at in range(max(cells, default=-1) + 1)]


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    if number > _MOST_COLUMNS:
        raise ValueError(f"a cell in column {letters}, and Excel has none behind XFD")
    return number - 1
