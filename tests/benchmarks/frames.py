"""Synthetic frames to measure on: smooth maps of 8 bits, as image files and as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np

from videosal.metrics import Baseline

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]

SIZES = ((360, 640), (720, 1280))
FIXATIONS = (80, 250)


@dataclass(frozen=True)
class SyntheticFrame:
    """One frame in memory, and its prediction, density and fixations as PNG files (in that order)."""

    prediction: Bytes
    density: Bytes
    fixations: Bytes
    others: NDArray[np.int64]
    baseline: NDArray[np.float64]
    files: tuple[Path, Path, Path]

    @cached_property
    def shared_baseline(self) -> Baseline:
        """The baseline as the harness hands it over: measured once for all frames of a video."""
        return Baseline(self.baseline)

    @property
    def name(self) -> str:
        height, width = self.prediction.shape
        return f"{width}x{height}"

    @property
    def n_fixations(self) -> int:
        return int(np.count_nonzero(self.fixations))


def make_frame(folder: Path, size: tuple[int, int], n_fixations: int) -> SyntheticFrame:
    """Draw gaze around four places; the prediction blurs other viewers' gaze more, moves one place, and adds noise.

    The noise is as much as makes its PNG as large as those of real predictions: some 35 KB and 110 KB.
    """
    generator = np.random.default_rng((*size, n_fixations))
    places = generator.uniform(0.2, 0.8, (4, 2))
    fixations = np.zeros(size, np.uint8)
    while (missing := n_fixations - int(np.count_nonzero(fixations))) > 0:
        rows, columns = _gaze(generator, places, missing, size).T
        fixations[rows, columns] = 255
    density = _blurred(fixations, size[0] / 28)
    places[0] = generator.uniform(0.2, 0.8, 2)
    viewers = np.zeros(size)
    np.add.at(viewers, tuple(_gaze(generator, places, n_fixations, size).T), 1)
    prediction = _blurred(viewers, size[0] / 18) + generator.uniform(0, 0.002, size)
    others = np.unique(_gaze(generator, generator.uniform(0.2, 0.8, (10, 2)), 10 * n_fixations, size), axis=0)
    baseline = _blurred(generator.uniform(size=size), size[0] / 6) + 0.1
    maps = _as_bytes(prediction), _as_bytes(density), fixations
    files = tuple(folder / f"{name}.png" for name in ("prediction", "density", "fixations"))
    for file, image in zip(files, maps, strict=True):
        cv2.imwrite(str(file), image)
    return SyntheticFrame(*maps, others, baseline, (files[0], files[1], files[2]))


def _gaze(
    generator: np.random.Generator, places: NDArray[np.float64], n: int, size: tuple[int, int]
) -> NDArray[np.int64]:
    near = places[generator.integers(0, len(places), n)] + generator.normal(0, 0.06, (n, 2))
    return (np.clip(near, 0, 0.999) * size).astype(np.int64)


def _blurred(image: NDArray[np.generic], sigma: float) -> NDArray[np.float64]:
    blurred = np.asarray(cv2.GaussianBlur(image.astype(np.float64), (0, 0), sigma), np.float64)
    scaled: NDArray[np.float64] = blurred / blurred.max()
    return scaled


def _as_bytes(image: NDArray[np.float64]) -> Bytes:
    scaled: Bytes = np.rint(image / image.max() * 255).astype(np.uint8)
    return scaled
