"""TinyHD: the smallest system here, and the one whose weights are in its authors' repository.

Source: WACV 2023 and github.com/feiyanhu/tinyHD (``quick_start.py``, ``generate.py``); the parts are in
`videosal.models.zoo.tinyhd.network`. Both entries are the networks with a quarter of the channels. No torch here.
"""

from __future__ import annotations

from collections import deque
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from videosal.models.card import ModelCard
from videosal.models.video.pixels import IMAGENET_DEVIATION, IMAGENET_MEAN
from videosal.models.video.prefetch import PrefetchedFrames
from videosal.models.zoo.clips import ClipSystem, causal_window
from videosal.models.zoo.system import PUBLISHED, SystemEntry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from torch import Tensor, nn

T = TypeVar("T")

RAW = "raw"

_INPUT_SIZE = (192, 256)
_LENGTH = 16
_PARAMETERS = {"tinyhd": 513_121, "tinyhd-m": 515_281}


class TinyHDModel(ClipSystem):
    """TinyHD-S: the map of a frame comes from the 16 frames that end with it.

    A clip that begins before the video is filled with copies of the first frame. ``quick_start.py`` saves the map of
    frame 16 in the place of the first 15; ``generate.py``, which is followed here, saves their own.

    In mode ``published`` maps are finished as the authors save them, see `finish_map`; in mode ``raw`` they are the
    network's, (192, 256) float32 in 0 to 1.
    """

    def prepare_frame(self, frame: NDArray[np.uint8]) -> Tensor:
        """Resize a frame (bilinear, without anti-aliasing, as torchvision treats tensors) and normalise it."""
        import torch
        from torch.nn.functional import interpolate

        pixels = torch.from_numpy(np.ascontiguousarray(frame)).permute(2, 0, 1)[None].float()
        # The authors normalise first. That changes nothing but the rounding, and takes longer.
        small = interpolate(pixels, size=self.entry.input_size, mode="bilinear", align_corners=False)[0] / 255
        mean, deviation = (torch.tensor(values).view(3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_DEVIATION))
        return (small - mean) / deviation

    def window(self, index: int, total: int) -> list[int]:
        """Return the 16 indices that end at `index`, with copies of the first frame before the video."""
        return causal_window(index, _LENGTH)

    def finish(self, saliency: NDArray[np.float32], size: tuple[int, int]) -> NDArray[Any]:
        """Finish a map of the network as the mode says."""
        return finish_map(saliency, size) if self.mode == PUBLISHED else saliency


class TinyHDMultiModel(TinyHDModel):
    """TinyHD-M: each call predicts all of its 16 frames.

    A video is cut into clips of 16 frames. If it ends inside a clip, the last 16 frames are a clip as well, and its
    maps replace those that the clip before gave. The authors predict no video of less than 16 frames; here copies of
    its first frame come before it. Frames and maps are prepared and finished as those of TinyHD-S.
    """

    def predict(self, frames: Sequence[NDArray[np.uint8]]) -> Iterator[NDArray[Any]]:
        """Give the map of each frame of a video, in order, each read once; see `videosal.models.Model`."""
        import torch

        with PrefetchedFrames(frames, self._prepare, ahead=_LENGTH) as prepared:
            clips = cut_clips(prepared)
            while batch := list(islice(clips, self.batch)):
                maps = self.call(
                    torch.stack([torch.stack([frame.pixels for frame in clip], dim=1) for clip, _ in batch])
                )
                for (clip, kept), of_clip in zip(batch, maps.cpu().numpy(), strict=True):
                    for frame, saliency in zip(clip[kept], of_clip[kept], strict=True):
                        yield self.finish(saliency, frame.size)


def cut_clips(frames: Sequence[T]) -> Iterator[tuple[list[T], slice]]:
    """Cut a video into clips of 16 frames, the last 16 among them, and say which frames of each it predicts.

    Every frame is read once, in order, and predicted by one clip: the last that holds it.
    """
    total = len(frames)
    ends = sorted({*range(_LENGTH, total + 1, _LENGTH), total} - {0})
    clip: deque[T] = deque(maxlen=_LENGTH)
    read = 0
    for end, following in pairwise([*ends, total + _LENGTH]):
        for index in range(read, end):
            clip.extend([frames[index]] * (1 if clip else _LENGTH))
        read = end
        first = max(0, _LENGTH - end)
        yield list(clip), slice(first, min(_LENGTH, first + following - end))


def finish_map(raw: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Finish a map as the authors do: 8 bits from minimum to maximum, cubic resize, Gaussian filter of 5 x 5.

    Parameters
    ----------
    raw : ndarray, shape (h, w)
        Map of the network.
    size : tuple of int
        Height and width of the frame.

    Returns
    -------
    ndarray, shape (height, width), dtype uint8
        Zeros where `raw` is constant.
    """
    import cv2

    low, high = raw.min(), raw.max()
    scaled = (raw - low) / (high - low) * 255 if high > low else np.zeros_like(raw)
    large = cv2.resize(scaled.astype(np.uint8), size[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.GaussianBlur(large, (5, 5), 0), np.uint8)


def _entry(name: str, title: str, weights: str, maps: int, output: str, model: type[TinyHDModel]) -> SystemEntry:
    card = ModelCard(
        title=title,
        reference=(
            "F. Hu, S. Palazzo, F. Proietto Salanitri, G. Bellitto, M. Moradi, C. Spampinato and K. McGuinness, "
            "TinyHD: Efficient Video Saliency Prediction with Heterogeneous Decoders using Hierarchical Maps "
            "Distillation, WACV 2023, 2051-2060"
        ),
        year=2023,
        venue="WACV",
        description="A 3D MobileNetV2 with a quarter of its channels and three kinds of decoders, taught by HD2S.",
        input=f"{_LENGTH} frames, 256x192, RGB",
        output=f"size of the frame, 8 bits; {output}",
        parameters=_PARAMETERS[name],
        licence="none stated, for code and weights",
        input_size="256x192",
        weights=f"weights/{weights} in feiyanhu/tinyHD; without a licence, so ask the authors before you pass it on",
    )

    def build(input_size: tuple[int, int]) -> nn.Module:
        from videosal.models.zoo.tinyhd.network import TinyHD

        return TinyHD(every_frame=maps > 1)

    return SystemEntry(name, card, build, _INPUT_SIZE, model=model, frames=_LENGTH, maps=maps, modes=(PUBLISHED, RAW))


tinyhd = _entry("tinyhd", "TinyHD-S", "d123s_rc4_rc1T.pth", 1, "the map is of the last frame of the clip", TinyHDModel)
tinyhd_m = _entry(
    "tinyhd-m", "TinyHD-M", "d123m_rc4_rc1T.pth", _LENGTH, "one map per frame of the clip", TinyHDMultiModel
)
