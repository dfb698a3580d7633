"""Optical flow that lies on disk (``.flo``, the format of Middlebury), and what STRA-Net sees of it. No torch here."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.errors import FileError
from videosal.models.zoo.letterbox import fit
from videosal.models.zoo.system import FIXED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

FLOWS = 5  # that a frame sees: its own and those that follow
_STILL, _FASTEST = 0.1, 20.0  # pixels: less is taken for 0, more is cut
_SUFFIX = ".flo"
_MAGIC = b"PIEH"
_HEADER = 12  # bytes: the magic, then width and height as 32-bit integers
_MOST = 100_000  # pixels of a side


def find_flows(folder: Path, frames: int) -> list[Path]:
    """List the flow of a video of a number of frames; an error unless there is one from each to the next.

    Raises
    ------
    FileError
        The folder is not there, or holds another number of files: one less than frames, or as many.
    """
    files = _list_flow(folder)
    if not frames - 1 <= len(files) <= frames:
        raise FileError(
            f"{folder}: holds {len(files)} .flo files for a video of {frames} frames, expected {frames - 1}: one from "
            "each frame to the next"
        )
    return files


def stack_flows(files: list[Path], frames: int, size: tuple[int, int], mode: str) -> Iterator[NDArray[np.float32]]:
    """Give what each frame sees of the flow, reading each file once.

    Parameters
    ----------
    files : list of Path
        Flow from the first frame on. After the last, that one stands in.
    frames : int
        Number of frames.
    size : tuple of int
        Height and width of what the network takes.
    mode : str
        How flow is brought to that size, see `fit_flow`.

    Yields
    ------
    ndarray, shape (10, h, w), dtype float32
        The flow of the frame and of the four that follow, the last first, v before u.
    """
    window: deque[NDArray[np.float32]] = deque(maxlen=FLOWS)
    for index in range(frames + FLOWS - 1):
        window.append(fit_flow(read_flow(files[index]), size, mode) if index < len(files) else window[-1])
        if index >= FLOWS - 1:
            yield np.concatenate([flow[::-1] for flow in reversed(window)])


def fit_flow(flow: NDArray[np.float32], size: tuple[int, int], mode: str) -> NDArray[np.float32]:
    """Bring flow (H, W, 2) to a size, centred on zeros, without what is small or very fast.

    Mode ``published`` fills the size with the values from the first row on; mode ``fixed`` interpolates.

    Returns
    -------
    ndarray, shape (2, h, w), dtype float32
        u, v in pixels of the video, -20 to 20, nothing between -0.1 and 0.1 but 0.
    """
    fitted = fit(flow, size, _interpolate if mode == FIXED else _refill)
    fitted[np.abs(fitted) < _STILL] = 0
    return np.ascontiguousarray(fitted.clip(-_FASTEST, _FASTEST).transpose(2, 0, 1))


def read_flow(path: Path) -> NDArray[np.float32]:
    """Read a ``.flo`` file.

    Parameters
    ----------
    path : Path
        Little-endian: ``PIEH``, width, height, then (u, v) of each pixel as 32-bit floats, row by row.

    Returns
    -------
    ndarray, shape (H, W, 2), dtype float32
        Motion to the right and down, in pixels.

    Raises
    ------
    FileError
        The file cannot be read, is of another format, or is longer or shorter than its header says.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror})") from error
    if content[:4] != _MAGIC or len(content) < _HEADER:
        raise FileError(f"{path}: is no optical flow of Middlebury's format ({_SUFFIX}): compute it again")
    width, height = (int(side) for side in np.frombuffer(content, "<i4", 2, offset=4))
    expected = _HEADER + width * height * 8
    if not (0 < width < _MOST and 0 < height < _MOST and len(content) == expected):
        raise FileError(
            f"{path}: is damaged: its header says {width}x{height} pixels, but it has {len(content)} bytes instead of "
            f"{expected}: compute it again"
        )
    flow = np.frombuffer(content, "<f4", offset=_HEADER).reshape(height, width, 2)
    return flow.astype(np.float32)


def write_flow(path: Path, flow: NDArray[np.float32]) -> None:
    """Write flow (H, W, 2) as a ``.flo`` file."""
    height, width = flow.shape[:2]
    path.write_bytes(_MAGIC + np.array([width, height], "<i4").tobytes() + flow.astype("<f4").tobytes())


def _list_flow(folder: Path) -> list[Path]:
    """List the ``.flo`` files of a folder, sorted by name.

    Raises
    ------
    FileError
        The folder is not there, or holds none.
    """
    try:
        files = sorted(file for file in folder.iterdir() if file.suffix.lower() == _SUFFIX)
    except OSError as error:
        raise FileError(f"{folder}: no folder of optical flow can be read there ({error.strerror})") from error
    if not files:
        raise FileError(f"{folder}: holds no {_SUFFIX} files: compute the optical flow of the video first")
    return files


def _refill(flow: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    return np.stack([np.resize(flow[..., channel], size) for channel in range(flow.shape[2])], axis=-1)


def _interpolate(flow: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    import cv2

    return np.asarray(cv2.resize(flow, size[::-1], interpolation=cv2.INTER_LINEAR))
