"""From the luma of a decoded video frame to the numbers of a saliency map.

A map that lies in a video is levels of luma; which numbers they stand for is a choice that moves scores, so each
protocol makes it (`videosal.metrics.Protocol`, field ``luma``). The plane is read as it was stored and looked up in a
table; FFmpeg's converters are not asked, for PyAV 17 and later run them in threads that spoil pixels where their slices
meet, and older ones ignore the range that a file states.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.datasets.files.orientation import turn
from videosal.errors import FileError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Levels = NDArray[np.unsignedinteger[Any]]  # uint8 or uint16

GRAY16 = "gray16"  # what PyAV and FFmpeg give for the pixel format gray16
PNG = "png"  # what FFmpeg writes into a PNG

_CHROMA = 16  # of 8 bits: how far lossy codecs may move the chroma of grey
_COLOURED = 0.001  # share of the pixels that may be further off
_GREY = re.compile(r"(gray|yuvj?4\d\dp|yuva4\d\dp|nv12|nv21|nv16|nv24|nv42)(\d*)(le|be)?")
_PLANES_OF_RGB = re.compile(r"gbra?p(\d*)(le|be)?")
_PACKED_RGB = re.compile(r"(rgb|bgr|rgba|bgra|argb|abgr|rgb0|bgr0|0rgb|0bgr)(24|48|64)?(le|be)?")


@dataclass(frozen=True, slots=True)
class Coding:
    """How a map is coded as levels.

    Attributes
    ----------
    bits : int
        8 to 16.
    limited : bool
        Whether black and white are at 16 and 235 of 8 bits, as television has them, and not at 0 and 255.
    yuv : bool
        Whether the levels are the luma of YUV, and not of one grey channel or of three equal colours.
    """

    bits: int
    limited: bool = False
    yuv: bool = False

    def numbers(self, levels: Levels, luma: str) -> Levels:
        """Return the map that levels stand for.

        Parameters
        ----------
        levels : (H, W) array of uint8 or uint16
        luma : {"gray16", "png"}
            The rule.

        Returns
        -------
        (H, W) array of uint8 or uint16
            ``gray16``: 0 to 65535; 8 bits of the whole range stay 0 to 255, which is the same map. ``png``: 0 to 255
            for 8 bits, else 0 to 65535.
        """
        table = _table(self, luma)
        return levels if table is None else np.take(table, levels, mode="clip")


@lru_cache
def _table(coding: Coding, luma: str) -> Levels | None:
    """The number of each level, in the integers of FFmpeg's converter; None where it is the level itself."""
    bits = coding.bits
    if not coding.limited and bits in (8, 16):
        return None
    level = np.arange(1 << bits, dtype=np.int64)
    if not coding.limited:
        value = level << (16 - bits)
        if luma == GRAY16 or not coding.yuv:
            value |= level >> (2 * bits - 16)
        return value.astype(np.uint16)
    black = 16 << (bits - 8)
    if luma == GRAY16:
        fine = np.clip((level * (306429 << (19 - bits)) - 10041161728) >> 18, 0, (1 << 19) - 1)
        return np.asarray(np.minimum((fine + 4) >> 3, 65535), np.uint16)
    if bits == 8:  # FFmpeg rounds down here
        return np.asarray(np.clip(((level - black) * 8 * 9539) >> 16, 0, 255), np.uint8)
    return np.asarray(np.clip((((level - black) << (17 - bits)) * 9539 + 8192) >> 14, 0, 65535), np.uint16)


def numbers_of(found: tuple[Levels, Coding] | None, luma: str = GRAY16) -> Levels | None:
    """Return the map that levels and their coding stand for by the rule `luma`; None for None."""
    return None if found is None else found[1].numbers(found[0], luma)


def to_grey(frame: Any, where: str, luma: str = GRAY16) -> Levels:
    """Return a decoded frame of a video of maps as one map, by the rule `luma`; see `Coding.numbers`.

    Raises
    ------
    FileError
        The frame is in colour, or its pixel format has no luma of its own.
    """
    levels, coding = read_levels(frame, where)
    return coding.numbers(levels, luma)


def read_levels(frame: Any, where: str) -> tuple[Levels, Coding]:
    """Return the levels of a decoded frame, shape (H, W), turned as it is shown, and how they are coded.

    A frame without a range is of the limited one, unless its pixel format says otherwise. The chroma of a YUV frame
    must be neutral, as far as lossy codecs keep it.

    Raises
    ------
    FileError
        As `to_grey`.
    """
    levels, coding = _stored_levels(frame, where)
    return turn(levels, frame), coding


def _stored_levels(frame: Any, where: str) -> tuple[Levels, Coding]:
    name = frame.format.name
    if match := _GREY.fullmatch(name):
        yuv = match[1] != "gray"
        if yuv:
            _check_neutral(frame, where, name, _depth(match[2]))
        full = not yuv or match[1].startswith("yuvj") or frame.color_range == 2
        return _plane(frame.planes[0], name), Coding(_depth(match[2]), limited=not full, yuv=yuv)
    if match := _PLANES_OF_RGB.fullmatch(name):
        return _one_of([_plane(plane, name) for plane in frame.planes[:3]], where), Coding(_depth(match[1]))
    if match := _PACKED_RGB.fullmatch(name):
        order = match[1]
        pixels = _plane(frame.planes[0], name, channels=len(order))
        channels = [np.ascontiguousarray(pixels[..., order.index(colour)]) for colour in "rgb"]
        return _one_of(channels, where), Coding(16 if match[2] in ("48", "64") else 8)
    raise FileError(f"{where}: a video of the pixel format {name}: encode the maps as gray, YUV or RGB")


def _check_neutral(frame: Any, where: str, name: str, bits: int) -> None:
    """Refuse a frame whose chroma is not that of grey."""
    packed = name.startswith("nv")
    middle, allowed = 1 << (bits - 1), _CHROMA << (bits - 8)
    for plane in frame.planes[1 : 2 if packed else 3]:
        levels = _plane(plane, name, channels=2 if packed else 1)
        low, high = int(levels.min()), int(levels.max())
        if max(middle - low, high - middle) > allowed:
            far = (levels < middle - allowed) | (levels > middle + allowed)
            if far.mean() > _COLOURED:
                raise FileError(
                    f"{where}: a video in colour, and a saliency map has one channel: save the maps as grey, "
                    "not as heat maps or overlays"
                )


def _depth(digits: str) -> int:
    return int(digits or 8)


def _one_of(channels: list[Levels], where: str) -> Levels:
    if any((channel != channels[0]).any() for channel in channels[1:]):
        raise FileError(f"{where}: a video in colour, and a saliency map has one channel")
    return channels[0]


def _plane(plane: Any, name: str, channels: int = 1) -> Levels:
    """Return a plane without the padding at the ends of its lines."""
    wide = name.endswith(("le", "be"))
    dtype = np.dtype((">u2" if name.endswith("be") else "<u2") if wide else np.uint8)
    lines = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    pixels = np.ascontiguousarray(lines[:, : plane.width * channels * dtype.itemsize]).view(dtype)
    native: Levels = pixels.astype(dtype.newbyteorder("="), copy=False)
    return native if channels == 1 else native.reshape(plane.height, plane.width, channels)
