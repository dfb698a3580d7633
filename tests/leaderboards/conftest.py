"""A stand-in for runs: what a table asks of them, without scoring anything."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from videosal.benchmark.runs.frame_table import FrameTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SCORES = {"cc": 0.4, "nss": 2.0, "sim": 0.3, "auc_judd": 0.9, "sauc": 0.6}


@dataclass(frozen=True, slots=True)
class FakeCoverage:
    videos_found: int = 100
    videos_expected: int | None = 100
    frames_found: int = 5000
    frames_expected: int | None = 5000
    frames_scored: int = 5000


@dataclass(frozen=True, slots=True)
class FakeRun:
    name: str = "center"
    dataset: str = "dhf1k"
    split: str = "val"
    title: str = "DHF1K val"
    protocol: str = "standard"
    signature: str = "protocol=standard|v1"
    aggregation: str = "frame"
    complete: bool = True
    partial: bool = False
    coverage: FakeCoverage = field(default_factory=FakeCoverage)
    model: Mapping[str, Any] | None = None
    scores: Mapping[str, float] = field(default_factory=lambda: dict(SCORES))
    undefined: Mapping[str, int] = field(default_factory=dict)
    by_map: Mapping[str, int] = field(default_factory=dict)
    table: pd.DataFrame | None = None
    possible: pd.DataFrame | None = None
    info: Mapping[str, Any] = field(default_factory=dict)
    identity: Any = None

    @property
    def kind(self) -> str:
        return "predictions" if self.model is None else "model"

    @property
    def metrics(self) -> list[str]:
        return list(self.scores)

    @property
    def frame_table(self) -> FrameTable:
        assert self.table is not None
        table, columns = self.table, [metric for metric in self.scores if metric in self.table.columns]
        zero = self.info.get("undefined_as") == "zero"
        return FrameTable(lambda: table, columns, undefined_is_zero=zero, possible=self.possible)

    @property
    def frames(self) -> pd.DataFrame:
        return self.frame_table.frames

    def summary(self) -> pd.DataFrame:
        """Video means are the frame means plus 0.1, so that a test sees which one is printed."""
        undefined = [self.undefined.get(metric, 0) for metric in self.scores]
        means = list(self.scores.values())
        return pd.DataFrame(
            {
                "frame_mean": means,
                "video_mean": [mean + 0.1 for mean in means],
                "n": [0 if math.isnan(mean) else self.coverage.frames_scored for mean in means],
                "n_undefined": undefined,
                "n_by_map": [self.by_map.get(metric, 0) for metric in self.scores],
            },
            index=pd.Index(list(self.scores), name="metric"),
        )


@pytest.fixture(scope="session")
def make_run() -> Callable[..., FakeRun]:
    """Makes a run; keywords replace what it is by default."""

    def make(name: str = "center", **changes: Any) -> FakeRun:
        if "coverage" in changes:
            changes["coverage"] = FakeCoverage(**changes["coverage"])
        if "scores" in changes:
            changes["scores"] = {metric: float(value) for metric, value in changes["scores"].items()}
        return FakeRun(name, **changes)

    return make


@pytest.fixture(scope="session")
def sample_run(make_run: Callable[..., FakeRun]) -> Callable[..., FakeRun]:
    """Makes a run on the test split of the data set ``sample``."""

    def make(name: str = "center", **changes: Any) -> FakeRun:
        place = {"dataset": "sample", "split": "test", "title": "sample test"}
        coverage = {
            "videos_found": 5,
            "videos_expected": 5,
            "frames_found": 250,
            "frames_expected": 250,
            "frames_scored": 250,
        }
        run = make_run(name, **{**place, "coverage": coverage, **changes})
        assert isinstance(run, FakeRun)
        return run

    return make


@pytest.fixture(scope="session")
def video_run(make_run: Callable[..., FakeRun]) -> Callable[..., FakeRun]:
    """Makes a run with scores per frame: `level` is the mean of CC, NSS is five times it, KLD falls with it."""

    def make(name: str, level: float, *, n_videos: int = 12, noise: float = 0.01, seed: int = 0, **changes: Any) -> Any:
        generator = np.random.default_rng(seed)
        hardness = np.random.default_rng(99).normal(0, 0.05, n_videos)
        rows = [
            (f"{video:04d}", f"{frame:04d}", level + hardness[video] + generator.normal(0, noise))
            for video in range(n_videos)
            for frame in range(2 + video % 3)
        ]
        table = pd.DataFrame(rows, columns=["video", "frame", "cc"])
        table = table.assign(nss=5 * table["cc"], kld=1 - table["cc"], status="ok")
        means = {metric: float(table[metric].mean()) for metric in ("cc", "nss", "kld")}
        coverage = {"videos_found": n_videos, "frames_found": len(table), "frames_scored": len(table)}
        run = make_run(name, **{"scores": means, "coverage": coverage, "table": table, **changes})
        assert isinstance(run, FakeRun)
        return run

    return make
