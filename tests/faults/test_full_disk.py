"""A disk that is full or cannot be written: one line, no crash, nothing left behind, and the same again goes on."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from videosal import merge_runs, score
from videosal.datasets import load_dataset
from videosal.datasets.pack.packed import pack_dataset
from videosal.errors import RunError

if TYPE_CHECKING:
    from tests.conftest import MapMaker, TreeMaker

resource = pytest.importorskip("resource", reason="no limits to set")

# Does WORK with files that may not grow beyond each of LIMITS, as on a disk that is nearly full, and then without.
CHILD = """
import json, resource, signal, sys
from pathlib import Path
import videosal
from videosal.datasets.pack.packed import pack_dataset
from videosal.leaderboards import Leaderboard, write_report
from videosal.cli.export import command as export
from videosal.metrics import warm_up
from videosal.disk.whole_file import write_whole_text

warm_up()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
given = json.loads(sys.argv[1])
maps, root, out = given["maps"], given["root"], Path(given["out"])
data = videosal.load_dataset("dhf1k:val", root)
work = {
    "score": lambda: videosal.score(maps, "dhf1k:val", root, out=out / "new"),
    "merge": lambda: videosal.merge_runs(given["parts"], out / "new"),
    "pack": lambda: pack_dataset(data, out / "new.h5"),
    "report": lambda: write_report([given["run"]], out / "new.html", n_frames=0),
    "csv": lambda: export.callback(given["run"], "csv", str(out / "new.csv")),
}[given["work"]]
for limit in [*given["limits"], resource.RLIM_INFINITY]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        work()
        said = ""
    except videosal.VideosalError as error:
        said = str(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    left = [str(file.relative_to(out)) for file in out.rglob("*") if file.is_file()]
    print(json.dumps([limit, said, left]), flush=True)
"""


@pytest.fixture
def given(dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path) -> dict[str, Any]:
    root = dhf1k_tree((601, 602, 603))
    maps = prediction_folder(load_dataset("dhf1k:val", root))
    whole = score(maps, "dhf1k:val", root, out=tmp_path / "whole").path
    parts = [score(maps, "dhf1k:val", root, shard=f"{at}/2", out=tmp_path / f"part-{at}").path for at in (1, 2)]
    (tmp_path / "out").mkdir()
    paths = {"maps": maps, "root": root, "run": whole, "out": tmp_path / "out"}
    return {**{key: str(path) for key, path in paths.items()}, "parts": [str(part) for part in parts]}


@pytest.mark.parametrize("work", ["score", "merge", "pack", "report", "csv"])
def test_files_that_cannot_grow_are_one_line_and_the_same_again_goes_on(given: dict[str, Any], work: str) -> None:
    limits = [0, 700, 2000, 5000, 9000]  # some below every file, some between one file and the next
    asked = json.dumps({**given, "work": work, "limits": limits})
    done = subprocess.run(
        [sys.executable, "-c", CHILD, asked], capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    results = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    assert len(results) == len(limits) + 1
    assert sum(bool(said) for _, said, _ in results) >= 2
    for _, said, left in results:
        assert not said or (said.startswith(("cannot write ", "cannot make ")) and "File too large" in said)
        assert "\n" not in said
        assert not [name for name in left if name.endswith((".tmp", ".part"))]
        if said and work != "score":  # results that are whole stay, and the run goes on from them
            assert left == []
    _, said, left = results[-1]
    assert said == ""
    assert left
    if work in ("score", "merge"):
        again, whole = (Path(given[key]) / name for key, name in (("out", "new/scores.h5"), ("run", "scores.h5")))
        assert again.read_bytes() == whole.read_bytes()


def _can_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    tried = ["unshare", "-m", "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "/mnt"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _can_mount(), reason="no right to mount a small disk")
@pytest.mark.parametrize("work", ["score", "merge", "pack"])
@pytest.mark.parametrize("options", ["size=24k", "size=44k", "ro"])
def test_a_small_or_read_only_disk(given: dict[str, Any], work: str, options: str) -> None:
    asked = json.dumps({**given, "work": work, "limits": []})
    mount = f"mount -t tmpfs -o {options} tmpfs {given['out']}"
    script = f'{mount} && exec "$0" -c "$1" "$2"'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, sys.executable, CHILD, asked],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    ((_, said, left),) = (json.loads(line) for line in done.stdout.splitlines() if line.startswith("["))
    assert said.startswith(("cannot write ", "cannot make ")) or (options == "size=44k" and not said)
    assert "\n" not in said
    assert not [name for name in left if name.endswith((".tmp", ".part"))]


def test_merge_can_be_repeated_after_it_was_killed(given: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "out/new"
    (out / "videos").mkdir(parents=True)
    for name in (".lock", "videos/0601.json", ".run.json.17.tmp"):  # as a kill leaves it
        (out / name).write_text("half")
    merge_runs(given["parts"], out)
    assert (out / "scores.h5").read_bytes() == (Path(given["run"]) / "scores.h5").read_bytes()
    with pytest.raises(RunError, match="is in use: choose another --out"):
        merge_runs(given["parts"], out)


def test_merge_into_what_is_something_else_is_refused(given: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "out/mine.txt").write_text("mine")
    for out in (tmp_path / "out", tmp_path / "out/mine.txt", given["run"]):
        with pytest.raises(RunError, match="is in use: choose another --out"):
            merge_runs(given["parts"], out)
    assert (tmp_path / "out/mine.txt").read_text() == "mine"


def test_a_pack_is_not_replaced_by_half_of_another(
    given: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = load_dataset("dhf1k:val", given["root"])
    pack_dataset(data, tmp_path / "pack.h5")
    before = (tmp_path / "pack.h5").read_bytes()

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pack_dataset(data, tmp_path / "pack.h5", stop)
    assert (tmp_path / "pack.h5").read_bytes() == before
    assert not list(tmp_path.glob(".*"))
