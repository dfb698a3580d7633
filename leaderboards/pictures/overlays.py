"""Saliency maps laid over their frames, as pictures and as videos."""

from __future__ import annotations

import os
from contextlib import suppress
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.benchmark.maps.run_maps import to_unit
from videosal.errors import InputError, VideosalError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

#: Dark to light in even steps, also for people who are colour-blind.
COLOURS = "inferno"


def blend_overlay(frame: NDArray[np.uint8], saliency: NDArray[Any], *, opacity: float = 0.7) -> NDArray[np.uint8]:
    """Lay a map over its frame: the more salient, the more colour.

    Parameters
    ----------
    frame : ndarray, shape (H, W, 3), dtype uint8
        RGB.
    saliency : ndarray, shape (h, w)
        Any real dtype; scaled by its own minimum and maximum and resized to the frame.
    opacity : float
        How much of the frame the most salient point covers, 0 to 1.

    Returns
    -------
    ndarray, shape (H, W, 3), dtype uint8

    Raises
    ------
    InputError
        The shapes or the opacity are wrong, or the map is not finite.
    """
    import cv2

    if frame.ndim != 3 or frame.shape[2] != 3 or saliency.ndim != 2:
        raise InputError(f"expected a frame (H, W, 3) and a map (h, w), got {frame.shape} and {saliency.shape}")
    if not 0 <= opacity <= 1:
        raise InputError(f"opacity is {opacity}, expected 0 to 1")
    if not np.isfinite(saliency).all():
        raise InputError("the map holds NaN or infinity: it cannot be shown")
    size = (frame.shape[1], frame.shape[0])
    unit = cv2.resize(to_unit(saliency).astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    share = (opacity * unit)[..., None]
    painted = colour_map(unit) * share + frame * (1 - share)
    blended: NDArray[np.uint8] = np.rint(painted).astype(np.uint8)
    return blended


def colour_map(unit: NDArray[Any]) -> NDArray[np.uint8]:
    """Colour a map with values 0..1, shape (H, W), as RGB, shape (H, W, 3), uint8."""
    from matplotlib import colormaps

    table = np.rint(colormaps[COLOURS](np.arange(256))[:, :3] * 255).astype(np.uint8)
    coloured: NDArray[np.uint8] = table[np.rint(np.asarray(unit) * 255).astype(np.uint8)]
    return coloured


def write_overlay_video(
    path: Path, pairs: Iterable[tuple[NDArray[np.uint8], NDArray[Any]]], *, fps: float = 25.0, opacity: float = 0.7
) -> int:
    """Write a video of frames with their maps over them; one pair is held in memory at a time.

    Parameters
    ----------
    path : Path
        ``.mp4`` and so on: the ending says the container. The stream is H.264, which needs even sides; an odd
        side loses its last row or column.
    pairs : iterable of (frame, saliency)
        As for `blend_overlay`, all frames of one size.
    fps : float
        Frames per second.
    opacity : float
        As for `blend_overlay`.

    Returns
    -------
    int
        Number of frames.

    Raises
    ------
    InputError
        There is no frame, or one of another size.
    VideosalError
        PyAV is missing, or the file cannot be written.
    """
    try:
        import av
    except ImportError as error:
        raise VideosalError("writing videos needs PyAV: pip install 'videosal[video]'") from error
    count, size = 0, (0, 0)
    part = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")  # the ending says the container
    try:
        with av.open(str(part), "w") as container:
            stream: Any = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
            stream.pix_fmt = "yuv420p"
            for frame, saliency in pairs:
                picture = blend_overlay(frame, saliency, opacity=opacity)
                even = np.ascontiguousarray(picture[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2])
                if count == 0:
                    size = even.shape[:2]
                    stream.height, stream.width = size
                elif even.shape[:2] != size:
                    raise InputError(f"frame {count + 1} is {even.shape[:2]}, the first was {size}: one size is needed")
                for packet in stream.encode(av.VideoFrame.from_ndarray(even, format="rgb24")):
                    container.mux(packet)
                count += 1
            if count == 0:
                raise InputError(f"{path}: there is no frame to write")
            for packet in stream.encode():
                container.mux(packet)
        part.replace(path)
    except (av.error.FFmpegError, OSError) as error:
        raise VideosalError(f"cannot write {path} ({error.strerror or error})") from error
    finally:
        with suppress(OSError):  # it is not there, or neither is its folder
            part.unlink()
    return count
