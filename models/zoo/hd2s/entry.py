"""HD2S: card, entry and how it meets a video. No torch at import.

It sees 16 frames, resized by OpenCV (bicubic, without anti-aliasing), in -1 to 1. The map is cut to 8 bits, blurred
(sigma 7), scaled to its maximum and saved at the network's size.

The first 15 frames have the clip that begins with them, turned round as in TASED-Net's script. But what the authors'
script turns round is not time: it is the order of the colours. So its map of frame 1 is in truth one of frame 16, from
a clip in blue, green and red. Mode ``published`` does that; mode ``fixed`` turns the clip round in time.

A video of fewer than 31 frames is led out by its own frames, last one first, until there are 31; where these run out,
the first one is repeated. The authors' script stops with an error below 15 frames; here each frame has its map.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from videosal.models.card import ModelCard
from videosal.models.zoo.clips import ClipSystem, blur_like_tased, causal_window, scale_like_tased
from videosal.models.zoo.system import FIXED, PUBLISHED, SystemEntry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

_LENGTH = 16


class HD2SModel(ClipSystem):
    """HD2S on a video: the script ``test.py``."""

    def prepare_frame(self, frame: NDArray[np.uint8]) -> Tensor:
        """Resize a frame and scale it to -1 to 1."""
        import cv2

        height, width = self.entry.input_size
        return scale_like_tased(cv2.resize(frame, (width, height), interpolation=cv2.INTER_CUBIC))

    def window(self, index: int, total: int) -> list[int]:
        """Return the window that ends at the frame, or for the first frames the one that begins with it."""
        if index >= _LENGTH - 1:
            return causal_window(index, _LENGTH)
        window = range(index, index + _LENGTH)
        return [i if i < total else max(2 * total - 1 - i, 0) for i in window]

    def make_clip(self, index: int, frames: list[Tensor]) -> Tensor:
        """Join the frames to a clip; those of the first frames are turned round, in colour or in time."""
        clip = super().make_clip(index, frames)
        if index >= _LENGTH - 1:
            return clip
        return clip.flip(1 if self.mode == FIXED else 0)

    def finish(self, saliency: NDArray[np.float32], size: tuple[int, int]) -> NDArray[Any]:
        """Blur the map: (h, w) uint8."""
        return blur_like_tased(saliency)


def _build(_input_size: tuple[int, int]) -> Any:
    from videosal.models.zoo.hd2s.network import HD2S

    return HD2S()


hd2s = SystemEntry(
    "hd2s",
    ModelCard(
        title="HD2S",
        reference=(
            "G. Bellitto, F. Proietto Salanitri, S. Palazzo, F. Rundo, D. Giordano and C. Spampinato, Hierarchical "
            "domain-adapted feature learning for video saliency prediction, International Journal of Computer Vision, "
            "2021, arXiv:2010.01220"
        ),
        year=2021,
        venue="International Journal of Computer Vision",
        description=(
            "S3D, and a decoder for each of four features, whose maps are joined. The base network: the weights of the "
            "domain-specific one (HD2S_DSL) have other layers"
        ),
        input=(
            "16 frames, 192x128, RGB; the map is of the last one. For the first 15 frames the clip begins with the "
            "frame, with its colours in reverse (mode published) or going back in time (mode fixed)"
        ),
        output="128 x 192 (height x width), 8 bits, blurred",
        parameters=29_795_597,
        licence="CC BY-NC 4.0",
        input_size="192x128",
        weights=(
            "the authors' checkpoint, linked by the README of perceivelab/hd2s; CC BY-NC 4.0, not for commercial use"
        ),
        model_size_mb=116.0,
        runtime_s=0.030,
    ),
    _build,
    (128, 192),
    model=HD2SModel,
    frames=_LENGTH,
    modes=(PUBLISHED, FIXED),
)
