"""The floor plan that CONTRIBUTING.md draws: imports run one way, nothing goes in circles, no folder is crowded."""

from __future__ import annotations

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
ROOMS = ("metrics", "datasets", "models", "benchmark", "leaderboards")
# Here every file is one of a kind: a verb, a data set, a network.
ONE_OF_A_KIND = ("videosal/cli", "datasets/sets", "models/zoo", "tests/cli", "tests/datasets/sets", "tests/models/zoo")


@cache
def modules() -> dict[str, Path]:
    """Every source file by the name of its module, `videosal.metrics.score`."""
    files = [file for room in ROOMS for file in (REPOSITORY / room).rglob("*.py")]
    files += [*(REPOSITORY / "videosal").glob("*.py"), *(REPOSITORY / "videosal/cli").glob("*.py")]
    found = {}
    for file in files:
        parts = file.relative_to(REPOSITORY).with_suffix("").parts
        parts = parts if parts[0] == "videosal" else ("videosal", *parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imports_of(name: str) -> set[str]:
    """The modules of ours that a file imports, for types and inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(modules()[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found |= {
                full if (full := f"{node.module}.{alias.name}") in modules() else node.module for alias in node.names
            }
    return (found & set(modules())) - {name}


def room_of(name: str) -> str | None:
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in (*ROOMS, "cli") else None


def test_no_file_imports_itself_by_way_of_others() -> None:
    try:
        TopologicalSorter({name: imports_of(name) for name in modules()}).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' <- '.join(error.args[1])}")


def test_imports_between_rooms_run_one_way() -> None:
    order = (*ROOMS, "cli")
    for name in modules():
        room = room_of(name)
        if room is not None:
            later = order[order.index(room) + 1 :]
            backward = {other for other in imports_of(name) if room_of(other) in later or other == "videosal"}
            assert not backward or room == "cli", (name, backward)


def test_a_room_does_not_enter_by_its_own_front_door() -> None:
    for name in modules():
        room = room_of(name)
        if room in ROOMS and name != f"videosal.{room}":
            assert f"videosal.{room}" not in imports_of(name), name


@pytest.mark.parametrize("top", ["videosal", *ROOMS, "tests"])
def test_no_folder_is_crowded(top: str) -> None:
    for folder in [REPOSITORY / top, *(path for path in (REPOSITORY / top).rglob("*") if path.is_dir())]:
        where = folder.relative_to(REPOSITORY).as_posix()
        if where not in ONE_OF_A_KIND and "__pycache__" not in where:
            files = [path.name for path in folder.iterdir() if path.suffix == ".py"]
            assert len(files) <= 12, (where, sorted(files))
