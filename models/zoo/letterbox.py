"""Frames made to fit by bands of zeros, and maps without those bands: how ACLNet and STRA-Net meet a frame's shape.

Source: ``utilities.py`` of both, on scipy.misc, which resized with PIL (bilinear) and stretched anything but 8 bits to
0 to 255 first. No torch here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.models.video.pixels import resize_frame
from videosal.models.zoo.system import FIXED, PUBLISHED

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Resize = Callable[[NDArray[Any], tuple[int, int]], NDArray[Any]]

_SIGMA = 7  # pixels of the frame, of the blur of finished maps
# Of the channels R, G, B: the authors take away those of B, G, R, which is a plain bug.
_MEANS = {PUBLISHED: (103.939, 116.779, 123.68), FIXED: (123.68, 116.779, 103.939)}


def prepare_frame(frame: NDArray[np.uint8], size: tuple[int, int], mode: str) -> NDArray[np.float32]:
    """Make a frame fit, take away the mean and reverse the channels.

    Parameters
    ----------
    frame : ndarray, shape (H, W, 3), dtype uint8
        RGB.
    size : tuple of int
        Height and width of what comes out.
    mode : str
        ``published`` takes the mean of blue from red and that of red from blue, ``fixed`` each from its own channel.

    Returns
    -------
    ndarray, shape (3, h, w), dtype float32
        BGR; the bands hold the mean, negative.
    """
    fitted = fit(frame, size, resize_frame)
    return np.ascontiguousarray((fitted - np.array(_MEANS[mode]))[..., ::-1].transpose(2, 0, 1), np.float32)


def fit(image: NDArray[Any], size: tuple[int, int], resize: Resize) -> NDArray[Any]:
    """Resize an image (H, W, C) to fit into `size`, keeping its shape, and centre it on zeros.

    Parameters
    ----------
    image : ndarray, shape (H, W, C)
        Any dtype.
    size : tuple of int
        Height and width of what comes out.
    resize : callable
        Takes the image, and the height and width to give it.
    """
    rows, columns = scaled_size(image.shape[:2], size, cover=False)
    fitted = np.zeros((*size, image.shape[2]), image.dtype)
    top, left = (size[0] - rows) // 2, (size[1] - columns) // 2
    fitted[top : top + rows, left : left + columns] = resize(image, (rows, columns))
    return fitted


def finish_map(saliency: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Bring a map to the size of the frame without the bands, blur it and scale its maximum to 255.

    Resizing and the blur work on 8 bits, as the authors' do: the map is stretched to 0 to 255 first, and each pass of
    the blur drops what is less than a level.

    Parameters
    ----------
    saliency : ndarray, shape (h, w)
        The network's map of a frame that `prepare_frame` made fit.
    size : tuple of int
        Height and width of the frame.

    Returns
    -------
    ndarray, shape (H, W), dtype float32
        0 to 255; zeros where the map is constant.
    """
    from scipy.ndimage import gaussian_filter

    rows, columns = scaled_size(saliency.shape, size, cover=True)
    large = resize_frame(_to_bytes(saliency), (rows, columns))
    top, left = (rows - size[0]) // 2, (columns - size[1]) // 2
    blurred = gaussian_filter(large[top : top + size[0], left : left + size[1]], sigma=_SIGMA).astype(np.float32)
    highest = blurred.max()
    return blurred / highest * 255 if highest else blurred


def scaled_size(source: tuple[int, ...], size: tuple[int, int], *, cover: bool) -> tuple[int, int]:
    """Return height and width of `source` scaled to lie within `size`, or to cover it, with one side of `size`."""
    if cover:
        by_height = size[0] * source[1] > size[1] * source[0]
    else:
        by_height = source[0] * size[1] > source[1] * size[0]
    if by_height:
        return size[0], max(source[1] * size[0] // source[0], 1)
    return max(source[0] * size[1] // source[1], 1), size[1]


def _to_bytes(saliency: NDArray[np.float32]) -> NDArray[np.uint8]:
    low, high = float(saliency.min()), float(saliency.max())
    scale = 255 / (high - low) if high > low else 0.0
    return ((saliency - low) * scale + 0.5).astype(np.uint8)
