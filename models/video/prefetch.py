"""Read frames ahead in another thread, while the network works on those before."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    import numpy as np
    from numpy.typing import NDArray


class PrefetchedFrames(Sequence[Any]):
    """Frames of a video, each read and transformed once, a few ahead of the one that is asked for.

    Use it as a context, and ask for the frames in order: 0, 1, 2 and so on, as `sliding_windows` does. One thread
    reads, so that `frames` need not be safe for several. An error comes when its frame is asked for.

    Parameters
    ----------
    frames : sequence of ndarray, shape (H, W, 3), dtype uint8
        RGB frames of one video.
    transform : callable
        Applied to each frame in the reading thread.
    ahead : int
        Number of frames to be read before they are asked for.
    """

    def __init__(
        self, frames: Sequence[NDArray[np.uint8]], transform: Callable[[NDArray[np.uint8]], Any], *, ahead: int
    ) -> None:
        self._frames = frames
        self._transform = transform
        self._ahead = ahead
        self._submitted = 0
        self._pending: deque[Future[Any]] = deque()
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="videosal-frames")

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: Any) -> Any:
        expected = self._submitted - len(self._pending)
        if index != expected:
            raise IndexError(f"frame {index} is asked for, but they come in order and frame {expected} is next")
        for ahead in range(self._submitted, min(index + self._ahead + 1, len(self))):
            self._pending.append(self._reader.submit(self._read, ahead))
            self._submitted += 1
        return self._pending.popleft().result()

    def __enter__(self) -> PrefetchedFrames:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.shutdown(cancel_futures=True)

    def _read(self, index: int) -> Any:
        return self._transform(self._frames[index])
