"""JSON and TOML that people hand on, changed in every place: one line that names the file, or it is read."""

from __future__ import annotations

import json
import os
import random
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import videosal
from videosal.disk.sealed import seal
from videosal.errors import VideosalError
from videosal.leaderboards import Leaderboard, explain_runs, write_report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.conftest import Command

DROP = object()
VALUES: tuple[Any, ...] = (
    *(DROP, None, True, -1, 0, 5, 1 << 70, 10**400, 0.5, float("nan"), float("inf")),
    *("", "x", "a\0b", "\udcff", "\x1b[2J", "../../x", "2024", [], [1], ["x"], {}, {"x": 1}, [[["x"]]], [None], [{}]),
)
SEED = 18
COUNT = int(os.environ.get("VIDEOSAL_MUTANTS", "40"))  # per file


def places(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to each value of a JSON document; of long lists the first."""
    if path:
        yield path
    if isinstance(content, dict):
        for key, value in content.items():
            yield from places(value, (*path, key))
    elif isinstance(content, list) and content:
        yield from places(content[0], (*path, 0))


def mutants(content: Any, count: int) -> Iterator[tuple[str, Any]]:
    """Yield copies of a document with one value replaced, in a random order that is always the same."""
    ways = [(path, value) for path in places(content) for value in VALUES]
    random.Random(SEED).shuffle(ways)
    for path, value in ways[:count]:
        changed = json.loads(json.dumps(content))
        holder = changed
        for key in path[:-1]:
            holder = holder[key]
        if value is DROP:
            del holder[path[-1]]
        else:
            holder[path[-1]] = value
        yield f"{'.'.join(map(str, path))} = {'(gone)' if value is DROP else repr(value)[:30]}", changed


def complaint(read: Callable[[], object]) -> str:
    """Return what a reader says of a file, empty where it is content; anything but our error is raised."""
    try:
        read()
    except VideosalError as error:
        text = str(error)
        assert "\n" not in text.strip(), text
        return text
    return ""


def use(run: Path, other: Path, out: Path) -> None:
    """Put a run to every use that others make of it."""
    board = Leaderboard.from_runs([run], allow_incomplete=True)
    for form in ("markdown", "latex", "csv", "html", "json", "bibtex"):
        getattr(board, f"to_{form}")().encode()
    write_report([run], out / "report.html", n_frames=0)
    explain_runs(other, run)
    videosal.load_run(run).frames.to_csv()
    merged = out / "merged"
    try:
        videosal.merge_runs([run], merged)
    finally:
        shutil.rmtree(merged, ignore_errors=True)


@pytest.mark.parametrize("name", ["run.json", "videos/0004.json", "summary.json"])
def test_a_run_directory_with_one_other_value(run: Path, made: Path, tmp_path: Path, name: str) -> None:
    file = run / name
    before = file.read_text()
    content = json.loads(before)
    sealed = content.pop("digest", None) is not None
    noticed = 0
    for what, changed in mutants(content, COUNT):
        # As a program would write it that knows of the digest: what is wrong must be seen all the same.
        file.write_text(seal(changed) if sealed else json.dumps(changed))
        try:
            noticed += bool(complaint(lambda: use(run, made / "run", tmp_path)))
        except Exception as error:
            raise AssertionError(f"{name}: {what}") from error
    assert noticed > COUNT / 4


def test_an_identity_with_one_other_value(run: Path, made: Path, tmp_path: Path) -> None:
    before = (run / "run.json").read_text()
    info = json.loads(before)
    noticed = 0
    for what, changed in mutants(info["identity"], COUNT):
        (run / "run.json").write_text(json.dumps({**info, "identity": changed}))
        try:
            noticed += bool(complaint(lambda: videosal.merge_runs([made / "run", run], tmp_path / "merged")))
            noticed += bool(
                complaint(lambda: videosal.run("center", "sample:test", metrics=["cc"], name="mine", out=run))
            )
        except Exception as error:
            raise AssertionError(f"identity: {what}") from error
        shutil.rmtree(tmp_path / "merged", ignore_errors=True)
    assert noticed > COUNT


def test_maps_json_with_one_other_value(made: Path, tmp_path: Path) -> None:
    maps = Path(shutil.copytree(made / "maps", tmp_path / "maps"))
    content = json.loads((maps / "maps.json").read_text())
    noticed = 0
    for at, (what, changed) in enumerate(mutants(content, COUNT)):
        (maps / "maps.json").write_text(json.dumps(changed))
        try:
            noticed += bool(
                complaint(lambda at=at: videosal.score(maps, "sample:test", metrics=["cc"], out=tmp_path / f"{at}"))  # type: ignore[misc]
            )
            noticed += bool(
                complaint(
                    lambda at=at: videosal.run(  # type: ignore[misc]
                        "center", "sample:test", metrics=["cc"], save_maps=maps, out=tmp_path / f"run-{at}"
                    )
                )
            )
        except Exception as error:
            raise AssertionError(f"maps.json: {what}") from error
    assert noticed > COUNT / 4


def test_a_profile_with_one_other_value(run: Path, tmp_path: Path) -> None:
    content = [{"name": "stsanet", "gmacs": 193.3, "maps_out": 1, "parameters": 6e8, "device": "cpu", "frames_in": 32}]
    noticed = 0
    for what, changed in mutants(content, COUNT):
        (tmp_path / "profile.json").write_text(json.dumps(changed))
        try:
            noticed += bool(
                complaint(
                    lambda: Leaderboard.from_runs(
                        [run], published="stsanet-table1", profile=tmp_path / "profile.json"
                    ).to_markdown()
                )
            )
        except Exception as error:
            raise AssertionError(f"profile: {what}") from error
    assert noticed > COUNT / 8


BENCH = {
    "protocols": '["standard"]',
    "metrics": '["cc"]',
    "workers": "1",
    "seed": "0",
    "out": '"runs"',
    "baseline": '"center"',
    "plugins": "[]",
    "dataset.name": '"sample:test"',
    "model.model": '"center"',
    "model.name": '"mine"',
    "model.options": "{}",
    "model.save_maps": '"maps/{dataset}"',
    "model.float_maps": "false",
    "table.out": '"table.md"',
    "table.published": "[]",
    "table.layout": '"table1"',
}
WRONG = (
    *("1", "-1", "1.5", "true", '""', '"x"', "[]", "[1]", "[[]]", '["x"]', '[["cc"]]', "{}", "{ x = 1 }", "[{}]"),
    *('"a\\u0000b"', '"../../x"', '"{0.__class__}"', '"{x}"', '"}"', "1979-05-27", "inf", "[" * 3000 + "]" * 3000),
)


def bench_text(values: dict[str, str]) -> str:
    lines = [f"{key} = {value}" for key, value in values.items() if "." not in key]
    for table in ("dataset", "model", "table"):
        lines.append(f"[[{table}]]")
        lines += [f"{key[len(table) + 1 :]} = {value}" for key, value in values.items() if key.startswith(f"{table}.")]
    return "\n".join(lines)


def test_a_bench_file_with_one_other_value(tmp_path: Path, command: Command) -> None:
    ways = [(key, value) for key in BENCH for value in WRONG]
    random.Random(SEED).shuffle(ways)
    noticed = 0
    for key, value in ways[: COUNT // 2]:
        (tmp_path / "bench.toml").write_text(bench_text(BENCH | {key: value}))
        code, _, err = command("bench", tmp_path / "bench.toml")
        assert code in (0, 1, 2), (key, value)
        assert "Traceback" not in err
        noticed += code == 2
    assert noticed > COUNT / 8
    assert not (tmp_path.parent / "x").exists()


@pytest.mark.parametrize(
    "text", [f"[roots]\ndhf1k = {value}" for value in WRONG] + [f"roots = {value}" for value in WRONG]
)
def test_settings_with_another_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("videosal.toml").write_text(text)
    code, _, err = command("verify", "dhf1k:val")
    assert code == 2
    assert err.startswith("error: ")
    assert err.count("\n") == 1
