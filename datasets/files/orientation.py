"""Which way up a picture is shown: cameras store it as the sensor lies, and say beside it how they were held."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SAME = 1.1  # how far proportions may differ and be the same
_ORIENTATION = 0x0112  # the entry of EXIF


def is_on_its_side(size: tuple[int, ...], wanted: tuple[int, int]) -> bool:
    """Whether a picture of height and width `size` has the proportions of `wanted` turned by a quarter."""
    stretch, straight = size[0] / size[1], wanted[0] / wanted[1]
    return max(straight, 1 / straight) > _SAME**2 and 1 / _SAME < stretch * straight < _SAME


def is_turned(exif: bytes) -> bool:
    """Whether EXIF data, from its byte order on, say that the rows of the picture are shown as columns."""
    order = "<" if exif.startswith(b"II") else ">"
    try:
        (start,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, start)
        entries = (struct.unpack_from(f"{order}HHIH", exif, start + 2 + 12 * place) for place in range(count))
        return any(tag == _ORIENTATION and 5 <= value <= 8 for tag, _, _, value in entries)
    except struct.error:  # cut short: pictures are then shown as they are stored
        return False


def turn(pixels: NDArray[Any], frame: Any) -> NDArray[Any]:
    """Turn the pixels of a decoded frame as the display matrix of its file says.

    Parameters
    ----------
    pixels : (H, W) or (H, W, 3) array
        As they are stored.
    frame : VideoFrame
        As PyAV decoded it.

    Returns
    -------
    ndarray
        The same pixels, in quarter turns and mirrored. A picture with another angle is left as it is, as OpenCV does.
    """
    for data in frame.side_data:
        if data.type.name == "DISPLAYMATRIX":
            # Where the columns of the stored picture go, x and y, and where its rows go.
            x, y, _, rows_x, rows_y, *_ = struct.unpack("=9i", bytes(data)[:36])
            if not x and not rows_y and y and rows_x:
                pixels, x, rows_y = pixels.swapaxes(0, 1), rows_x, y
            elif y or rows_x or not x or not rows_y:
                return pixels
            return np.ascontiguousarray(pixels[:: 1 if rows_y > 0 else -1, :: 1 if x > 0 else -1])
    return pixels
