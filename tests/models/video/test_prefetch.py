from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from videosal.errors import FileError
from videosal.models.video.prefetch import PrefetchedFrames

if TYPE_CHECKING:
    from collections.abc import Callable


def test_each_frame_is_read_once_in_order(video: Callable[..., Any]) -> None:
    frames = video(9)
    with PrefetchedFrames(frames, lambda frame: frame[0, 0, 0], ahead=3) as prefetched:
        found = [prefetched[index] for index in range(len(prefetched))]
    assert found == [video(9)[index][0, 0, 0] for index in range(9)]
    assert frames.reads == list(range(9))


def test_no_more_than_ahead_are_read(video: Callable[..., Any]) -> None:
    frames = video(50)
    with PrefetchedFrames(frames, lambda frame: frame, ahead=3) as prefetched:
        for index in range(5):
            _ = prefetched[index]
    assert max(frames.reads) <= 4 + 3


def test_reading_is_in_another_thread(video: Callable[..., Any]) -> None:
    with PrefetchedFrames(video(1), lambda _: threading.current_thread(), ahead=2) as prefetched:
        reader = prefetched[0]
    assert reader is not threading.current_thread()
    assert not reader.is_alive()


def test_an_error_comes_with_its_frame() -> None:
    def fail(frame: Any) -> int:
        if frame == 2:
            raise FileError("frame 2 is damaged")
        return int(frame)

    with PrefetchedFrames([0, 1, 2, 3], fail, ahead=3) as prefetched:  # type: ignore[list-item]
        assert [prefetched[0], prefetched[1]] == [0, 1]
        with pytest.raises(FileError, match="frame 2 is damaged"):
            _ = prefetched[2]


@pytest.mark.parametrize("index", [1, -1, 5])
def test_frames_come_in_order(index: int) -> None:
    with (
        PrefetchedFrames([np.zeros((2, 2, 3), np.uint8)] * 3, lambda frame: frame, ahead=1) as prefetched,
        pytest.raises(IndexError, match="frame 0 is next"),
    ):
        _ = prefetched[index]
