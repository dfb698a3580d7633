"""The frames of a video as a sequence that is decoded on demand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from videosal.datasets.images import frame_number, read_rgb
from videosal.errors import DatasetError, FileError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

VIDEO_SUFFIXES = frozenset({".avi", ".mp4", ".mkv", ".mov", ".mpg", ".mpeg", ".webm"})


class FrameSequence(Sequence["NDArray[np.uint8]"]):
    """(H, W, 3) uint8 RGB frames in order; one is held in memory at a time."""

    def position(self, number: int) -> int | None:
        """Return the index of the frame that is numbered `number` (from 1) in the data set, or None."""
        return number - 1 if 1 <= number <= len(self) else None

    def read(self, index: int) -> NDArray[np.uint8]:
        """Decode the frame at `index`, 0 <= index < len(self)."""
        raise NotImplementedError

    @overload
    def __getitem__(self, index: int) -> NDArray[np.uint8]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[NDArray[np.uint8]]: ...
    def __getitem__(self, index: int | slice) -> NDArray[np.uint8] | Sequence[NDArray[np.uint8]]:
        if isinstance(index, slice):
            return [self.read(i) for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"frame {index} of a video of {len(self)} frames")
        return self.read(index % len(self))

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        return (self.read(index) for index in range(len(self)))


class ImageFrames(FrameSequence):
    """Frames that lie as image files in one folder, in the order of their numbers."""

    def __init__(self, files: Sequence[Path]) -> None:
        self.files = tuple(files)
        self._positions = {frame_number(file.stem): index for index, file in enumerate(self.files)}

    def __len__(self) -> int:
        return len(self.files)

    def position(self, number: int) -> int | None:
        """Return the index of the file that is numbered `number`, or None."""
        return self._positions.get(number)

    def read(self, index: int) -> NDArray[np.uint8]:
        """Decode the file at `index`."""
        return read_rgb(self.files[index])


class VideoFileFrames(FrameSequence):
    """Frames of a video file, decoded by PyAV (the extra ``video``).

    Reading forwards decodes each frame once. Going back starts the file again.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._container: Any = None
        self._stream: Iterator[Any] = iter(())
        self._next = 0
        self._last: NDArray[np.uint8] | None = None
        self._length: int | None = None

    def __len__(self) -> int:
        if self._length is None:
            with self._open() as container:
                video = container.streams.video[0]
                # Some containers do not state their length; then the packets are counted.
                self._length = video.frames or sum(1 for packet in container.demux(video) if packet.size)
        return self._length

    def read(self, index: int) -> NDArray[np.uint8]:
        """Decode up to the frame at `index`."""
        if self._last is not None and index == self._next - 1:
            return self._last
        if self._container is None or index < self._next:
            self.close()
            self._container = self._open()
            self._stream = self._container.decode(video=0)
        frame: Any = None
        while self._next <= index:
            frame = next(self._stream, None)
            if frame is None:
                raise FileError(f"{self.path}: the video ends after {self._next} of {len(self)} frames")
            self._next += 1
        self._last = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
        return self._last

    def close(self) -> None:
        """Close the file; reading opens it again."""
        if self._container is not None:
            self._container.close()
        self._container, self._next, self._last = None, 0, None

    def _open(self) -> Any:
        try:
            import av
        except ImportError as error:
            raise DatasetError(
                f"{self.path}: reading video files needs PyAV: pip install 'videosal[video]', "
                "or extract the frames to images"
            ) from error
        try:
            return av.open(str(self.path))
        except av.error.FFmpegError as error:
            raise FileError(f"{self.path}: not a readable video file ({error})") from error
