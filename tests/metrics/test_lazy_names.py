from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import videosal.metrics as room


def test_all_is_what_the_room_offers() -> None:
    assert room.__all__ == sorted(room.__all__)
    for name in room.__all__:
        assert getattr(room, name).__module__.startswith("videosal.metrics.")
    assert set(room.__all__) == set(room._HOME)
    assert set(room.__all__) <= set(dir(room))


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(room.__file__).read_text(encoding="utf-8"))
    imported = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("videosal.metrics.")
        for alias in node.names
        if alias.asname is None  # modules under their public names
    }
    assert imported == {name: f"videosal.metrics.{home}" for name, home in room._HOME.items()}


def test_other_names_are_no_attributes() -> None:
    with pytest.raises(AttributeError, match="no attribute 'score_movie'"):
        room.score_movie  # noqa: B018


def test_modules_are_loaded_when_they_are_asked_for() -> None:
    code = """
import sys
import videosal
assert "torch_metrics" in dir(videosal.metrics)
print("torch" in sys.modules, videosal.metrics.torch_metrics.__name__, "torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "videosal.metrics.torch.scores", "True"]
