from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from videosal.leaderboards.pages.facts import without_paths

RUN = SimpleNamespace(info={"root": "/data/my sets/DHF1K", "predictions": "/home/ann/maps"}, path=Path("runs/x"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the root of dhf1k, /data/my sets/DHF1K, does not exist", "the root of dhf1k, DHF1K, does not exist"),
        ("/home/ann/maps/0601/0001.png is damaged", "maps/0601/0001.png is damaged"),
        ("/srv/other/maps.zip: cannot be read", "maps.zip: cannot be read"),
        (r"C:\Users\ann\maps.zip cannot be read", "maps.zip cannot be read"),
        (f"{Path.cwd()}/runs/x", "x"),
        ("~/maps/1.png", "1.png"),
        ("maps of 1 of 2 videos (0601/0001, 12 kB/s, and/or)", "maps of 1 of 2 videos (0601/0001, 12 kB/s, and/or)"),
        (
            "others=10x other videos|baseline=a.png 01234567|maps=8bit",
            "others=10x other videos|baseline=a.png 01234567|maps=8bit",
        ),
    ],
)
def test_paths_become_names(text: str, shown: str) -> None:
    assert without_paths(text, cast("Any", RUN)) == shown
