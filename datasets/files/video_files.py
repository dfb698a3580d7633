"""Video files, decoded one frame at a time by PyAV (the extra ``video``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.datasets.files.guard.failures import reading
from videosal.datasets.files.guard.limits import check_frames
from videosal.datasets.files.guard.video import check_frame, next_frame, open_video
from videosal.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

VIDEO_SUFFIXES = frozenset({".avi", ".mp4", ".mkv", ".mov", ".mpg", ".mpeg", ".webm"})


class VideoFile:
    """The frames of a video file by their index.

    Reading forwards decodes each frame once; going back starts the file again. One decoded frame is kept.

    Parameters
    ----------
    path : Path
        The file; it is opened when it is first asked for something.

    Raises
    ------
    DatasetError
        PyAV is not installed.
    FileError
        The file is no video, or ends before the frame that is asked for.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._container: Any = None
        self._stream: Iterator[Any] = iter(())
        self._next = 0
        self._last: Any = None
        self._header: tuple[int, tuple[int, int]] | None = None

    def __len__(self) -> int:
        return self._read_header()[0]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, from the file's header."""
        return self._read_header()[1]

    def read(self, index: int) -> Any:
        """Return the frame at `index` as PyAV decodes it."""
        if self._last is not None and index == self._next - 1:
            return check_frame(self._last, self.path, index + 1)
        if self._container is None or index < self._next:
            self.close()
            self._container = self._open()
            self._stream = self._container.decode(video=0)
        while self._next <= index:
            self._last = self._decode_next()
            self._next += 1
        return check_frame(self._last, self.path, index + 1)

    def close(self) -> None:
        """Close the file; reading opens it again."""
        if self._container is not None:
            self._container.close()
        self._container, self._next, self._last = None, 0, None

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["path"])  # type: ignore[misc]  # an open decoder cannot travel to another process

    def _decode_next(self) -> Any:
        frame = next_frame(self._stream, self.path, self._next + 1)
        if frame is None:
            raise FileError(f"{self.path}: the video ends after {self._next} of {len(self)} frames")
        return frame

    def _read_header(self) -> tuple[int, tuple[int, int]]:
        if self._header is None:
            with self._open() as container, reading(self.path, "video file"):
                video = container.streams.video[0]
                # Some containers do not state their length; then the packets are counted.
                length = video.frames or sum(1 for packet in container.demux(video) if packet.size)
                self._header = check_frames(length, self.path), (video.height, video.width)
        return self._header

    def _open(self) -> Any:
        return open_video(self.path, self.path)


def find_video_damage(path: Path) -> str | None:
    """Say what is wrong with a video file, judged by the lengths that its outer chunks state; None if nothing is.

    An AVI or MP4 file that was cut short is found without decoding. Other containers are not judged.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            place = 0
            while place + 16 <= size:
                file.seek(place)
                length = _chunk_length(file.read(16), first=place == 0)
                if length is None:
                    return None
                place += length
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"
    if not size:
        return "is empty (0 bytes)"
    return "is truncated (a video shorter than its header says)" if place > size + 1 else None


def _chunk_length(head: bytes, *, first: bool) -> int | None:
    """Return how far it is to the next outer chunk; None where the format is another or the chunk has no end."""
    if head.startswith(b"RIFF"):
        length = int.from_bytes(head[4:8], "little")
        return 8 + length + length % 2 if length else None
    if (first and head[4:8] != b"ftyp") or not head[4:8].isalnum():
        return None
    length = int.from_bytes(head[:4], "big")
    if length == 1:  # the length stands behind the name, in 64 bits
        length = int.from_bytes(head[8:16], "big")
    return length if length >= 8 else None


def to_rgb(frame: Any) -> NDArray[np.uint8]:
    """Return a decoded frame as an (H, W, 3) uint8 RGB array."""
    return np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
