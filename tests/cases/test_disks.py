"""Disks that are full, read-only, without locks, or not for everyone.

Each case runs as its README has it where this user may mount or give up rights, and in a form that needs neither.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.cases.conftest import BASE, SCORE, mounted, run_apart
from videosal.benchmark.maps.saved_maps import save_map
from videosal.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cases.conftest import Case, Videosal

CC = {"CC": BASE["CC"]}  # one metric will do: what counts is that it is scored
PACK = "pack dhf1k:val --root ../_base/copy --out"


@contextmanager
def small_files(limit: int) -> Iterator[None]:
    """Let no file of this process grow beyond a number of bytes: what a full disk is, without a disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk(case: Case, tmp_path: Path) -> None:
    case("full-disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    said = run_apart(
        [
            f"{PACK} {disk}/p.h5",
            f"!test -z $(ls -A {disk}) && head -c 6000 /dev/zero > {disk}/f",
            f"score ../_base/maps {SCORE} --metrics cc",
            f"figure out/x --out {disk}/f.pdf",
            f"predict center ../_base/copy/annotation/0601/images --out {disk}/p",
            f"score ../_base/maps -d dhf1k:val --root ../_base/copy --out {disk}/run --metrics cc",
            f"!mount -o remount,ro,size=1m {disk}",
            f"{PACK} {disk}/p.h5",
        ],
        before=mounted(f"mount -t tmpfs -o size=8k tmpfs {disk}"),
    )
    full = "No space left on device"
    assert said[0].fails(f"cannot write {disk}/p.h5 ({full})")
    assert said[1].agrees(CC)
    assert said[2].fails(f"cannot write {disk}/f.pdf ({full})")
    assert said[3].fails(f"({full}")
    assert said[4].fails(f"({full})")
    assert said[5].fails(f"cannot write {disk}/p.h5 (Read-only file system)")


def test_files_that_cannot_grow(case: Case, videosal: Videosal) -> None:
    folder = case("full-disk")
    assert videosal(f"score ../_base/maps {SCORE} --metrics cc").agrees(CC)
    said = {}
    with small_files(7000):
        said["out/p.h5"] = videosal(f"{PACK} out/p.h5")
        said["out/f.pdf"] = videosal("figure out/x --out out/f.pdf")
        said["out/y/scores.h5"] = videosal(
            "score ../_base/maps -d dhf1k:val --root ../_base/copy --out out/y --metrics cc"
        )
        said["out/r.html"] = videosal("report out/x --out out/r.html")
    for file, answer in said.items():
        assert answer.fails(f"cannot write {file} (File too large)"), answer
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["x", "y"]


def test_a_map_that_finds_no_room_is_an_error_and_no_empty_file(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (80, 80)).astype(np.uint8)
    for saliency, name in ((noise, "1.png"), (noise.astype(np.float64), "1.npy")):
        with small_files(2000), pytest.raises(RunError, match=f"cannot write .*{name}"):
            save_map(tmp_path, "1", saliency)
    assert not list(tmp_path.iterdir())


def test_a_disk_without_locks(case: Case, cases: Path, videosal: Videosal) -> None:
    folder = case("no-locks")
    if not shutil.which("gcc"):
        pytest.skip("the library that refuses locks needs gcc")
    subprocess.run(["gcc", "-shared", "-fPIC", folder / "nolock.c", "-o", folder / "out/nolock.so", "-ldl"], check=True)
    earlier = "score ../_base/maps -d dhf1k:val --root ../_base/copy --out out/z --metrics cc"
    assert videosal(earlier).agrees(CC)  # with locks, of which an empty file stays
    fresh, stack, pack, *again = run_apart(
        [
            "LOCKERR=37",  # ENOLCK
            f"score ../_base/maps {SCORE} --metrics cc",
            f"score {cases}/axis-order-stacks/dstack_h5 -d dhf1k:val --root ../_base/copy --out out/y --metrics cc",
            f"{PACK} out/l.h5",
            earlier,
            "LOCKERR=95",  # EOPNOTSUPP
            earlier,
            "LOCKERR=38",  # ENOSYS
            earlier,
        ],
        env={"LD_PRELOAD": str(folder / "out/nolock.so")},
    )
    assert fresh.agrees(CC)
    assert fresh.err.startswith("warning: the disk of out/x has no locks (No locks available): let no other process")
    assert stack.figures["CC"] == 0.6004
    assert (pack.code, pack.err) == (0, "")
    for said in again:
        assert said.agrees(CC)
        assert said.err.startswith("warning: the disk of out/z has no locks")


AS_USER = ["setpriv", *(f"--{kind}=-dac_override,-dac_read_search" for kind in ("inh-caps", "bounding-set"))]


def test_folders_that_may_not_be_entered(case: Case) -> None:
    folder = case("permission-denied")
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("root may enter every folder, and setpriv is not here")
    private, copy = folder / "out/priv", folder / "out/pgt"
    shutil.copytree("../_base", private / "in")
    shutil.copytree("../_base/copy", copy)
    private.chmod(0)
    (copy / "annotation/0601").chmod(0)
    score = "-d dhf1k:val --root ../_base/copy --out out/x --existing overwrite"
    said = run_apart(
        [
            f"score out/priv/in/maps {score}",
            "verify dhf1k:val --root out/priv/in/copy",
            "predict center out/priv/in/copy/annotation/0601/images --out out/p",
            "table out/priv/in/run",
            f"run out/priv/in/m.py:M {score}",
            "score ../_base/maps -d dhf1k:val --root out/pgt --out out/x --existing overwrite",
            "verify dhf1k:val --root out/pgt",
        ],
        before=AS_USER if os.geteuid() == 0 else [],
    )
    private.chmod(0o755)
    (copy / "annotation/0601").chmod(0o755)
    for answer in said:
        assert answer.fails("(Permission denied)"), answer
    paths = ["priv/in/maps", "priv/in/copy", "annotation/0601/images", "priv/in/run", "priv/in/m.py"]
    for answer, path in zip(said, [*paths, "out/pgt/annotation/0601", "out/pgt/annotation/0601"], strict=True):
        assert f"{path}" in answer.err


def test_names_that_the_disk_refuses(case: Case, videosal: Videosal) -> None:
    case("permission-denied")
    long = "x" * 300
    assert videosal(f"score {long} -d dhf1k:val --root ../_base/copy").fails("File name too long")
    for _ in range(2):  # without and with a folder runs/
        said = videosal(f"score ../_base/maps --name {long} -d dhf1k:val --root ../_base/copy --existing overwrite")
        assert said.agrees(BASE)  # the run directory has a name that every disk takes
        [run] = Path("runs").iterdir()
        assert 100 < len(run.name) < 255
