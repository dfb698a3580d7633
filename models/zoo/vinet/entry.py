"""ViNet and ViNet-S: cards, entries and how they meet a video. No torch at import.

ViNet sees 32 frames, resized by PIL (bilinear, with anti-aliasing) and normalised as for ImageNet. Its map is resized
to the video, blurred by a Gaussian of 11 x 11 pixels and saved as 8 bits. The first 31 frames have windows that go back
in time; ViNet-S repeats the first frame in front instead.

The code that saves the maps adds 0.5 before it rounds, so that its levels are half a level too high. That is kept: the
scale of a map is of no matter to a metric, and 0 and 255 stay what they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.models.card import ModelCard
from videosal.models.video.pixels import normalise_pixels, resize_frame
from videosal.models.zoo.clips import ClipSystem, causal_window, window_with_reversed_start
from videosal.models.zoo.system import SystemEntry

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

_LENGTH = 32
_SIZE = (224, 384)
_BLUR = 11  # pixels of the video; OpenCV takes a sigma of 2 for them


class ViNetModel(ClipSystem):
    """ViNet on a video: ``generate_result.py``, and below 63 frames ``generate_result_hollywood_ucf.py``."""

    def prepare_frame(self, frame: NDArray[np.uint8]) -> Tensor:
        """Resize a frame and normalise it."""
        return normalise_pixels(resize_frame(frame, self.entry.input_size))

    def window(self, index: int, total: int) -> list[int]:
        """Return the window that ends at the frame, or for the first frames the one that goes back to it."""
        return window_with_reversed_start(index, total, _LENGTH)

    def finish(self, saliency: NDArray[np.float32], size: tuple[int, int]) -> NDArray[Any]:
        """Resize the map to the video, blur it and turn it into 8 bits: (H, W) uint8."""
        return _quantise(_smooth(saliency, size))


class ViNetSModel(ViNetModel):
    """ViNet-S on a video: the script ``ViNet_S_inferences_metrics.py``, which scores the map in floating point."""

    def window(self, index: int, total: int) -> list[int]:
        """Return the window that ends at the frame; before the video, its first frame stands in."""
        return causal_window(index, _LENGTH)

    def finish(self, saliency: NDArray[np.float32], size: tuple[int, int]) -> NDArray[Any]:
        """Resize the map to the video and blur it: (H, W) float32."""
        return _smooth(saliency, size)


def _smooth(saliency: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    import cv2

    height, width = size
    large = cv2.resize(saliency, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.GaussianBlur(large, (_BLUR, _BLUR), 0), np.float32)


def _quantise(saliency: NDArray[np.float32]) -> NDArray[np.uint8]:
    lowest = saliency.min()
    scaled = (saliency - lowest) / max(saliency.max() - lowest, np.float32(1e-5))
    return np.asarray(np.rint(np.clip(scaled * 255 + np.float32(0.5), 0, 255)), np.uint8)


def _build_vinet(_input_size: tuple[int, int]) -> Any:
    from videosal.models.zoo.vinet.network import ViNet

    return ViNet()


def _build_vinet_s(_input_size: tuple[int, int]) -> Any:
    from videosal.models.zoo.vinet.network import GROUPED, ViNet

    return ViNet(GROUPED)


vinet = SystemEntry(
    "vinet",
    ModelCard(
        title="ViNet",
        reference=(
            "S. Jain, P. Yarlagadda, S. Jyoti, S. Karthik, R. Subramanian and V. Gandhi, ViNet: pushing the limits of "
            "visual modality for audio-visual saliency prediction, IEEE/RSJ International Conference on Intelligent "
            "Robots and Systems, 2021, arXiv:2012.06170"
        ),
        year=2021,
        venue="IROS",
        description="S3D, and a decoder that joins its four levels along time.",
        input=(
            "32 frames, 384x224, RGB; the map is of the last one. For the first 31 frames the clip goes back in time; "
            "below 63 frames copies of frame 1 lead in"
        ),
        output="of the video's size, 8 bits, blurred",
        parameters=31_099_585,
        licence="MIT",
        input_size="384x224",
        weights=(
            "the authors' ViNet_DHF1K.pt, ViNet_Hollywood.pt, ViNet_UCF.pt and others: one archive, linked by the "
            "README of samyak0210/ViNet; MIT, for anyone"
        ),
        gflops=115.0,
        model_size_mb=124.0,
        runtime_s=0.016,
    ),
    _build_vinet,
    _SIZE,
    model=ViNetModel,
    frames=_LENGTH,
)

vinet_s = SystemEntry(
    "vinet-s",
    ModelCard(
        title="ViNet-S",
        reference=(
            "R. Girmaji, S. Jain, B. Beri, S. Bansal and V. Gandhi, Minimalistic video saliency prediction via "
            "efficient decoder & spatio temporal action cues, IEEE International Conference on Acoustics, Speech and "
            "Signal Processing, 2025, DOI 10.1109/ICASSP49660.2025.10888852, arXiv:2502.00397"
        ),
        year=2025,
        venue="ICASSP",
        description="ViNet with grouped convolutions in its decoder.",
        input="32 frames, 384x224, RGB; the map is of the last one, and copies of frame 1 lead in",
        output="of the video's size, blurred",
        parameters=9_500_737,
        licence="CC BY-NC-SA 4.0",
        input_size="384x224",
        weights="the authors' checkpoints, linked by ViNet-Saliency/vinet_v2; CC BY-NC-SA 4.0, not for commercial use",
        model_size_mb=36.0,
    ),
    _build_vinet_s,
    _SIZE,
    model=ViNetSModel,
    frames=_LENGTH,
)
