"""Systems that see a clip of frames and predict its last one: what each map is made from. No torch at import."""

from __future__ import annotations

from abc import abstractmethod
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.errors import InputError
from videosal.models.zoo.system import PreparedFrame, SystemEntry, SystemModel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

_AHEAD = 4  # frames that are decoded while the network works
_SIGMA = 7  # pixels of the map, of the blur of TASED-Net and HD2S


class ClipSystem(SystemModel):
    """A network from clips (B, 3, T, h, w) to maps (B, h, w), one window of frames for each map.

    A subclass says how a frame is prepared (`prepare_frame`), which frames the map of a frame is made from (`window`)
    and what becomes of the map (`finish`). The network runs in its fast form, see `videosal.models.video.acceleration`.
    """

    def __init__(self, entry: SystemEntry, weights: str | Path | None, device: str, mode: str, batch: int) -> None:
        from videosal.models.video.acceleration import accelerate

        super().__init__(entry, weights, device, mode, batch)
        self.network = accelerate(self.network)

    def predict(self, frames: Sequence[NDArray[np.uint8]]) -> Iterator[NDArray[Any]]:
        """Give the map of each frame of a video, in order.

        Parameters
        ----------
        frames : sequence of ndarray, shape (H, W, 3), dtype uint8
            RGB frames; each is read once, in order. At most about two clips of prepared frames are held.

        Yields
        ------
        ndarray, shape (h, w)
            What `finish` makes of the network's map.

        Raises
        ------
        ModelError
            The device has too little memory.
        """
        import torch

        from videosal.models.video.prefetch import PrefetchedFrames

        total, length = len(frames), self.entry.frames
        with PrefetchedFrames(frames, self._prepare, ahead=_AHEAD) as prepared:
            held = _HeldFrames(prepared)
            indices = iter(range(total))
            while batch := list(islice(indices, self.batch)):
                clips, sizes = [], []
                for index in batch:
                    window = held.take(self.window(index, total))
                    clips.append(self.make_clip(index, [frame.pixels for frame in window]))
                    sizes.append(held.size(index))
                    held.drop(index - length + 1)
                for saliency, size in zip(self.call(torch.stack(clips)).cpu().numpy(), sizes, strict=True):
                    yield self.finish(saliency, size)

    @abstractmethod
    def prepare_frame(self, frame: NDArray[np.uint8]) -> Tensor:
        """Turn an (H, W, 3) uint8 RGB frame into what the network takes: (3, h, w) float32."""

    @abstractmethod
    def window(self, index: int, total: int) -> list[int]:
        """Return the indices of the frames in the clip for frame `index` of `total`.

        None comes before ``index - T + 1``, once `index` has reached the length T of a clip.
        """

    def make_clip(self, index: int, frames: list[Tensor]) -> Tensor:
        """Join the frames of the window of frame `index` to a clip (3, T, h, w)."""
        import torch

        return torch.stack(frames, dim=1)

    @abstractmethod
    def finish(self, saliency: NDArray[np.float32], size: tuple[int, int]) -> NDArray[Any]:
        """Turn the network's map (h, w) into the one that the authors save or score; `size` is (H, W) of the frame."""

    def _prepare(self, frame: NDArray[np.uint8]) -> PreparedFrame:
        return PreparedFrame(self.prepare_frame(frame).to(self.device), (frame.shape[0], frame.shape[1]))


def causal_window(index: int, length: int) -> list[int]:
    """Return the `length` indices that end at `index`; before the video, its first frame stands in."""
    return [max(i, 0) for i in range(index - length + 1, index + 1)]


def window_with_reversed_start(index: int, total: int, length: int) -> list[int]:
    """Return the window of TASED-Net and ViNet: up to `index`, or for the first frames back to it from later ones.

    A frame that has no `length` - 1 frames before it gets the window that begins with it, backwards in time. A video
    of fewer than 2 x `length` - 1 frames is led in by copies of its first frame up to that number, as ViNet does it for
    Hollywood-2 and UCF Sports; TASED-Net refuses such a video. Then only the first `total` - `length` frames, if any,
    have a reversed window.
    """
    if index < min(length - 1, total - length):
        return list(range(index + length - 1, index - 1, -1))
    return causal_window(index, length)


def scale_like_tased(frame: NDArray[Any]) -> Tensor:
    """Turn a resized frame (h, w, 3) uint8 into (3, h, w) float32 in -1 to 1."""
    import torch

    return (torch.from_numpy(frame).permute(2, 0, 1).float() * 2 - 255) / 255


def blur_like_tased(saliency: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Quantise a map in 0 to 1, blur it and scale its maximum to 255, as the scripts of TASED-Net and HD2S do."""
    from scipy.ndimage import gaussian_filter

    blurred = gaussian_filter(np.floor(saliency * np.float32(255)).astype(np.float64) / 255, sigma=_SIGMA)
    highest = blurred.max()
    if highest == 0:  # theirs divides 0 by 0
        return np.zeros(blurred.shape, np.uint8)
    return np.asarray(blurred / highest * 255, np.uint8)


def check_clips(clips: Tensor, length: int) -> None:
    """Raise `InputError` unless clips are (B, 3, `length`, H, W) with H and W multiples of 32."""
    if clips.dim() != 5 or clips.shape[1:3] != (3, length) or clips.shape[3] % 32 or clips.shape[4] % 32:
        raise InputError(
            f"clips of shape {tuple(clips.shape)}, expected (B, 3, {length}, H, W), H and W multiples of 32"
        )


class _HeldFrames:
    """Frames that are read in order and held until they are dropped."""

    def __init__(self, frames: Sequence[PreparedFrame]) -> None:
        self._frames = frames
        self._held: dict[int, PreparedFrame] = {}
        self._read = 0

    def take(self, indices: list[int]) -> list[PreparedFrame]:
        while self._read <= max(indices):
            self._held[self._read] = self._frames[self._read]
            self._read += 1
        return [self._held[index] for index in indices]

    def size(self, index: int) -> tuple[int, int]:
        return self._held[index].size

    def drop(self, index: int) -> None:
        self._held.pop(index, None)
