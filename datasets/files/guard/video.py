"""Opening a video file and decoding its frames with PyAV, whatever the file holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from videosal.datasets.files.guard.failures import reading
from videosal.datasets.files.guard.limits import check_pixels
from videosal.errors import DamagedFileError, DatasetError, FileError

if TYPE_CHECKING:
    from collections.abc import Iterator


def open_video(source: Any, where: str | Path) -> Any:
    """Open a video file.

    Parameters
    ----------
    source : Path or file object
        The file.
    where : str or path
        Its name, for messages.

    Returns
    -------
    av.container.InputContainer
        Holds pictures, of a size within the limit. Its remarks may be of any encoding.

    Raises
    ------
    DatasetError
        PyAV is not installed.
    FileError
        It is no video, or is damaged.
    """
    try:
        import av
    except ImportError as error:
        raise DatasetError(
            f"{where}: reading video files needs PyAV: pip install 'videosal[video]', or extract the frames to images"
        ) from error
    with reading(where, "video file"):
        container = av.open(str(source) if isinstance(source, Path) else source, metadata_errors="replace")
    try:
        if not container.streams.video:
            raise FileError(f"{where}: holds no pictures")
        with reading(where, "video file"):
            for stream in container.streams.video:
                check_pixels((int(stream.height or 0), int(stream.width or 0)), where)
    except FileError:
        container.close()
        raise
    return container


def next_frame(frames: Iterator[Any], where: str | Path, number: int) -> Any:
    """Decode the next frame, the one of that number (from 1); None where the video ends.

    Raises
    ------
    FileError
        The decoder fails, or the frame is larger than the limit.
    """
    with reading(where, f"video from frame {number} on"):
        frame = next(frames, None)
        if frame is not None:
            check_pixels((frame.height, frame.width), where)
    return frame


def check_frame(frame: Any, where: str | Path, number: int) -> Any:
    """Return a decoded frame; raise `DamagedFileError` where its decoder says that it is not what was stored."""
    if frame.is_corrupt:
        raise DamagedFileError(f"{where}: frame {number} is damaged: get the video again, or encode it anew")
    return frame
