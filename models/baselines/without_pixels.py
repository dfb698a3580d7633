"""Baselines that look at no pixel and need no weights: what a network has to beat first."""

from __future__ import annotations

import logging
import math
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from videosal.errors import DatasetError, ModelError
from videosal.models.card import ModelCard

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from videosal.datasets import Dataset

    Frames = Sequence[NDArray[np.uint8]]
    Maps = Iterator[NDArray[np.float32]]

_log = logging.getLogger(__name__)


class Uniform:
    """The same value everywhere: the chance level of every metric."""

    needs_frames: ClassVar[bool] = False
    card: ClassVar[ModelCard] = ModelCard(
        title="Uniform",
        description="The same value at every pixel: the chance level of a metric.",
        input="any size, RGB; only the size is used",
        output="size of the frame, ones",
        parameters=0,
        licence="MIT",
    )

    def predict(self, frames: Frames) -> Maps:
        """Give a map of ones, of the size of the first frame, for each frame."""
        if len(frames):
            yield from _copies(np.ones(frames[0].shape[:2], np.float32), len(frames))


class Center:
    """A Gaussian in the middle of the frame: what is won by knowing that viewers look at the middle.

    Parameters
    ----------
    sigma : float, optional
        Standard deviation as a fraction of the width and of the height. The default 0.2 is a round value within
        what is measured: pooled fixations spread by 0.16 of the width and 0.17 of the height over the 20 DIEM
        test videos and by 0.20 and 0.18 over SALICON; Clarke and Tatler (2014) find 0.23 and 0.21 for 4:3
        pictures (variance 0.22 in units of half the width, and 0.45 of it vertically).

    Raises
    ------
    ModelError
        `sigma` is not positive.
    """

    needs_frames: ClassVar[bool] = False
    card: ClassVar[ModelCard] = ModelCard(
        title="Center",
        reference=(
            "A. D. F. Clarke and B. W. Tatler, Deriving an appropriate baseline for describing fixation behaviour, "
            "Vision Research 102, 41-51, 2014"
        ),
        year=2014,
        venue="Vision Research",
        description="A Gaussian in the middle, sigma = 0.2 of each side unless given; the reference fits such a map.",
        input="any size, RGB; only the size is used",
        output="size of the frame, 0..1",
        parameters=0,
        licence="MIT",
    )

    def __init__(self, sigma: float = 0.2) -> None:
        self.sigma = check_sigma("center", sigma)

    def predict(self, frames: Frames) -> Maps:
        """Give the Gaussian, of the size of the first frame, for each frame."""
        if len(frames):
            height, width = frames[0].shape[:2]
            yield from _copies(center_map(height, width, sigma=self.sigma), len(frames))


class MeanMap:
    """The mean density of a training split: what is won by knowing where viewers of this data set look.

    Parameters
    ----------
    map : Path, optional
        Image or ``.npy`` file with the map, in place of the training split of the data set to be predicted.

    Raises
    ------
    FileError
        `map` is not there, or no single-channel map.
    ModelError
        `map` holds negative or infinite values, or nothing but zeros.
    """

    needs_frames: ClassVar[bool] = False
    card: ClassVar[ModelCard] = ModelCard(
        title="Mean map",
        description="The mean density map of the data set's training split, for every frame of every video.",
        input="none: the ground truth of the training split, or a file (option map)",
        output="90 x 160 (height x width), or the size of the file; >= 0",
        parameters=0,
        licence="MIT",
    )

    def __init__(self, map: Path | None = None) -> None:  # noqa: A002 (the name that a user types)
        self._map = None if map is None else _read_map(Path(map))
        self._needs_split = map is None

    def prepare(self, dataset: Dataset) -> None:
        """Average the training split of the same copy as `dataset`, unless the map came from a file.

        Raises
        ------
        ModelError
            The copy holds no training split.
        """
        if not self._needs_split:
            return
        from videosal.datasets import mean_density

        try:
            train = dataset.sibling("train")
        except DatasetError as error:
            raise ModelError(
                f"mean-map needs the training split of {dataset.name} beside the split it predicts: "
                f"add it to the copy, or give map=FILE ({error})"
            ) from error
        if train.full_name == dataset.full_name:
            _log.warning("mean-map predicts %s, the very split it is the mean of", train.full_name)
        self._map = mean_density(train).astype(np.float32)

    def predict(self, frames: Frames) -> Maps:
        """Give the mean map for each frame; raise `ModelError` before `prepare`, unless the map came from a file."""
        if self._map is None:
            raise ModelError("mean-map has no map: call prepare(dataset) first, or give map=FILE")
        return _copies(self._map, len(frames))


def center_map(height: int, width: int, *, sigma: float = 0.2) -> NDArray[np.float32]:
    """Return a Gaussian in the middle of a frame.

    Parameters
    ----------
    height, width : int
        Size in pixels.
    sigma : float, optional
        Standard deviation as a fraction of the height and of the width, see `Center`.

    Returns
    -------
    ndarray, shape (height, width), dtype float32
        Values in (0, 1], symmetric about both axes.
    """
    rows, columns = (
        # (2i + 1 - n) / 2n is the distance of pixel i from the middle; it is exactly antisymmetric.
        np.exp(-0.5 * ((2 * np.arange(side) + 1 - side) / (2 * side * sigma)) ** 2)
        for side in (height, width)
    )
    return np.outer(rows, columns).astype(np.float32)


def check_sigma(model: str, sigma: float) -> float:
    """Return the option `sigma` of a model; raise `ModelError` where it is not a positive number."""
    if not (math.isfinite(sigma) and sigma > 0):
        raise ModelError(f"model {model!r}: option sigma={sigma} is not a positive number")
    return sigma


def _copies(saliency: NDArray[np.float32], count: int) -> Maps:
    # Copies, so that a caller who scales one map in place does not change the next.
    return (saliency.copy() for _ in repeat(None, count))


def _read_map(path: Path) -> NDArray[np.float32]:
    from videosal.datasets.files.images import read_map

    saliency = read_map(path).astype(np.float32)
    if not np.isfinite(saliency).all() or saliency.min() < 0 or saliency.max() == 0:
        raise ModelError(f"{path}: a mean map holds finite values >= 0 that are not all zero")
    return saliency
