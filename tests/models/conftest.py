"""Videos that notice how they are read, and a registry that each test may change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

if TYPE_CHECKING:
    from videosal.models import ClipNetworkEntry


class RecordedFrames(Sequence[NDArray[np.uint8]]):
    """Random frames that are made when they are read; `reads` lists the indices in the order of reading."""

    def __init__(self, count: int, height: int, width: int) -> None:
        self.total = count
        self.shape = (height, width, 3)
        self.reads: list[int] = []

    def __len__(self) -> int:
        return self.total

    def __getitem__(self, index: Any) -> Any:
        assert isinstance(index, int)
        if not 0 <= index < self.total:
            raise IndexError(index)
        self.reads.append(index)
        return np.random.default_rng(index).integers(0, 256, self.shape, dtype=np.uint8)


@pytest.fixture
def video() -> Callable[..., RecordedFrames]:
    """Make a video: ``video(count, height, width)``."""

    def make(count: int, height: int = 36, width: int = 64) -> RecordedFrames:
        return RecordedFrames(count, height, width)

    return make


@pytest.fixture
def tiny_entry() -> ClipNetworkEntry:
    """A clip network of a few weights, registered as ``tiny``: 4 frames of 8 x 16, the map is of the second."""
    from torch import Tensor, nn

    from videosal.models import ClipNetworkEntry, ModelCard, register_model

    class Tiny(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.base1 = nn.Sequential(nn.Conv3d(3, 2, 1), nn.ReLU())
            self.head = nn.Conv3d(2, 1, (4, 3, 3), padding=(0, 1, 1))

        def forward(self, clips: Tensor) -> Tensor:
            maps: Tensor = self.head(self.base1(clips))
            return maps[:, 0, 0]

        @staticmethod
        def official_name(name: str) -> str:
            return name.replace("head", "top")

    def find_backbone(names: Iterable[str]) -> dict[str, str] | None:
        found = {name: f"base1.{name.removeprefix('s3d.')}" for name in names if name.startswith("s3d.")}
        return found or None

    card = ModelCard(title="Tiny", input_size="16x8")
    entry = ClipNetworkEntry("tiny", card, lambda _: Tiny(), (8, 16), find_backbone, length=4, target=1)
    register_model("tiny")(entry)
    return entry
