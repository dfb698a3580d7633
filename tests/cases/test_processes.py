"""Workers: of a script from standard input, and where the memory that they share is small."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.cases.conftest import REPOSITORY, mounted, run_apart

if TYPE_CHECKING:
    from tests.cases.conftest import Case


def test_a_script_from_standard_input_cannot_start_workers(case: Case) -> None:
    folder = case("script-from-stdin")
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    for arguments, source in ((["score.py"], None), (["-"], (folder / "score.py").read_text())):
        done = subprocess.run(
            [sys.executable, *arguments], input=source, env=environment, capture_output=True, text=True, check=False
        )
        if source is None:
            assert done.stdout == "(8, 5)\n", done.stderr
        else:
            text = "a script from standard input cannot start workers: save it as a file, or take workers=1"
            assert done.stderr.splitlines()[-1] == f"videosal.errors.InputError: {text}"


def test_training_with_small_shared_memory(case: Case) -> None:
    folder = case("train-small-shm")
    source = (folder.parent / "_base/net.py").read_text().replace("length=8, target=7", "length=32, target=15")
    (folder / "out/net32.py").write_text(source.replace("(8, 1, 1)", "(32, 1, 1)"))
    small = mounted("mount -t tmpfs -o size=64m tmpfs /dev/shm")
    settings = "--epochs 1 --workers 2 --batch 3 --device cpu --input-size 384x224"
    [said] = run_apart([f"train out/net32.py:net -d dhf1k --root copy --out out/tr {settings}"], before=small)
    assert said.code == 2
    assert said.err.splitlines()[-1] == (
        "error: /dev/shm has 67 MB free, a batch of 3 clips takes 100 MB, and 2 workers keep 5 there: "
        "start the container with --shm-size 1g, or give fewer --workers, or --workers 0"
    )
    assert not (folder / "out/tr").exists()
