"""Kill a run again and again, and check that what comes out is what an undisturbed run gives.

    python tests/benchmark/soak.py --kills 100

Each round starts ``videosal score`` on synthetic data with two workers, kills the parent, one worker or both with
SIGKILL after a random time, and starts it again until it ends by itself. Then ``scores.h5`` must be byte-identical to
the undisturbed run's, and no video whose result had been written may have been scored again.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

VIDEOS, FRAMES, SIZE = 12, 30, (90, 160)
TARGETS = ("parent", "worker", "both")


def make_data(folder: Path) -> tuple[Path, Path]:
    """Write a small DHF1K tree and a folder of predictions for it."""
    generator = np.random.default_rng(0)
    root, maps = folder / "dhf1k", folder / "maps"
    for number in range(601, 601 + VIDEOS):
        places = [root / "annotation" / f"{number:04d}" / part for part in ("maps", "fixation")]
        places.append(maps / f"{number:04d}")
        for place in places:
            place.mkdir(parents=True)
        for index in range(1, FRAMES + 1):
            fixations = (generator.uniform(size=SIZE) < 0.002).astype(np.uint8) * 255
            blurred = [cv2.GaussianBlur(generator.uniform(size=SIZE), (0, 0), 5) for _ in range(2)]
            density, saliency = (np.rint((b - b.min()) / np.ptp(b) * 255).astype(np.uint8) for b in blurred)
            for place, image in zip(places, (density, fixations, saliency), strict=True):
                cv2.imwrite(str(place / f"{index:04d}.png"), image)
    return root, maps


def start(root: Path, maps: Path, out: Path) -> subprocess.Popen[str]:
    """Start one ``videosal score`` in a process group of its own."""
    command = [sys.executable, "-m", "videosal", "score", str(maps), "-d", "dhf1k:val", "--root", str(root)]
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


def written(out: Path) -> dict[str, int]:
    """Return the results that are on disk, with their times."""
    return {file.name: file.stat().st_mtime_ns for file in (out / "videos").glob("*.json")} if out.exists() else {}


def soak(kills: int, seed: int = 0) -> int:
    """Kill `kills` times and return how many runs that took; raise `AssertionError` where anything is lost or mixed."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="videosal-soak-") as scratch:
        folder = Path(scratch)
        root, maps = make_data(folder)
        undisturbed = start(root, maps, folder / "whole")
        began = time.monotonic()
        _, err = undisturbed.communicate()
        assert undisturbed.returncode == 0, err
        span = time.monotonic() - began
        expected = (folder / "whole/scores.h5").read_bytes()
        done = rounds = 0
        while done < kills:
            out = folder / f"round{rounds}"
            rounds += 1
            done += disturb(root, maps, out, span, kills - done, chance)
            assert (out / "scores.h5").read_bytes() == expected, out
    return rounds


def disturb(root: Path, maps: Path, out: Path, span: float, budget: int, chance: random.Random) -> int:
    """Start and kill until a run ends by itself; return how often it was killed."""
    done = 0
    while True:
        before = written(out)
        process = start(root, maps, out)
        if done < min(budget, 5):
            time.sleep(chance.uniform(0.3, 1.1) * span)
            if process.poll() is None:
                kill(process, chance.choice(TARGETS), chance)
                done += 1
        _, err = process.communicate()
        after = written(out)
        assert before.items() <= after.items(), "a finished video was scored again"
        if process.returncode == 0:
            return done
        assert process.returncode in (-signal.SIGKILL, 2), err
        assert "Traceback" not in err, err


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    took = soak(arguments.kills, arguments.seed)
    print(f"{arguments.kills} kills, {took} runs: every result byte-identical, nothing finished was scored again")
