"""Kill a run again and again, and check that what comes out is what an undisturbed run gives.

    python tests/benchmark/soak.py --kills 100

Each round starts ``videosal score`` on synthetic data with two workers, kills the parent, one worker or both with
SIGKILL after a random time, and starts it again until it ends by itself: first with some metrics, then with more of
them added, then with the maps of another model (``--existing overwrite``), then with some maps of that model edited.
Each time ``scores.h5`` must be byte-identical to the undisturbed run's, no video whose result had been written may be
scored again, and whatever a kill leaves must read as incomplete, or as the whole result.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from videosal.benchmark import load_run
from videosal.errors import RunError

VIDEOS, FRAMES, SIZE = 12, 30, (90, 160)
TARGETS = ("parent", "worker", "both")


def make_data(folder: Path) -> tuple[Path, dict[str, Path]]:
    """Write a small DHF1K tree and three folders of predictions for it: of two models, and of the second one edited."""
    generator = np.random.default_rng(0)
    root, maps = folder / "dhf1k", {name: folder / name / "maps" for name in ("first", "second")}
    for number in range(601, 601 + VIDEOS):
        places = [root / "annotation" / f"{number:04d}" / part for part in ("maps", "fixation")]
        places += [made / f"{number:04d}" for made in maps.values()]
        for place in places:
            place.mkdir(parents=True)
        for index in range(1, FRAMES + 1):
            fixations = (generator.uniform(size=SIZE) < 0.002).astype(np.uint8) * 255
            blurred = [cv2.GaussianBlur(generator.uniform(size=SIZE), (0, 0), 5) for _ in range(3)]
            density, *saliency = (np.rint((b - b.min()) / np.ptp(b) * 255).astype(np.uint8) for b in blurred)
            for place, image in zip(places, (density, fixations, *saliency), strict=True):
                cv2.imwrite(str(place / f"{index:04d}.png"), image)
    return root, maps


def edit(maps: Path) -> None:
    """Change one map of every third video."""
    for number in range(601, 601 + VIDEOS, 3):
        file = maps / f"{number:04d}" / "0001.png"
        cv2.imwrite(str(file), 255 - cv2.imread(str(file), cv2.IMREAD_UNCHANGED))


@dataclass(frozen=True)
class Phase:
    """What is asked of a run directory, and how the undisturbed answer looks."""

    options: tuple[str, ...]
    expected: Path

    @property
    def scores(self) -> bytes:
        return (self.expected / "scores.h5").read_bytes()


def start(root: Path, out: Path, options: tuple[str, ...]) -> subprocess.Popen[str]:
    """Start one ``videosal score`` in a process group of its own."""
    command = [sys.executable, "-m", "videosal", "score", *options, "-d", "dhf1k:val", "--root", str(root)]
    command += ["--out", str(out), "--workers", "2"]
    return subprocess.Popen(
        command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def children(pid: int) -> list[int]:
    """Return the worker processes of a parent."""
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    return [int(row[0]) for row in rows if int(row[1]) == pid and "spawn_main" in row[2]]


def kill(process: subprocess.Popen[str], target: str, chance: random.Random) -> None:
    """Send SIGKILL to the parent, to one of its workers, or to both."""
    workers = children(process.pid)
    victims = [chance.choice(workers)] if workers and target != "parent" else []
    if target != "worker":
        victims.append(process.pid)
    for victim in victims:
        with contextlib.suppress(ProcessLookupError):  # it has ended by itself
            os.kill(victim, signal.SIGKILL)


def written(out: Path, phase: Phase) -> dict[str, int]:
    """Return the results on disk that are those of a phase, with their times."""
    return {
        file.name: file.stat().st_mtime_ns
        for file in (out / "videos").glob("*.json")
        if file.read_bytes() == (phase.expected / "videos" / file.name).read_bytes()
    }


def check_honest(out: Path, wholes: list[Path]) -> None:
    """Check that what a kill left reads as incomplete, or as one of the whole results, before or after."""
    try:
        left = load_run(out)
    except RunError:  # nothing is scored yet
        return
    same = any(left.frames.equals(load_run(whole).frames) for whole in wholes)
    assert not left.complete or same, "a mixed run reads as complete"


def soak(kills: int, seed: int = 0) -> int:
    """Kill `kills` times and return how many runs that took; raise `AssertionError` where anything is lost or mixed."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="videosal-soak-") as scratch:
        folder = Path(scratch)
        done = rounds = 0
        while done < kills:
            round_folder = folder / f"round{rounds}"
            root, maps = make_data(round_folder)
            rounds += 1
            done += soak_round(root, maps, round_folder, kills - done, chance)
            shutil.rmtree(round_folder)
    return rounds


def soak_round(root: Path, maps: dict[str, Path], folder: Path, budget: int, chance: random.Random) -> int:
    """Take one run directory through all phases; return how often it was killed."""
    some, first, second = ("--metrics", "cc,sauc"), (str(maps["first"]),), (str(maps["second"]),)
    phases = [(first + some, None), (first, None), ((*second, "--existing", "overwrite"), None), (second, edit)]
    done = 0
    for number, (options, change) in enumerate(phases):
        if change:
            change(maps["second"])
        phase = Phase(options, folder / f"whole{number}")
        began = time.monotonic()
        undisturbed = start(root, phase.expected, options)
        _, err = undisturbed.communicate()
        assert undisturbed.returncode == 0, err
        done += disturb(root, folder / "run", phase, time.monotonic() - began, budget - done, chance)
        assert (folder / "run/scores.h5").read_bytes() == phase.scores, phase
    return done


def disturb(root: Path, out: Path, phase: Phase, span: float, budget: int, chance: random.Random) -> int:
    """Start and kill until a run ends by itself; return how often it was killed."""
    done, options = 0, phase.options
    while True:
        before = written(out, phase)
        process = start(root, out, options)
        if done < min(budget, 5):
            time.sleep(chance.uniform(0.3, 1.1) * span)
            if process.poll() is None:
                kill(process, chance.choice(TARGETS), chance)
                done += 1
        _, err = process.communicate()
        if process.returncode == 0:
            assert before.items() <= written(out, phase).items(), "a finished video was scored again"
            return done
        assert process.returncode in (-signal.SIGKILL, 2), err
        assert "Traceback" not in err, err
        check_honest(out, sorted(phase.expected.parent.glob("whole*")))
        if (out / "run.json").exists() and written(out, phase):  # it has begun: from here on it goes on
            options = tuple(option for option in options if option not in ("--existing", "overwrite"))
            assert before.items() <= written(out, phase).items(), "a finished video was scored again"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    took = soak(arguments.kills, arguments.seed)
    print(f"{arguments.kills} kills, {took} runs: every result byte-identical, nothing finished was scored again")
