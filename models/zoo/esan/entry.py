"""ESAN (Chen et al.): every frame from the two before and the two after it, and from every fifth frame before.

Source: Pattern Recognition 2021 and github.com/cj4L/ESAN-VSP (``test.py``, ``utilties.py``); the parts are in
`videosal.models.zoo.esan.network`. No torch here.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from videosal.models.card import ModelCard
from videosal.models.video.pixels import normalise_pixels, resize_frame
from videosal.models.video.prefetch import PrefetchedFrames
from videosal.models.video.windows import sliding_windows
from videosal.models.zoo.letterbox import scaled_size
from videosal.models.zoo.system import PreparedFrame, SystemEntry, SystemModel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from torch import Tensor, nn

    from videosal.models.zoo.esan.network import ESAN, Levels, State

_INPUT_SIZE = (256, 320)
_GROUP = 5
_MIDDLE = 2
_AHEAD = 4  # frames that are decoded while the network works
_SIGMA = 7  # pixels of the frame, of the blur of a map


class _EncodedFrame(NamedTuple):
    levels: Levels
    size: tuple[int, int]  # of the frame of the video


class ESANModel(SystemModel):
    """ESAN: the map of frame n comes from the frames n - 2 to n + 2 and a state of the frames n - 5, n - 10, ...

    The authors lead a video in and out by two copies of its first and last frame and cut it five times into groups of
    five, from its frames 0 to 4 on. A group gives the map of its middle frame, and a state goes from group to group of
    a cut. Here the five cuts run side by side: each frame is decoded and encoded once, in order, five encoded frames
    and five states are held, and maps come in order. The maps are the same.

    There is no mode ``fixed``: the second recurrence, which the authors' code never runs, has untrained weights.
    """

    network: ESAN

    def predict(self, frames: Sequence[NDArray[np.uint8]]) -> Iterator[NDArray[np.float32]]:
        """Give the map of each frame of a video, in order and of its size; see `videosal.models.Model`."""
        held: dict[int, _EncodedFrame] = {}
        states: list[State | None] = [None] * _GROUP
        windows = enumerate(sliding_windows(range(len(frames)), length=_GROUP, target=_MIDDLE))
        with PrefetchedFrames(frames, self._prepare, ahead=_AHEAD) as prepared:
            while batch := list(islice(windows, min(self.batch, _GROUP))):
                for _, window in batch:
                    for index in window:
                        if index not in held:
                            held[index] = self._encode(prepared[index])
                groups = [[held[index].levels for index in window] for _, window in batch]
                cuts = [index % _GROUP for index, _ in batch]
                maps = self._predict_groups(groups, cuts, states)
                for (index, _), saliency in zip(batch, maps, strict=True):
                    yield finish_map(saliency, held[index].size)
                    held.pop(index - _MIDDLE, None)

    def _prepare(self, frame: NDArray[np.uint8]) -> PreparedFrame:
        return PreparedFrame(prepare_frame(frame, self.entry.input_size), (frame.shape[0], frame.shape[1]))

    def _encode(self, frame: PreparedFrame) -> _EncodedFrame:
        first, second, third = self.call(frame.pixels[None], run=self.network.encode)
        return _EncodedFrame((first[0], second[0], third[0]), frame.size)

    def _predict_groups(
        self, groups: list[list[Levels]], cuts: list[int], states: list[State | None]
    ) -> NDArray[np.float32]:
        """Predict groups of different cuts, and put the states of those in the place of the old ones."""
        import torch

        levels = [torch.stack([torch.stack([frame[k] for frame in group]) for group in groups]) for k in range(3)]
        zero = torch.zeros_like(levels[0][0, 0])
        before = [states[cut] or (zero, zero) for cut in cuts]
        state = tuple(torch.stack(parts) for parts in zip(*before, strict=True))
        maps, (hidden, cell) = self.call(*levels, run=self.network.predict_group, state=state)
        for place, cut in enumerate(cuts):
            states[cut] = hidden[place], cell[place]
        saliency: NDArray[np.float32] = maps.cpu().numpy()
        return saliency


def prepare_frame(frame: NDArray[np.uint8], size: tuple[int, int]) -> Tensor:
    """Resize a frame with its proportions kept (PIL, bilinear), normalise it, and pad it with zeros.

    Parameters
    ----------
    frame : ndarray, shape (H, W, 3), dtype uint8
    size : tuple of int
        Height and width of what comes out.

    Returns
    -------
    Tensor, shape (3, h, w), dtype float32
    """
    import torch

    height, width = scaled_size(frame.shape[:2], size, cover=False)
    padded = torch.zeros(3, *size)
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    padded[:, top : top + height, left : left + width] = normalise_pixels(resize_frame(frame, (height, width)))
    return padded


def finish_map(saliency: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Finish a map as the authors do: resize, cut the padding off, Gaussian of 7 pixels, maximum 255.

    Parameters
    ----------
    saliency : ndarray, shape (h, w), dtype float32
        Map of the network.
    size : tuple of int
        Height and width of the frame.

    Returns
    -------
    ndarray, shape (height, width), dtype float32
        The authors save it with 8 bits.
    """
    import torch
    from scipy.ndimage import gaussian_filter
    from torch.nn.functional import interpolate

    height, width = size
    enlarged = scaled_size(saliency.shape, size, cover=True)
    scaled = torch.from_numpy(saliency / saliency.max() * 255)[None, None]
    large = interpolate(scaled, size=enlarged, mode="bilinear", align_corners=False)[0, 0].numpy()
    top, left = (enlarged[0] - height) // 2, (enlarged[1] - width) // 2
    blurred = gaussian_filter(large[top : top + height, left : left + width], sigma=_SIGMA)
    return np.asarray(blurred / blurred.max() * 255, np.float32)


def _build(input_size: tuple[int, int]) -> nn.Module:
    from videosal.models.zoo.esan.network import ESAN

    return ESAN()


esan = SystemEntry(
    "esan",
    ModelCard(
        title="Chen et al.",
        reference=(
            "J. Chen, H. Song, K. Zhang, B. Liu and Q. Liu, Video saliency prediction using enhanced spatiotemporal "
            "alignment network, Pattern Recognition 109, 107615, 2021, arXiv 2001.00292"
        ),
        year=2021,
        venue="Pattern Recognition",
        description="ESAN: VGG16 features, aligned by deformable convolutions in a pyramid, and a convolutional LSTM.",
        input="groups of 5 frames, 320x256 with the proportions kept, RGB; the map is of the middle one",
        output="size of the frame, maximum 255",
        parameters=114_528_417,
        licence="none stated, for code and weights",
        input_size="320x256",
        weights="ESAN-epoch_18.pth, linked from cj4L/ESAN-VSP (trained on DHF1K, Hollywood-2 and UCF Sports)",
        gflops=371.3,
        model_size_mb=437.0,
        runtime_s=0.08,
    ),
    _build,
    _INPUT_SIZE,
    model=ESANModel,
    frames=_GROUP,
)
