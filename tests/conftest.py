"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from videosal.benchmark import Run
    from videosal.datasets import Dataset

# Machines are shared: how long an example takes says nothing of the code.
settings.register_profile("videosal", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("videosal")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder with the golden figures and real samples, which are not part of the repository."""
    folder = Path(os.environ.get("VIDEOSAL_SHARED", Path(__file__).parents[2] / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no golden figures and samples at {folder}: set VIDEOSAL_SHARED to their folder")
    return folder


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep what the suite generates out of the user's cache, here and in the processes that tests start."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VIDEOSAL_CACHE", str(folder))
        patch.delenv("VIDEOSAL_DATA", raising=False)
        yield folder


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget after each test the models that it registered."""
    from videosal.models import registry

    entries = dict(registry._REGISTRY._entries)
    monkeypatch.setattr(registry._REGISTRY, "_entries", entries)


@pytest.fixture(scope="session")
def sample() -> Dataset:
    """The test split of the built-in sample."""
    from videosal.datasets import load_dataset

    return load_dataset("sample:test")


class TreeMaker(Protocol):
    """Writes videos in DHF1K's layout and returns the root."""

    def __call__(
        self,
        numbers: tuple[int, ...] = (601, 602),
        *,
        container: str = "annotation",
        n_frames: int = 3,
        size: tuple[int, int] = (18, 32),
        frames: str | None = "images",
    ) -> Path: ...


@pytest.fixture
def dhf1k_tree(tmp_path: Path) -> TreeMaker:
    """Make small DHF1K trees: ``CONTAINER/NNNN/{maps,fixation,images}``."""

    def make(
        numbers: tuple[int, ...] = (601, 602),
        *,
        container: str = "annotation",
        n_frames: int = 3,
        size: tuple[int, int] = (18, 32),
        frames: str | None = "images",
    ) -> Path:
        root = tmp_path / "dhf1k"
        for number in numbers:
            generator = np.random.default_rng(number)
            video = root / container / f"{number:04d}"
            for part in ("maps", "fixation", *([frames] if frames else [])):
                (video / part).mkdir(parents=True, exist_ok=True)
            for index in range(1, n_frames + 1):
                fixations = np.zeros(size, np.uint8)
                fixations.flat[generator.choice(fixations.size, 5, replace=False)] = 255
                density = cv2.GaussianBlur(fixations.astype(np.float64), (0, 0), 2)
                density = np.rint(density / density.max() * 255).astype(np.uint8)
                cv2.imwrite(str(video / "maps" / f"{index:04d}.png"), density)
                cv2.imwrite(str(video / "fixation" / f"{index:04d}.png"), fixations)
                if frames:
                    image = generator.integers(0, 256, (*size, 3), np.uint8)
                    cv2.imwrite(str(video / frames / f"{index:04d}.png"), image)
        return root

    return make


class MapMaker(Protocol):
    """Writes a random prediction folder for a data set and returns it."""

    def __call__(self, dataset: Dataset, *, pattern: str = "{video}/{frame}.png", seed: int = 0) -> Path: ...


@pytest.fixture
def prediction_folder(tmp_path: Path) -> MapMaker:
    """Make prediction folders with a smooth random map per ground-truth frame."""

    def make(dataset: Dataset, *, pattern: str = "{video}/{frame}.png", seed: int = 0) -> Path:
        folder = tmp_path / f"predictions-{seed}"
        generator = np.random.default_rng(seed)
        for video in dataset:
            for frame in video.frame_names:
                saliency = cv2.GaussianBlur(generator.uniform(0, 255, video.size), (0, 0), 3)
                saliency = np.rint((saliency - saliency.min()) / np.ptp(saliency) * 255).astype(np.uint8)
                file = folder / pattern.format(video=video.name, frame=frame, number=int(frame))
                file.parent.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(file), saliency)
        return folder

    return make


@pytest.fixture
def changing_run(dhf1k_tree: TreeMaker, tmp_path: Path) -> Run:
    """A run whose maps jump from side to side in the first video, and stand still in the second."""
    import videosal

    root = dhf1k_tree((601, 602))
    left, right = np.zeros((18, 32), np.uint8), np.zeros((18, 32), np.uint8)
    left[:, :16], right[:, 16:] = 255, 255
    for video, maps in (("0601", [left, right, left]), ("0602", [left, left, left])):
        (tmp_path / "maps" / video).mkdir(parents=True)
        for number, saliency in enumerate(maps, 1):
            cv2.imwrite(str(tmp_path / "maps" / video / f"{number:04d}.png"), saliency)
    return videosal.score(tmp_path / "maps", "dhf1k:val", root, metrics=["cc"], out=tmp_path / "run")
