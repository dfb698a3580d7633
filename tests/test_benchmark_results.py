from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from videosal.metrics import list_protocols, score_frame

REPOSITORY = Path(__file__).parents[1]
SIZES = ("640x360", "1280x720")
FIXATIONS = (80, 250)
MOVED = ("stavis-diem", "vinet", "vinet-v2", "salema", "msu")  # blurred, halved or letterboxed
COMPARISONS = {
    "eight metrics / numpy.sum of one map": (4, "at most"),
    "reading and eight metrics / reading three files with OpenCV": (1.2, "at most"),
    "reading and the MIT code in NumPy / reading and eight metrics": (8, "at least"),
    "reading and the MIT code in NumPy, sorting / reading and eight metrics": (6, "at least"),
    "eight metrics, float32 / eight metrics, uint8": (12, "at most"),
    "imresize / OpenCV's bicubic, float32": (3, "at most"),
    "eight metrics, 384x224 / eight metrics, same size": (6.84, "at most"),
    "eight metrics, float32 / eight metrics, 384x224": (1.3, "at most"),
    "salicon, its default metrics, 384x224 / standard, resized": (2, "at most"),
    "standard, stsanet and unisal at once / the dearest alone": (1.5, "at most"),
    **{
        f"{name}, its default metrics / standard{', resized' if name in MOVED else ''}": (2, "at most")
        for name in list_protocols()[1:]
    },
}
PROCESSES = {"first score with a warm cache": (1, "at most"), "videosal --help": (0.1, "at most")}


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((REPOSITORY / "docs" / "benchmarks" / "metrics.json").read_text())
    return content


def test_says_where_and_of_what_it_was_measured(results: dict[str, Any]) -> None:
    keys = {"schema", "measured", "commit", "machine", "versions", "method", "results", "throughput"}
    assert set(results) == keys
    assert results["schema"] == 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", results["measured"])
    assert re.fullmatch(r"[0-9a-f]{40}(-dirty)?", results["commit"])
    machine = results["machine"]
    assert set(machine) == {"processor", "cores", "load", "system"}  # and no name of the host
    assert machine["processor"]
    assert machine["cores"] >= 1
    packages = {"python", "videosal", "numpy", "numba", "opencv-python-headless", "scipy", "torch"}
    assert set(results["versions"]) == packages
    assert all(re.match(r"\d+\.\d+", version) for version in results["versions"].values())


def test_holds_every_comparison_once_with_its_goal(results: dict[str, Any]) -> None:
    found = [(r["what"], r["size"], r["fixations"]) for r in results["results"]]
    wanted: list[tuple[str, str | None, int | None]] = [
        (what, size, n) for what in COMPARISONS for size in SIZES for n in FIXATIONS
    ]
    wanted += [(what, None, None) for what in PROCESSES]
    assert sorted(map(str, found)) == sorted(map(str, wanted))
    for result in results["results"]:
        goals = COMPARISONS | PROCESSES
        assert (result["goal"], result["sense"]) == goals[result["what"]]


def test_values_follow_from_the_times_and_verdicts_from_the_goals(results: dict[str, Any]) -> None:
    for result in results["results"]:
        value = result["value"]
        assert 0 < value < 1e4
        assert result["met"] is (value <= result["goal"] if result["sense"] == "at most" else value >= result["goal"])
        if result["unit"] == "s":
            assert result["times_ms"] == {}
            continue
        assert result["unit"] == "ratio"
        (dividend, above), (divisor, below) = result["times_ms"].items()
        assert f"{dividend} / {divisor}" == result["what"]
        assert value == pytest.approx(above["best"] / below["best"], rel=1e-3)
        assert all(0 < times["best"] <= times["median"] for times in (above, below))


def test_throughput_is_given_for_every_frame_and_path(results: dict[str, Any]) -> None:
    keys = {"path", "device", "size", "fixations", "frames_per_second"}
    assert all(set(rate) == keys and rate["frames_per_second"] > 0 for rate in results["throughput"])
    rates = [rate for rate in results["throughput"] if "cpu" in rate["device"]]
    on_cpu = {(rate["path"].split(",")[0], rate["size"], rate["fixations"]) for rate in rates}
    assert on_cpu == {(path, size, n) for path in ("score_frame", "score_batch") for size in SIZES for n in FIXATIONS}


def test_the_baseline_of_speed_computes_the_same_metrics() -> None:
    spec = importlib.util.spec_from_file_location("mit_port", REPOSITORY / "tests" / "benchmarks" / "mit_port.py")
    assert spec is not None
    assert spec.loader is not None
    port = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(port)
    generator = np.random.default_rng(0)
    maps = [generator.uniform(0, 1, (45, 80)) ** 4 for _ in range(3)]
    fixations = maps[0] + maps[1] > 1.2
    points = np.argwhere(maps[2] > 0.6)
    given = maps[0], maps[1], fixations, points, maps[2]
    names = ["cc", "nss", "sim", "kld", "auc_judd", "auc_borji", "sauc", "ig"]
    ours = score_frame(*given[:3], other_fixations=points, baseline=maps[2], metrics=names)
    for theirs in (port.score_frame(*given, generator), port.score_frame_sorting(*given, generator)):
        assert sorted(theirs) == sorted(names)
        for name, value in theirs.items():
            noise = {"auc_judd": 1e-6, "auc_borji": 0.01, "sauc": 0.01}.get(name, 1e-12)
            assert ours[name] == pytest.approx(value, rel=1e-9, abs=noise), name
