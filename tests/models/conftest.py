"""Videos that notice how they are read, and a registry that each test may change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from videosal.models import registry


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


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget after each test what it registered."""
    entries = dict(registry._REGISTRY._entries)
    monkeypatch.setattr(registry._REGISTRY, "_entries", entries)
