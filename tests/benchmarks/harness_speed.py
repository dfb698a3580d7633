"""Measure the whole path, from files to scores, and write docs/benchmarks/harness.json.

    python tests/benchmarks/harness_speed.py --data /tmp/videosal-speed --videos 100 --frames 600

The data is made once and kept in ``--data``: synthetic densities, fixations and predictions, 640x360, 8-bit PNG. The
files are as large as real ones: a density map of DHF1K has some 5 kB, a fixation map 0.5 to 1 kB, and the map of a
network, scaled up and blurred as its authors do, some 30 kB. A second headline, ``network_maps``, is of the same maps
at the size of a network, 384x224: what most people have on disk, and what is resized to be scored. A video repeats a
few distinct frames as links to the same files, so that making 60,000 frames takes seconds; all files are in the page
cache when they are measured. Every figure is a ratio to something measured in the same run.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from videosal import score, score_each
from videosal.benchmark.runs.provenance import find_commit
from videosal.datasets import draw_negatives, load_dataset
from videosal.datasets.density_grid import add_up
from videosal.datasets.files.images import read_map
from videosal.datasets.pack.packed import pack_dataset
from videosal.metrics import Baseline, imresize, score_frame

SIZE = (360, 640)
NETWORK = (224, 384)
PROTOCOLS = ("standard", "unisal", "stsanet")
DISTINCT = 60  # frames that are really different
OUT = Path(__file__).parents[2] / "docs/benchmarks/harness.json"


def make_data(folder: Path, videos: int, frames: int) -> tuple[Path, Path, Path]:
    """Write a DHF1K tree of validation videos and predictions for it, also of network size, unless it is there."""
    root, maps, small = (folder / f"{kind}-{videos}x{frames}" for kind in ("truth", "full-size", "network-size"))
    if (root / "complete").exists():
        return root, maps, small
    pool = folder / "pool"
    shutil.rmtree(pool, ignore_errors=True)
    pool.mkdir(parents=True)
    generator = np.random.default_rng(0)
    for index in range(DISTINCT):
        fixations = np.zeros(SIZE, np.uint8)
        centre = generator.uniform((90, 160), (270, 480))
        places = np.concatenate(
            [generator.normal(centre, (12, 18), (14, 2)), generator.normal((180, 320), (60, 110), (4, 2))]
        )
        fixations[tuple(np.clip(places, 0, (359, 639)).astype(int).T)] = 255
        density = cv2.GaussianBlur(fixations.astype(np.float64), (0, 0), 7)
        coarse = cv2.resize(density, (128, 96), interpolation=cv2.INTER_AREA)
        coarse = cv2.GaussianBlur(coarse, (0, 0), 5) + generator.normal(0, coarse.max() / 2000, coarse.shape)
        saliency = cv2.GaussianBlur(cv2.resize(coarse, SIZE[::-1], interpolation=cv2.INTER_CUBIC), (5, 5), 0)
        saliency = (saliency - saliency.min()).clip(0)
        network = cv2.resize(saliency, NETWORK[::-1], interpolation=cv2.INTER_AREA)
        kinds = {"maps": density, "fixation": fixations, "saliency": saliency, "network": network}
        for kind, image in kinds.items():
            cv2.imwrite(str(pool / f"{kind}-{index}.png"), np.rint(image / image.max() * 255).astype(np.uint8))
    for number in range(601, 601 + videos):
        places = {
            "maps": root / "annotation" / f"{number:04d}" / "maps",
            "fixation": root / "annotation" / f"{number:04d}" / "fixation",
            "saliency": maps / f"{number:04d}",
            "network": small / f"{number:04d}",
        }
        for kind, place in places.items():
            place.mkdir(parents=True, exist_ok=True)
            for frame in range(1, frames + 1):
                os.link(pool / f"{kind}-{(frame * 7 + number) % DISTINCT}.png", place / f"{frame:04d}.png")
    (root / "complete").touch()
    return root, maps, small


def timed_score(root: Path, maps: Path, out: Path, workers: int, metrics: list[str] | None = None) -> dict[str, float]:
    """Score in a process of its own; return seconds of wall and CPU and the peak memory of its largest process."""
    code = (
        "import sys, time, resource, videosal\n"
        "if __name__ == '__main__':\n"
        f"    run = videosal.score({str(maps)!r}, 'dhf1k:val', {str(root)!r}, out={str(out)!r}, workers={workers},"
        f" metrics={metrics!r})\n"
        "    usages = [resource.getrusage(kind) for kind in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]\n"
        "    cpu = sum(u.ru_utime + u.ru_stime for u in usages)\n"
        # The maximum of getrusage counts what the process was before it ran this script: a copy of its parent.
        "    own = next(int(line.split()[1]) for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "    print(cpu, max(own, usages[1].ru_maxrss) / 1024)\n"
    )
    script = out.with_suffix(".py")
    script.write_text(code)
    shutil.rmtree(out, ignore_errors=True)
    began = time.perf_counter()
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    wall = time.perf_counter() - began
    cpu, memory = map(float, done.stdout.split())
    return {"wall_s": wall, "cpu_s": cpu, "peak_mb": memory}


def bare_loop(root: Path, maps: Path, limit: int) -> tuple[float, float]:
    """CPU seconds per frame of reading the three files alone, and of a script that computes the same scores.

    The script knows which files belong together, and does no more than the scores need: per video the baseline of
    information gain and the negatives of shuffled AUC, per frame three files and `score_frame`.
    """
    dataset = load_dataset("dhf1k:val", root)
    frames = sum(len(video.frame_names) for video in dataset)
    videos = dataset[: max(1, limit * len(dataset) // frames)]
    scored = sum(len(video.frame_names) for video in videos)
    spent = []
    for scoring in (False, True, False, True):
        began = time.process_time()
        total = add_up(video.mean_density() for video in videos) if scoring else np.zeros((90, 160))
        for video in videos:
            truth = root / "annotation" / video.name
            others = draw_negatives(dataset, video).points if scoring else None
            baseline = Baseline(np.clip(imresize(total, SIZE), 0, None))  # measured once for all frames
            for frame in video.frame_names:
                name = f"{frame}.png"
                files = (maps / video.name / name, truth / "maps" / name, truth / "fixation" / name)
                saliency, density, fixations = (read_map(file) for file in files)
                if scoring:
                    score_frame(saliency, density, fixations, other_fixations=others, baseline=baseline)
        spent.append((time.process_time() - began) / scored)
    return min(spent[0::2]), min(spent[1::2])


def paper_loop(root: Path, maps: Path, limit: int) -> float:
    """CPU seconds per frame of the plain NumPy loop that papers use: the MIT code, vectorised, reading included.

    Maps of another size are resized by OpenCV's bicubic.
    """
    specification = importlib.util.spec_from_file_location("mit_port", Path(__file__).with_name("mit_port.py"))
    assert specification is not None
    assert specification.loader is not None
    port: Any = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(port)
    video = sorted(maps.iterdir())[0]
    truth = root / "annotation" / video.name
    others = cv2.imread(str(truth / "fixation/0002.png"), cv2.IMREAD_UNCHANGED) > 0
    baseline = cv2.imread(str(truth / "maps/0003.png"), cv2.IMREAD_UNCHANGED)
    files = sorted(video.iterdir())[:limit]
    began = time.process_time()
    for file in files:
        images = [
            cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
            for path in (file, truth / "maps" / file.name, truth / "fixation" / file.name)
        ]
        if images[0].shape != SIZE:
            images[0] = cv2.resize(images[0], SIZE[::-1], interpolation=cv2.INTER_CUBIC)
        port.score_frame(images[0], images[1], images[2] > 0, others, baseline, np.random.default_rng(0))
    return (time.process_time() - began) / len(files)


def memory_curve(folder: Path, lengths: list[int]) -> dict[int, float]:
    """Peak memory in MB of scoring one video of each length."""
    curve = {}
    for length in lengths:
        root, maps, _ = make_data(folder, 1, length)
        curve[length] = timed_score(root, maps, folder / "memory", 1, ["cc", "auc_judd"])["peak_mb"]
    return curve


def network_maps(root: Path, small: Path, out: Path, total: int, full: float) -> dict[str, Any]:
    """Score the maps of network size by one worker, beside `full`, CPU seconds a frame of maps of full size."""
    one = timed_score(root, small, out, 1)
    spent, paper = one["cpu_s"] / total, paper_loop(root, small, 600)
    return {
        "size": f"{NETWORK[1]}x{NETWORK[0]}",
        "one_worker": one | {"frames_per_s": total / one["wall_s"]},
        "paper_loop_ms": paper * 1e3,
        "videosal_ms": spent * 1e3,
        "speedup_over_paper_loop": paper / spent,
        "ratio_to_full_size": spent / full,
    }


def several_protocols(folder: Path, rounds: int = 3) -> dict[str, Any]:
    """CPU milliseconds a frame of whole runs under each protocol and under all in one call, the least of all rounds.

    Of maps of network size the protocols share what is read, but not what is resized by different rules.
    """
    root, full, small = make_data(folder, 2, 300)
    found: dict[str, Any] = {"protocols": PROTOCOLS, "frames": 600, "rounds": rounds}
    for size, maps in (("640x360", full), (f"{NETWORK[1]}x{NETWORK[0]}", small)):
        ways: dict[str, Any] = {
            name: lambda out, name=name, maps=maps: score(
                maps, "dhf1k:val", root, protocol=name, out=out, existing="overwrite"
            )
            for name in PROTOCOLS
        }
        ways["together"] = lambda out, maps=maps: score_each(
            maps, "dhf1k:val", root, protocols=PROTOCOLS, out=out, existing="overwrite"
        )
        spent: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, carry_out in ways.items():
                began = time.process_time()
                carry_out(folder / "several" / way)
                spent[way].append((time.process_time() - began) / 600 * 1e3)
        best = {way: min(taken) for way, taken in spent.items()}
        dearest = max(best[name] for name in PROTOCOLS)
        found[size] = {"ms": best, "together_over_dearest": best["together"] / dearest}
    return found


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--videos", type=int, default=100)
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    folder: Path = arguments.data
    root, maps, small = make_data(folder, arguments.videos, arguments.frames)
    total = arguments.videos * arguments.frames
    few, *maps_of_few = make_data(folder, 1, 200)
    for kind in maps_of_few:
        score(kind, "dhf1k:val", few, out=folder / "warm", existing="overwrite")  # compiles the kernels
    one, two = (timed_score(root, maps, folder / f"run{workers}", workers) for workers in (1, 2))
    pack = folder / f"{root.name}.h5"
    pack_dataset(load_dataset("dhf1k:val", root), pack)
    packed = timed_score(pack, maps, folder / "runp", 1)
    same = (folder / "run1/scores.h5").read_bytes() == (folder / "run2/scores.h5").read_bytes()
    same_pack = (folder / "run1/scores.h5").read_bytes() == (folder / "runp/scores.h5").read_bytes()
    reading, loop = bare_loop(root, maps, min(total, 2000))
    paper = paper_loop(root, maps, 600)
    result = {
        "frames": total,
        "machine": {"cores": os.cpu_count(), "processor": _processor()},
        "commit": find_commit(Path(__file__).parent),
        "one_worker": one | {"frames_per_s": total / one["wall_s"]},
        "two_workers": two | {"frames_per_s": total / two["wall_s"]},
        "packed": packed | {"frames_per_s": total / packed["wall_s"]},
        "scaling_2_workers": one["wall_s"] / two["wall_s"],
        "pack_speedup": one["wall_s"] / packed["wall_s"],
        "share_of_reading": reading / loop,
        "harness_overhead": one["cpu_s"] / total / loop - 1,
        "paper_loop_ms": paper * 1e3,
        "videosal_ms": one["cpu_s"] / total * 1e3,
        "speedup_over_paper_loop": paper / (one["cpu_s"] / total),
        "network_maps": network_maps(root, small, folder / "runn", total, one["cpu_s"] / total),
        "several_protocols": several_protocols(folder),
        "same_bytes_2_workers": same,
        "same_bytes_pack": same_pack,
        "peak_mb_by_length": memory_curve(folder, [200, 2000, 20000]),
        "peak_mb_this_process": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


if __name__ == "__main__":
    main()
