"""TASED-Net: card, entry and how it meets a video. No torch at import.

It sees 32 frames, resized by OpenCV (bilinear, without anti-aliasing), in -1 to 1. The first 31 frames have windows
that go back in time. The map is cut to 8 bits, blurred (sigma 7), scaled to its maximum and saved at the network's
size.

The published weights are those of a later network than Table I's row: its scores on DHF1K are CC 0.489, NSS 2.797,
SIM 0.393, AUC-Judd 0.897 and sAUC 0.712. The authors' script refuses a video of fewer than 63 frames; here it is led in
as ViNet does it, so that every frame has a map.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from videosal.models.card import ModelCard
from videosal.models.zoo.clips import ClipSystem, blur_like_tased, scale_like_tased, window_with_reversed_start
from videosal.models.zoo.system import SystemEntry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

_LENGTH = 32


class TASEDNetModel(ClipSystem):
    """TASED-Net on a video: the script ``run_example.py``."""

    def prepare_frame(self, frame: NDArray[np.uint8]) -> Tensor:
        """Resize a frame and scale it to -1 to 1."""
        import cv2

        height, width = self.entry.input_size
        return scale_like_tased(cv2.resize(frame, (width, height), interpolation=cv2.INTER_LINEAR))

    def window(self, index: int, total: int) -> list[int]:
        """Return the window that ends at the frame, or for the first frames the one that goes back to it."""
        return window_with_reversed_start(index, total, _LENGTH)

    def finish(self, saliency: NDArray[np.float32], size: tuple[int, int]) -> NDArray[Any]:
        """Blur the map: (h, w) uint8."""
        return blur_like_tased(saliency)


def _build(_input_size: tuple[int, int]) -> Any:
    from videosal.models.zoo.tased_net.network import TASEDNet

    return TASEDNet()


tased_net = SystemEntry(
    "tased-net",
    ModelCard(
        title="TASED-Net",
        reference=(
            "K. Min and J. J. Corso, TASED-Net: temporally-aggregating spatial encoder-decoder network for video "
            "saliency detection, IEEE/CVF International Conference on Computer Vision, 2394-2403, 2019, "
            "arXiv:1908.05786"
        ),
        year=2019,
        venue="ICCV",
        description=(
            "S3D, and a decoder that unpools to where the encoder's maxima were. The published weights are of a later "
            "network than Table I's row"
        ),
        input=(
            "32 frames, 384x224, RGB; the map is of the last one. For the first 31 frames the clip goes back in time; "
            "below 63 frames, which the authors refuse, copies of frame 1 lead in"
        ),
        output="224 x 384 (height x width), 8 bits, blurred",
        parameters=21_260_693,
        licence="MIT",
        input_size="384x224",
        weights="the authors' TASED_updated.pt, linked by the README of MichiganCOG/TASED-Net; MIT, for anyone",
        gflops=91.5,
        model_size_mb=82.0,
        runtime_s=0.060,
    ),
    _build,
    (224, 384),
    model=TASEDNetModel,
    frames=_LENGTH,
)
