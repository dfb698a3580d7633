from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

import pytest

from videosal.errors import PluginError, UnknownNameError
from videosal.registry import Registry, load_plugin

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def registry() -> Registry[object]:
    return Registry("thing", "videosal.things", {"ours": "fractions:Fraction"})


def test_entries_are_found_by_name(registry: Registry[object]) -> None:
    from fractions import Fraction

    @registry.register("theirs")
    class Theirs:
        pass

    assert registry.names() == ["ours", "theirs"]
    assert registry.get("theirs") is Theirs
    assert registry.get("ours") is Fraction


def test_a_name_is_given_once(registry: Registry[object]) -> None:
    entry = registry.register("theirs")(object())
    registry.register("theirs")(entry)  # a module imported twice registers the same object
    with pytest.raises(PluginError, match="a thing named 'theirs' is registered already"):
        registry.register("theirs")(object())
    with pytest.raises(PluginError, match="'ours'"):
        registry.register("ours")(object())


def test_an_unknown_name_offers_the_nearest(registry: Registry[object]) -> None:
    with pytest.raises(UnknownNameError, match="unknown thing 'our': did you mean ours"):
        registry.get("our")
    with pytest.raises(UnknownNameError, match="unknown thing 'zzz': known are ours"):
        registry.get("zzz")


def test_a_broken_entry_point_is_reported_and_hides_nothing(
    registry: Registry[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    points = [
        importlib.metadata.EntryPoint("good", "fractions:Fraction", "videosal.things"),
        importlib.metadata.EntryPoint("broken", "no_such_module:x", "videosal.things"),
    ]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: points if group == "videosal.things" else [])
    assert registry.names() == ["broken", "good", "ours"]
    assert registry.get("good").__name__ == "Fraction"  # type: ignore[attr-defined]
    with pytest.raises(PluginError, match=r"the thing 'broken' \(no_such_module:x\) fails to load"):
        registry.get("broken")


def test_plugins_are_imported_once_and_named_when_they_fail(tmp_path: Path) -> None:
    good = tmp_path / "good.py"
    good.write_text("VALUE = []\n")
    assert load_plugin(good) is load_plugin(str(good))
    bad = tmp_path / "bad.py"
    bad.write_text("1 / 0\n")
    with pytest.raises(PluginError, match=r"bad\.py fails to load: ZeroDivisionError"):
        load_plugin(bad)
    with pytest.raises(PluginError, match=r"gone\.py is not a file"):
        load_plugin(tmp_path / "gone.py")
    (tmp_path / "notes.txt").touch()
    with pytest.raises(PluginError, match=r"notes\.txt is not a Python file"):
        load_plugin(tmp_path / "notes.txt")
