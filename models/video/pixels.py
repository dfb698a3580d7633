"""How the frame of a video becomes a network's input: resizing, and normalisation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    Colour = tuple[float, float, float]

IMAGENET_MEAN = (0.485, 0.456, 0.406)  # of R, G, B in 0 to 1
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


def resize_frame(
    frame: NDArray[np.uint8], size: tuple[int, int], method: Literal["bilinear", "lanczos"] = "bilinear"
) -> NDArray[np.uint8]:
    """Resize a frame with PIL, which averages over what it leaves out (anti-aliasing).

    Parameters
    ----------
    frame : ndarray, shape (H, W, 3), dtype uint8
    size : tuple of int
        Height and width of what comes out.
    method : {"bilinear", "lanczos"}
        The filter.

    Returns
    -------
    ndarray, shape (h, w, 3), dtype uint8
    """
    from PIL import Image

    return np.array(Image.fromarray(frame).resize(size[::-1], Image.Resampling[method.upper()]))


def normalise_pixels(
    pixels: NDArray[np.uint8], mean: Colour = IMAGENET_MEAN, deviation: Colour = IMAGENET_DEVIATION
) -> Tensor:
    """Turn pixels (h, w, 3) uint8 into (3, h, w) float32: scaled to 0 to 1, less the mean, over the deviation."""
    import torch

    centre, spread = (torch.tensor(values).view(3, 1, 1) for values in (mean, deviation))
    return (torch.from_numpy(pixels).permute(2, 0, 1).float() / 255 - centre) / spread
