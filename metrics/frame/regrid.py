"""How other code than MATLAB's brings maps and pixels to another grid, and how it blurs them. Imports OpenCV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from videosal.metrics.protocols.choices import Smoothing

    Array = NDArray[Any]
    Map = NDArray[np.float64]
    Pixels = NDArray[np.int64]
    Size = tuple[int, int]

LETTERBOX = (360, 640)


def bilinear(image: Array, size: Size) -> Map:
    """Resize as OpenCV's INTER_LINEAR does: from the two nearest pixels per axis, without antialiasing."""
    import cv2

    image = image.astype(np.float64, copy=False)
    if image.shape == size:
        return image
    return np.asarray(cv2.resize(image, (size[1], size[0]), interpolation=cv2.INTER_LINEAR), np.float64)


def smooth(image: Array, rule: Smoothing) -> Map:
    """Blur by a Gaussian that is cut off at the side of the kernel."""
    import cv2

    border = {"symmetric": cv2.BORDER_REFLECT, "reflect": cv2.BORDER_REFLECT_101}[rule.border]
    image = image.astype(np.float64, copy=False)
    blurred = cv2.GaussianBlur(image, (rule.size, rule.size), rule.sigma, sigmaY=rule.sigma, borderType=border)
    return np.asarray(blurred, np.float64)


def halve_pixels(pixels: Pixels, size: Size, half: Size) -> Pixels:
    """Return the pixels of the half-size mask that the given ones touch, when it is resized like a map."""
    mask = np.zeros(size)
    mask.flat[pixels] = 255
    return np.flatnonzero(bilinear(mask, half) > 0.5)


def letterbox(image: Array, pad: float = 0.0) -> Array:
    """Bring a map into 360 x 640: as large as its aspect allows, centred on `pad`. One of that size stays as it is."""
    if image.shape == LETTERBOX:
        return image
    (height, width), (top, left) = _placed(image.shape)
    canvas = np.full(LETTERBOX, pad)
    canvas[top : top + height, left : left + width] = bilinear(image, (height, width))
    return canvas


def letterbox_pixels(pixels: Pixels, size: Size) -> Pixels:
    """Move pixels as `letterbox` moves a map; those that fall together count once."""
    if size == LETTERBOX:
        return pixels
    (height, width), (top, left) = _placed(size)
    rows, columns = np.divmod(pixels, size[1])
    rows = np.clip(np.rint(rows * (height / size[0])).astype(np.int64), 0, height - 1)
    columns = np.clip(np.rint(columns * (width / size[1])).astype(np.int64), 0, width - 1)
    return np.unique((rows + top) * LETTERBOX[1] + columns + left)


def _placed(size: tuple[int, ...]) -> tuple[Size, Size]:
    """Size and corner of a map in the letterbox."""
    h, w = size
    wide = w * LETTERBOX[0] > h * LETTERBOX[1]
    height = max(1, h * LETTERBOX[1] // w) if wide else LETTERBOX[0]
    width = LETTERBOX[1] if wide else max(1, w * LETTERBOX[0] // h)
    return (height, width), ((LETTERBOX[0] - height) // 2, (LETTERBOX[1] - width) // 2)
