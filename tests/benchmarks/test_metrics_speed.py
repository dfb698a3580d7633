"""How fast a frame is scored, as quotients that mean something on any machine. No time is asserted, only figures."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import time
import timeit
from typing import TYPE_CHECKING, Any, Literal

import cv2
import numpy as np
import pytest

from tests.benchmarks import mit_port
from tests.benchmarks.interleaved import measure
from tests.benchmarks.report import REPOSITORY, Result, Throughput
from videosal.datasets.files.images import read_map
from videosal.metrics import get_protocol, imresize, list_protocols, score_frame, score_protocols

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import torch
    from pytest_benchmark.fixture import BenchmarkFixture

    from tests.benchmarks.frames import SyntheticFrame
    from tests.benchmarks.report import Report

EIGHT = ("cc", "nss", "sim", "kld", "auc_judd", "auc_borji", "sauc", "ig")
BATCH = 8
FIRST_SCORE = f"""
import numpy as np
from videosal.metrics import score_frame
ramp = np.arange(640 * 360, dtype=np.uint32).reshape(360, 640)
maps = [(ramp % n).astype(np.uint8) for n in (251, 241, 239)]
points = np.array([[1, 2], [30, 4], [200, 500]])
score_frame(*maps[:2], points, other_fixations=points + 9, baseline=maps[2], metrics={EIGHT})
"""


def test_scoring_against_one_sum(benchmark: BenchmarkFixture, frame: SyntheticFrame, report: Report) -> None:
    def score() -> dict[str, float]:
        return _score(frame, frame.prediction, frame.density, frame.fixations)

    functions = {"eight metrics": score, "numpy.sum of one map": lambda: np.sum(frame.prediction)}
    report.results.append(_compare(frame, functions, rounds=500, goal=4, sense="at most"))
    benchmark(score)


def test_reading_and_scoring_against_reading(
    benchmark: BenchmarkFixture, frame: SyntheticFrame, report: Report
) -> None:
    def read() -> list[object]:
        return [cv2.imread(str(file), cv2.IMREAD_UNCHANGED) for file in frame.files]

    def read_and_score() -> dict[str, float]:
        return _score(frame, *map(read_map, frame.files))

    functions = {"reading and eight metrics": read_and_score, "reading three files with OpenCV": read}
    report.results.append(_compare(frame, functions, rounds=300, goal=1.2, sense="at most"))
    benchmark(read_and_score)


@pytest.mark.parametrize(
    ("label", "port", "goal"),
    [
        ("the MIT code in NumPy", mit_port.score_frame, 8),
        ("the MIT code in NumPy, sorting", mit_port.score_frame_sorting, 6),
    ],
    ids=["as written", "sorting"],
)
def test_the_mit_code_in_numpy(
    benchmark: BenchmarkFixture,
    frame: SyntheticFrame,
    report: Report,
    label: str,
    port: Callable[..., dict[str, float]],
    goal: float,
) -> None:
    def theirs() -> dict[str, float]:
        maps = [cv2.imread(str(file), cv2.IMREAD_UNCHANGED) for file in frame.files]
        return port(*maps, frame.others, frame.baseline, np.random.default_rng(0))

    def ours() -> dict[str, float]:
        return _score(frame, *map(read_map, frame.files))

    scores, noisy = ours(), theirs()
    for name in EIGHT:
        noise = 0.02 if name in ("auc_judd", "auc_borji", "sauc") else 1e-9  # of the port's jitter and splits
        assert noisy[name] == pytest.approx(scores[name], abs=noise), name
    functions = {f"reading and {label}": theirs, "reading and eight metrics": ours}
    report.results.append(_compare(frame, functions, rounds=10, goal=goal, sense="at least"))
    benchmark.pedantic(theirs, rounds=1)  # type: ignore[no-untyped-call]


def test_float_maps_against_bytes(benchmark: BenchmarkFixture, frame: SyntheticFrame, report: Report) -> None:
    # Values as a network gives them: all different, not the 256 of a converted image.
    grain = np.random.default_rng(0).uniform(0, 1 / 255, frame.prediction.shape)
    floats = (frame.prediction / 255 + grain).astype(np.float32)

    def score(prediction: np.ndarray[Any, Any]) -> dict[str, float]:
        return _score(frame, prediction, frame.density, frame.fixations)

    functions = {
        "eight metrics, float32": lambda: score(floats),
        "eight metrics, uint8": lambda: score(frame.prediction),
    }
    report.results.append(_compare(frame, functions, rounds=100, goal=12, sense="at most"))
    benchmark(score, floats)


@pytest.mark.parametrize("name", list_protocols()[1:])
def test_every_protocol_against_standard(
    benchmark: BenchmarkFixture, frame: SyntheticFrame, report: Report, name: str
) -> None:
    """Same-size bytes; what has to blur, halve or letterbox is held against `standard` on a map that it resizes."""
    rules = get_protocol(name)
    maps = rules.maps
    moved = maps.smoothing is not None or maps.grid != "truth" or maps.resize == "letterbox"
    points = np.argwhere(frame.fixations) if rules.repeats else frame.fixations
    small = _small(frame)

    def score(prediction: np.ndarray[Any, Any], protocol: str, fixations: np.ndarray[Any, Any]) -> dict[str, float]:
        given = {"other_fixations": frame.others, "baseline": frame.shared_baseline}
        return score_frame(prediction, frame.density, fixations, **given, protocol=protocol)

    against = "standard, resized" if moved else "standard"
    functions = {
        f"{name}, its default metrics": lambda: score(frame.prediction, name, points),
        against: lambda: score(small if moved else frame.prediction, "standard", frame.fixations),
    }
    report.results.append(_compare(frame, functions, rounds=50, goal=2, sense="at most"))
    benchmark(functions[against])


def test_resizing_against_opencv(benchmark: BenchmarkFixture, frame: SyntheticFrame, report: Report) -> None:
    small = _small(frame)
    height, width = frame.prediction.shape
    floats = small.astype(np.float32)

    def theirs() -> object:
        return cv2.resize(floats, (width, height), interpolation=cv2.INTER_CUBIC)

    functions = {"imresize": lambda: imresize(small, (height, width)), "OpenCV's bicubic, float32": theirs}
    report.results.append(_compare(frame, functions, rounds=200, goal=3, sense="at most"))
    benchmark(theirs)


def test_resized_maps_against_same_size(benchmark: BenchmarkFixture, frame: SyntheticFrame, report: Report) -> None:
    grain = np.random.default_rng(0).uniform(0, 1 / 255, frame.prediction.shape)
    floats = (frame.prediction / 255 + grain).astype(np.float32)
    functions = {
        "eight metrics, 384x224": lambda: _score(frame, _small(frame), frame.density, frame.fixations),
        "eight metrics, float32": lambda: _score(frame, floats, frame.density, frame.fixations),
        "eight metrics, same size": lambda: _score(frame, frame.prediction, frame.density, frame.fixations),
    }
    resized, real, same = functions
    for dividend, divisor, goal in ((resized, same, 6.84), (real, resized, 1.3)):
        pair = {name: functions[name] for name in (dividend, divisor)}
        report.results.append(_compare(frame, pair, rounds=100, goal=goal, sense="at most"))
    benchmark(functions[same])


def test_resized_by_a_spline_against_imresize(
    benchmark: BenchmarkFixture, frame: SyntheticFrame, report: Report
) -> None:
    small = _small(frame)

    def score(protocol: str) -> dict[str, float]:
        given = {"other_fixations": frame.others, "baseline": frame.shared_baseline}
        return score_frame(small, frame.density, frame.fixations, **given, protocol=protocol)

    functions = {
        "salicon, its default metrics, 384x224": lambda: score("salicon"),
        "standard, resized": lambda: score("standard"),
    }
    report.results.append(_compare(frame, functions, rounds=50, goal=2, sense="at most"))
    benchmark(score, "salicon")


def test_several_protocols_against_the_dearest(
    benchmark: BenchmarkFixture, frame: SyntheticFrame, report: Report
) -> None:
    names = ("standard", "stsanet", "unisal")
    given = {"other_fixations": frame.others, "baseline": frame.shared_baseline}
    maps = frame.prediction, frame.density, frame.fixations

    def together() -> dict[str, dict[str, float]]:
        return score_protocols(*maps, protocols=names, **given)

    functions: dict[str, Callable[[], object]] = {
        name: functools.partial(score_frame, *maps, protocol=name, **given) for name in names
    }
    times = measure(functions, rounds=50)
    dearest = max(names, key=lambda name: times[name].best)
    pair = {"standard, stsanet and unisal at once": together, "the dearest alone": functions[dearest]}
    report.results.append(_compare(frame, pair, rounds=100, goal=1.5, sense="at most"))
    benchmark(together)


def test_first_score_of_a_process(benchmark: BenchmarkFixture, report: Report) -> None:
    seconds = _least_cpu_time(["-c", FIRST_SCORE])
    report.results.append(_of_a_process("first score with a warm cache", seconds, goal=1))
    benchmark.pedantic(_cpu_time, (["-c", FIRST_SCORE],), rounds=1)  # type: ignore[no-untyped-call]


def test_help(benchmark: BenchmarkFixture, report: Report) -> None:
    seconds = _least_cpu_time(["-m", "videosal", "--help"])
    report.results.append(_of_a_process("videosal --help", seconds, goal=0.1))
    benchmark.pedantic(_cpu_time, (["-m", "videosal", "--help"],), rounds=1)  # type: ignore[no-untyped-call]


def test_throughput(benchmark: BenchmarkFixture, frame: SyntheticFrame, report: Report) -> None:
    import torch

    for dtype in (np.uint8, np.float32):
        maps = frame.prediction.astype(dtype), frame.density, frame.fixations
        best = measure({"": functools.partial(_score, frame, *maps)}, rounds=50)[""].best
        report.throughput.append(_throughput(frame, f"score_frame, {np.dtype(dtype)}", "cpu, 1 thread", 1 / best))
    for device in ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",):
        label = torch.cuda.get_device_name() if device == "cuda" else "cpu, 1 thread"
        score = functools.partial(_score_with_torch, _tensors(frame, device))
        score()
        timer = time.process_time if device == "cpu" else time.perf_counter
        rate = BATCH / min(timeit.repeat(score, number=1, repeat=3, timer=timer)) / 1000
        report.throughput.append(_throughput(frame, f"score_batch, float32, {BATCH} at a time", label, rate))
    benchmark(_score, frame, *maps)


def _small(frame: SyntheticFrame) -> np.ndarray[Any, Any]:
    """The prediction at the size of most networks."""
    return np.asarray(cv2.resize(frame.prediction, (384, 224), interpolation=cv2.INTER_AREA))


def _tensors(frame: SyntheticFrame, device: str) -> dict[str, torch.Tensor]:
    import torch

    others = np.zeros(frame.prediction.shape, np.bool_)
    others[tuple(frame.others.T)] = True
    arrays: dict[str, np.ndarray[Any, Any]] = {
        "prediction": frame.prediction.astype(np.float32),
        "density": frame.density,
        "fixations": frame.fixations,
        "other_fixations": others,
        "baseline": frame.baseline,
    }
    return {name: torch.from_numpy(array).expand(BATCH, -1, -1).to(device) for name, array in arrays.items()}


def _score_with_torch(tensors: dict[str, torch.Tensor]) -> dict[str, list[float]]:
    from videosal.metrics.torch.scores import score_batch

    scores = score_batch(**tensors)  # type: ignore[arg-type]
    return {name: figures.tolist() for name, figures in scores.items()}  # waits for the device


def _score(frame: SyntheticFrame, *maps: np.ndarray[Any, Any]) -> dict[str, float]:
    return score_frame(*maps, other_fixations=frame.others, baseline=frame.shared_baseline, metrics=EIGHT)


def _compare(
    frame: SyntheticFrame,
    functions: Mapping[str, Callable[[], object]],
    *,
    rounds: int,
    goal: float,
    sense: Literal["at most", "at least"],
) -> Result:
    """Divide the time of the first function by that of the second."""
    times = measure(functions, rounds=rounds)
    dividend, divisor = functions
    return Result(
        what=f"{dividend} / {divisor}",
        size=frame.name,
        fixations=frame.n_fixations,
        value=times[dividend].best / times[divisor].best,
        unit="ratio",
        goal=goal,
        sense=sense,
        times_ms=times,
    )


def _of_a_process(what: str, seconds: float, *, goal: float) -> Result:
    return Result(what=what, size=None, fixations=None, value=seconds, unit="s", goal=goal, sense="at most")


def _throughput(frame: SyntheticFrame, path: str, device: str, frames_per_ms: float) -> Throughput:
    return Throughput(
        path=path,
        device=device,
        size=frame.name,
        fixations=frame.n_fixations,
        frames_per_second=1000 * frames_per_ms,
    )


def _least_cpu_time(arguments: list[str]) -> float:
    _cpu_time(arguments)  # fills the caches
    return min(_cpu_time(arguments) for _ in range(5))


def _cpu_time(arguments: list[str]) -> float:
    """Run a new Python and return the seconds of CPU it took."""
    process = subprocess.Popen([sys.executable, *arguments], cwd=REPOSITORY, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime
