"""Baselines that look at pixels and need no weights: `Motion` at two frames, `SpectralResidual` at one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np

from videosal.models.baselines.without_pixels import check_sigma
from videosal.models.card import ModelCard

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Frames = Sequence[NDArray[np.uint8]]
    Maps = Iterator[NDArray[np.float32]]

_MOTION_WIDTH = 160  # pixels: fine enough for what viewers follow, coarse enough to leave out coding noise
_RESIDUAL_WIDTH = 64  # pixels: the scale that Hou and Zhang chose
_ROUNDING = 1e-6  # a spectral amplitude below this is rounding error of the transform; grey values are 0..255


class Motion:
    """Absolute difference to the frame before, blurred: what is won by looking at what moves.

    Frames are made grey, scaled to a width of 160, and blurred by one pixel against noise. The first frame is
    compared with the second. A frame that equals the one before gets a map of zeros, and so does a video of
    one frame.

    Parameters
    ----------
    sigma : float, optional
        Standard deviation of the final blur as a fraction of the width. The default 0.04 is twice that of the
        Gaussians in DHF1K's own density maps (12.7 of 640 pixels), as motion shows at the edges of what
        moves.

    Raises
    ------
    ModelError
        `sigma` is not positive.
    """

    card: ClassVar[ModelCard] = ModelCard(
        title="Motion",
        description="Absolute difference of two frames in succession, blurred (sigma = 0.04 of the width).",
        input="any size, RGB; scaled to a width of 160",
        output="width 160, height in proportion; 0..255",
        parameters=0,
        licence="MIT",
    )

    def __init__(self, sigma: float = 0.04) -> None:
        self.sigma = check_sigma("motion", sigma)

    def predict(self, frames: Frames) -> Maps:
        """Give the blurred difference for each frame."""
        total = len(frames)
        if not total:
            return
        before = self._soften(frames[0])
        if total == 1:
            yield np.zeros_like(before)
        for index in range(1, total):
            after = self._soften(frames[index])
            change = _blur(np.abs(after - before), self.sigma * after.shape[1])
            if index == 1:
                yield change.copy()  # the first frame has no frame before it
            yield change
            before = after

    def _soften(self, frame: NDArray[np.uint8]) -> NDArray[np.float32]:
        return _blur(_grey(frame, min(_MOTION_WIDTH, frame.shape[1])), 1.0)


class SpectralResidual:
    """Spectral residual of Hou and Zhang: what is statistically unexpected in one frame.

    The frame is made grey and scaled to a width of 64. Its log amplitude spectrum, minus the 3x3 mean of
    that, goes back to the image together with the phase, is squared and blurred. Borders are reflected in the
    blur, so that no preference for the middle comes in. A frame of one colour gets a map of zeros.

    Parameters
    ----------
    sigma : float, optional
        Standard deviation of the blur in pixels of the 64-pixel-wide map; 2.5 as in the authors' MATLAB code.

    Raises
    ------
    ModelError
        `sigma` is not positive.
    """

    card: ClassVar[ModelCard] = ModelCard(
        title="Spectral residual",
        reference=(
            "X. Hou and L. Zhang, Saliency detection: a spectral residual approach, IEEE Conference on Computer "
            "Vision and Pattern Recognition, 1-8, 2007, DOI 10.1109/CVPR.2007.383267"
        ),
        year=2007,
        venue="CVPR",
        description="What a frame's log amplitude spectrum has beyond its local mean; frame by frame.",
        input="any size, RGB; scaled to a width of 64",
        output="width 64, height in proportion; >= 0",
        parameters=0,
        licence="MIT",
    )

    def __init__(self, sigma: float = 2.5) -> None:
        self.sigma = check_sigma("spectral-residual", sigma)

    def predict(self, frames: Frames) -> Maps:
        """Give the spectral residual of each frame."""
        for index in range(len(frames)):
            yield self._transform(_grey(frames[index], _RESIDUAL_WIDTH))

    def _transform(self, grey: NDArray[np.float32]) -> NDArray[np.float32]:
        import cv2

        if np.ptp(grey) == 0:
            return np.zeros_like(grey)
        spectrum = np.fft.fft2(grey.astype(np.float64))
        amplitude = np.maximum(np.abs(spectrum), _ROUNDING)
        log_amplitude = np.log(amplitude)
        residual = log_amplitude - cv2.blur(log_amplitude, (3, 3), borderType=cv2.BORDER_REPLICATE)
        # The phase of a component that is rounding error is noise: the division leaves such a component near zero.
        saliency = np.abs(np.fft.ifft2(np.exp(residual) * spectrum / amplitude)) ** 2
        return _blur(saliency.astype(np.float32), self.sigma)


def _grey(frame: NDArray[np.uint8], width: int) -> NDArray[np.float32]:
    import cv2

    height = max(1, round(frame.shape[0] * width / frame.shape[1]))
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
    # Area averaging is right for shrinking only.
    method = cv2.INTER_AREA if width <= frame.shape[1] else cv2.INTER_LINEAR
    return cast("NDArray[np.float32]", cv2.resize(grey, (width, height), interpolation=method))


def _blur(image: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    import cv2

    side = 2 * math.ceil(4 * sigma) + 1
    blurred: Any = cv2.GaussianBlur(image, (side, side), sigma, borderType=cv2.BORDER_REFLECT)
    return cast("NDArray[np.float32]", blurred)
