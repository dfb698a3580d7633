from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from videosal.datasets.pack.source import note_source, noted_source

if TYPE_CHECKING:
    import pytest


def test_a_source_is_known_by_split_and_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEOSAL_CACHE", str(tmp_path / "cache"))
    assert noted_source("dhf1k:val", "abc") is None
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/no text \xff"))
    note_source("dhf1k:val", "abc", folder)
    assert noted_source("dhf1k:val", "abc") == folder
    assert noted_source("dhf1k:train", "abc") is None
    assert noted_source("dhf1k:val", "abd") is None


def test_a_cache_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("VIDEOSAL_CACHE", str(tmp_path / "file"))
    note_source("dhf1k:val", "abc", tmp_path)
    assert "a pack of dhf1k:val that has become old will not be noticed" in caplog.text
    assert noted_source("dhf1k:val", "abc") is None
