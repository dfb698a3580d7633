"""Video files, decoded one frame at a time by PyAV (the extra ``video``)."""

from __future__ import annotations

import io
import logging
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.datasets.files.guard.failures import reading
from videosal.datasets.files.guard.limits import check_frames
from videosal.datasets.files.guard.video import next_frame, open_video
from videosal.datasets.files.orientation import turn
from videosal.datasets.files.video.pictures import Pictures, choose_stream, list_pictures
from videosal.datasets.files.video.truncation import find_video_damage
from videosal.errors import DamagedFileError, FileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_log = logging.getLogger(__name__)

VIDEO_SUFFIXES = (
    frozenset({".mp4", ".m4v", ".mov", ".3gp", ".3g2"})
    | frozenset({".mpg", ".mpeg", ".vob", ".ts", ".mts", ".m2ts"})
    | frozenset({".avi", ".wmv", ".asf", ".flv", ".mkv", ".webm", ".ogv", ".gif"})
)


class VideoFile:
    """The frames of a video file by their index.

    Reading forwards decodes each frame once; going back starts the file again. One decoded frame is kept.

    Parameters
    ----------
    source : Path or BytesIO
        The file, or its content; it is opened when it is first asked for something.
    where : str, optional
        Its name, for messages. Default: the path.

    Attributes
    ----------
    damaged : set of int
        Frames that were met, asked for or on the way to others, whose data are not whole.

    Raises
    ------
    DatasetError
        PyAV is not installed.
    FileError
        The file is no video, holds no pictures, or is damaged where a frame is asked for.
    """

    def __init__(self, source: Path | io.BytesIO, where: str | None = None) -> None:
        self.source = source
        self.where = str(source) if where is None else where
        self._container: Any = None
        self._stream: Iterator[Any] = iter(())
        self._next = 0
        self._last: Any = None
        self.damaged: set[int] = set()

    def __len__(self) -> int:
        """Count the pictures that can be decoded; what the header says is not asked."""
        return self.pictures.count

    @cached_property
    def pictures(self) -> Pictures:
        """Which pictures there are, from the packets, or by decoding them all where packets do not tell."""
        with self.opened() as (container, stream):
            first = self._decode(container.decode(stream), 0)
        with self.opened() as (container, stream):
            found = list_pictures(container, stream, first)
        if found is None:
            with self.opened() as (container, stream):
                frames, count = container.decode(stream), 0
                while self._decode(frames, count) is not None:
                    count += 1
            found = Pictures(count)
        check_frames(found.count, self.where)
        damage = find_video_damage(self.source) if isinstance(self.source, Path) else None
        if damage := damage or ("ends within a picture" if found.cut else None):
            _say_cut(self.where, damage, found.count)
        return found

    @cached_property
    def size(self) -> tuple[int, int]:
        """Height and width of the frames, turned as they are shown."""
        with self.opened() as (container, stream):
            first = self._decode(container.decode(stream), 0)
        height, width = turn(np.broadcast_to(np.uint8(0), (first.height, first.width)), first).shape
        return height, width

    def read(self, index: int) -> Any:
        """Return the frame at `index` as PyAV decodes it."""
        if self._last is not None and index == self._next - 1:
            return self._whole(index)
        if self._container is None or index < self._next:
            self.close()
            self._container = self._open()
            self._stream = self._container.decode(self._choose_stream(self._container))
        while self._next <= index:
            self._last = self._decode(self._stream, self._next)
            if self._last is None:
                raise FileError(f"{self.where}: the video ends after {self._next} of {len(self)} frames")
            if self._last.is_corrupt:
                self.damaged.add(self._next)
            self._next += 1
        return self._whole(index)

    @contextmanager
    def opened(self) -> Iterator[tuple[Any, Any]]:
        """Open the file once more, for as long as the context lasts: PyAV's container, and the stream of the video."""
        with self._open() as container:
            stream = self._choose_stream(container)
            with reading(self.where, "video file"):
                yield container, stream

    def close(self) -> None:
        """Close the file; reading opens it again."""
        if self._container is not None:
            self._container.close()
        self._container, self._next, self._last = None, 0, None

    def __getstate__(self) -> dict[str, Any]:
        return {"source": self.source, "where": self.where}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]  # an open decoder cannot travel to another process

    def _whole(self, index: int) -> Any:
        """Return the last frame; its decoder may say that what is missing in it was made up."""
        if index in self.damaged:
            raise DamagedFileError(
                f"{self.where}: frame {index + 1} is damaged: get the video again, or encode it anew"
            )
        return self._last

    def _decode(self, stream: Iterator[Any], done: int) -> Any:
        """Return the next frame, None behind the last; a file without any holds no pictures."""
        frame = next_frame(stream, self.where, done + 1)
        if frame is None and not done:
            raise FileError(f"{self.where}: holds no pictures")
        return frame

    def _open(self) -> Any:
        # Whoever opens a file that lies in memory reads at a place of its own.
        source = self.source if isinstance(self.source, Path) else io.BytesIO(self.source.getvalue())
        try:
            return open_video(source, self.where)
        except FileError as error:
            damage = find_video_damage(source) if isinstance(source, Path) else None
            if damage is None:
                raise
            raise FileError(f"{self.where}: not a readable video file ({damage})") from error

    def _choose_stream(self, container: Any) -> Any:
        if (stream := choose_stream(container, self._open)) is None:
            container.close()
            raise FileError(f"{self.where}: holds no pictures")
        return stream


@cache
def _say_cut(where: str, damage: str, count: int) -> None:
    """Say once what is left of a file."""
    _log.warning("%s %s: %d frames of it can be read", where, damage, count)


def to_rgb(frame: Any) -> NDArray[np.uint8]:
    """Return a decoded frame as an (H, W, 3) uint8 RGB array, turned as it is shown."""
    return turn(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8), frame)
