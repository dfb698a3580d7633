"""The frames of a video as a sequence that is decoded on demand."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, overload

from videosal.datasets.files.images import frame_number, read_rgb
from videosal.datasets.files.video.video_files import VIDEO_SUFFIXES, VideoFile, to_rgb

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["VIDEO_SUFFIXES", "FrameSequence", "ImageFrames", "JoinedFrames", "VideoFileFrames"]


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
    """Frames of a video file, decoded by PyAV; see `VideoFile`.

    Parameters
    ----------
    path : Path
        The file.
    wanted : int
        How many frames the video should have. Where there are fewer pictures, the null frames of an AVI file count,
        which repeat the picture before them.
    """

    def __init__(self, path: Path, wanted: int = 0) -> None:
        self.file, self._wanted = VideoFile(path), wanted

    def __len__(self) -> int:
        return len(self._shown)

    def read(self, index: int) -> NDArray[np.uint8]:
        """Decode up to the frame at `index`."""
        return to_rgb(self.file.read(self._shown[index]))

    @cached_property
    def _shown(self) -> Sequence[int]:
        return self.file.pictures.for_frames(self._wanted)

    def close(self) -> None:
        """Close the file; reading opens it again."""
        self.file.close()


class JoinedFrames(FrameSequence):
    """The frames of several videos, one after the other."""

    def __init__(self, parts: Sequence[FrameSequence]) -> None:
        self.parts = tuple(parts)
        self._starts = list(accumulate((len(part) for part in self.parts), initial=0))

    def __len__(self) -> int:
        return self._starts[-1]

    def position(self, number: int) -> int | None:
        """Return the index of the frame that is numbered `number` in the first part that has it."""
        for start, part in zip(self._starts, self.parts, strict=False):
            if (position := part.position(number)) is not None:
                return start + position
        return None

    def read(self, index: int) -> NDArray[np.uint8]:
        """Decode the frame at `index`."""
        which = bisect_right(self._starts, index) - 1
        return self.parts[which].read(index - self._starts[which])
