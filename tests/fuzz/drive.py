"""Damage files of every kind and see what reading them comes to: ``python -m tests.fuzz.drive --cases 10000``.

Cases are read in a child that is started again when it dies. The code under test may be another copy (``--code``).
"""

from __future__ import annotations

import argparse
import json
import os
import select
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fuzz.mutations import mutate

SECONDS = 20.0  # a case may take, on a busy machine
IMPORTS = 160.0  # and the first of its kind in a process, which may import torch
BYTES = 1 << 30  # a case may add to memory
ROOT = Path(__file__).parents[2]

# What may come of a case. Other numbers are no fault of ours where a format keeps nothing to check them by.
GOOD = ("same", "refused", "fewer", "other")
BAD = ("wrong", "unnamed", "traceback", "noise", "slow", "memory", "died")
# Kinds whose content carries checksums: other numbers are wrong numbers. TIFF has some for strips, and none for tags.
CHECKED = (
    *("png-grey", "png-colour", "png-16-bit", "png-opacity", "png-palette", "zip-", "tar-gz", "tar-bz2", "tar-xz"),
    *("mat-5-packed", "stack-mat-5-packed", "pth", "npz", "pack", "xlsx"),
)


class Child:
    """The process that reads."""

    def __init__(self, code: Path, noise: Path) -> None:
        self._code, self._noise = code, noise
        self._process: subprocess.Popen[str] | None = None
        self._asked: set[str] = set()

    def ask(self, kind: str, path: Path) -> dict[str, Any]:
        """Have a file read; where the process dies or hangs, say so, and start another one next time."""
        if self._process is None or self._process.poll() is not None:
            with self._noise.open("a") as noise:
                self._process = start(self._code, noise)
            self._asked.clear()
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"kind": kind, "path": str(path)}) + "\n")
        process.stdin.flush()
        limit = SECONDS if kind in self._asked else IMPORTS
        self._asked.add(kind)
        if not select.select([process.stdout], [], [], limit)[0]:
            self.close()
            return {"slow": True}
        line = process.stdout.readline()
        if not line:
            code = process.wait()
            self.close()
            return {"died": code}
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            for pipe in (self._process.stdin, self._process.stdout):
                assert pipe is not None
                pipe.close()
            self._process.wait()
            self._process = None


def start(code: Path, noise: Any, *arguments: str) -> subprocess.Popen[str]:
    """Start a child that imports videosal from `code` and the cases from here."""
    paths = os.pathsep.join([str(code), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", "from tests.fuzz.child import main; main()", *arguments]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=noise,
        text=True,
        env=environment,
        cwd=noise_dir(),
    )


def noise_dir() -> str:
    """Return a folder that holds no code."""
    return tempfile.gettempdir()


@dataclass(slots=True)
class Report:
    """What came of the cases.

    Attributes
    ----------
    counts : dict of str to Counter
        By kind of file.
    faults : list of str
        Each bad case in a line, with what makes it again.
    """

    counts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    faults: list[str] = field(default_factory=list)

    def table(self) -> str:
        """Lay the counts out, a row per kind of file."""
        columns = [name for name in (*GOOD, *BAD) if any(name in counts for counts in self.counts.values())]
        rows = [["kind", *columns], *([kind, *(str(c[name]) for name in columns)] for kind, c in self.counts.items())]
        total = sum(self.counts.values(), Counter())
        rows.append(["all", *(str(total[name]) for name in columns)])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def run(
    folder: Path, cases: int, *, seed: int = 0, code: Path = ROOT, only: str = "", keep: Path | None = None
) -> Report:
    """Read `cases` damaged files, spread over all kinds.

    Parameters
    ----------
    folder : Path
        For the files; empty.
    cases, seed : int
        How many, and of which draw.
    code : Path
        The copy of videosal to test.
    only : str
        Take the kinds that begin so.
    keep : Path, optional
        Folder for the files of bad cases.
    """
    noise = folder / "noise.txt"
    with noise.open("w") as stream:
        maker = start(code, stream, "seeds", str(folder / "whole"))
        made = json.loads(maker.communicate()[0])
    kinds = [kind for kind in made if kind.startswith(only)]
    child, report = Child(code, noise), Report()
    whole = {kind: child.ask(kind, folder / "whole" / made[kind]) for kind in kinds}
    for kind, answer in whole.items():
        assert "content" in answer, (kind, answer)
    for number in range(cases):
        kind = kinds[number % len(kinds)]
        original = folder / "whole" / made[kind]
        data = original.read_bytes()
        damaged = mutate(data, (seed, number))
        if damaged == data:
            continue
        file = folder / "damaged" / original.name
        file.parent.mkdir(exist_ok=True)
        file.unlink(missing_ok=True)  # files that are open stay as they are
        file.write_bytes(damaged)
        answer = child.ask(kind, file)
        verdict = judge(kind, answer, whole[kind]["content"])
        report.counts[kind][verdict] += 1
        if verdict in BAD:
            report.faults.append(f"{verdict} {kind} seed {seed} case {number}: {_tell(answer)}")
            if keep:
                keep.mkdir(exist_ok=True, parents=True)
                (keep / f"{verdict}-{kind}-{seed}-{number}{file.suffix}").write_bytes(damaged)
        file.unlink()
    child.close()
    return report


def judge(kind: str, answer: dict[str, Any], whole: dict[str, str]) -> str:
    """Name what came of a case."""
    for verdict in ("died", "slow", "traceback"):
        if verdict in answer:
            return verdict
    if answer["memory"] > BYTES:
        return "memory"
    if answer["noise"] > 0:
        return "noise"
    if "refused" in answer:
        return "refused" if answer["named"] else "unnamed"
    content = answer["content"]
    if any(content[name] != value for name, value in whole.items() if name in content):
        return "wrong" if kind.startswith(CHECKED) else "other"
    return "same" if content == whole else "fewer" if content.keys() <= whole.keys() else "other"


def _tell(answer: dict[str, Any]) -> str:
    text = answer.get("traceback") or answer.get("refused") or answer.get("died") or ""
    return f"{text} ({answer.get('memory', 0) >> 20} MB, {answer.get('seconds', SECONDS):.1f} s)"


def main() -> None:
    """Run as many cases as asked for; exit code 1 where one of them is bad."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--code", type=Path, default=ROOT)
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = run(
            Path(folder), given.cases, seed=given.seed, code=given.code.resolve(), only=given.only, keep=given.keep
        )
    print(*report.faults, report.table(), sep="\n")
    sys.exit(bool(report.faults))


if __name__ == "__main__":
    main()
