"""A data set whose frames and ground truth are made when they are read, so that every value is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.datasets import Dataset, Split, Video
from videosal.datasets.files.frames import FrameSequence
from videosal.models.training.clips import ClipFormat

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE = (12, 20)
FORM = ClipFormat(length=4, target=1, input_size=(6, 10), mean=(0.5, 0.4, 0.3), deviation=(0.2, 0.25, 0.3))


class Greys(FrameSequence):
    """The frame at index i has the value i throughout."""

    def __init__(self, total: int) -> None:
        self.total = total

    def __len__(self) -> int:
        return self.total

    def read(self, index: int) -> NDArray[np.uint8]:
        assert 0 <= index < self.total
        return np.full((*SIZE, 3), index, np.uint8)


@dataclass
class MadeVideo(Video):
    """A video of `count` frames; ground truth from frame `first` (from 1), drawn with the frame's number as seed.

    `unfixated` frames have an empty fixation map, `flat` ones a density of one value, and a copy may lack either kind.
    """

    name: str
    count: int
    first: int = 1
    unfixated: frozenset[str] = frozenset()
    flat: frozenset[str] = frozenset()
    lacks: str = ""
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.names = tuple(f"{number:04d}" for number in range(self.first, self.count + 1))

    @property
    def frame_names(self) -> tuple[str, ...]:
        return self.names

    @property
    def size(self) -> tuple[int, int]:
        return SIZE

    @property
    def frames(self) -> FrameSequence:
        return Greys(self.count)

    def density(self, frame: str) -> NDArray[Any] | None:
        if self.lacks == "density":
            return None
        if frame in self.flat:
            return np.zeros(SIZE, np.uint8)
        return np.random.default_rng(int(frame)).integers(0, 256, SIZE, np.uint8)

    def fixations(self, frame: str) -> NDArray[Any] | None:
        if self.lacks == "fixations":
            return None
        mask = np.random.default_rng(int(frame) + 1000).uniform(size=SIZE) < 0.1
        return mask & (frame not in self.unfixated)

    def fingerprint(self) -> str:
        return self.name


def made_dataset(*videos: MadeVideo, name: str = "made") -> Dataset:
    def refuse(split: str) -> Dataset:
        raise AssertionError(split)

    return Dataset(name, "Made", Split("train", "Made train"), Path("nowhere"), videos, refuse)
