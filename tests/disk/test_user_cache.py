from __future__ import annotations

from typing import TYPE_CHECKING

from videosal.disk.user_cache import cache_folder

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_folder_is_the_users_or_the_one_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEOSAL_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("VIDEOSAL_CACHE")
    assert cache_folder().name == "videosal"
