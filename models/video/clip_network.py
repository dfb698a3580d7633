"""Networks that see a clip of frames and predict one of them: how they meet a video."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from videosal.errors import InputError, ModelError, did_you_mean
from videosal.models.networks import NetworkEntry
from videosal.models.video.pixels import IMAGENET_DEVIATION, IMAGENET_MEAN, resize_frame
from videosal.models.video.windows import WindowedModel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn

PRECISIONS = ("float32", "bfloat16", "float16")
_AHEAD = 4  # frames that are decoded while the network works


@dataclass(frozen=True)
class ClipNetworkEntry(NetworkEntry):
    """A network from clips (B, 3, T, H, W) to maps (B, H, W).

    Attributes
    ----------
    length : int
        Frames T in a clip.
    target : int
        Place in the clip, from 0, of the frame that the map is of.
    mean, deviation : tuple of float
        Of the input's channels R, G, B, where pixels are in 0 to 1.
    """

    length: int = 32
    target: int = 15
    mean: tuple[float, float, float] = IMAGENET_MEAN
    deviation: tuple[float, float, float] = IMAGENET_DEVIATION

    @property
    def frames_in(self) -> int:
        """Frames in a call of the network."""
        return self.length

    def example_shapes(self, input_size: tuple[int, int]) -> tuple[tuple[int, ...], ...]:
        """Return the shape of a batch of one clip, the only input."""
        return ((1, 3, self.length, *input_size),)

    def __call__(
        self,
        weights: str | Path | None = None,
        device: str = "auto",
        precision: str = "float32",
        batch: int = 1,
        compile: bool = False,  # noqa: A002 (PyTorch's own name for it)
    ) -> ClipModel:
        """Make the model that predicts videos.

        Parameters
        ----------
        weights : path, optional
            See `videosal.models.read_checkpoint`. Without weights, or with a backbone only, the model is `untrained`.
        device : str
            See `resolve_device`.
        precision : str
            ``float32``, or ``bfloat16`` or ``float16`` where the network allows it (autocast).
        batch : int
            Windows at once on a GPU. The CPU takes one at a time, which is faster there and gives the same bits.
        compile : bool
            Compile the network first (`torch.compile`), which takes a minute.

        Raises
        ------
        ModelError
            The precision is unknown, or the device not there.
        InputError
            `batch` is less than 1.
        FileError
            The weights cannot be read, or do not fit.
        """
        if precision not in PRECISIONS:
            raise ModelError(
                f"model {self.name!r}: unknown precision {precision!r}: {did_you_mean(precision, PRECISIONS)}"
            )
        if batch < 1:
            raise InputError(f"model {self.name!r}: batch is {batch}, expected at least 1 window at once")
        from videosal.models.device import resolve_device

        return ClipModel(self, weights, resolve_device(device), precision, batch, compile)


class ClipModel:
    """A clip network on a device, ready for videos; made by `ClipNetworkEntry`.

    Attributes
    ----------
    network : torch.nn.Module
        The network in its fast form.
    device : str
        Where it runs.
    batch : int
        Windows at once.
    untrained : bool
        Whether some of its weights are random, so that its maps mean nothing.
    """

    def __init__(
        self,
        entry: ClipNetworkEntry,
        weights: str | Path | None,
        device: str,
        precision: str,
        batch: int,
        compiled: bool,
    ) -> None:
        import torch

        from videosal.models.video.acceleration import accelerate
        from videosal.models.video.inference import make_network

        network, self.untrained = make_network(entry, weights)
        self.network: nn.Module = accelerate(network).to(device)
        if compiled:
            self.network.compile()
        self.device = device
        self.batch = batch if torch.device(device).type != "cpu" else 1
        self._entry = entry
        self._dtype = getattr(torch, precision)
        self._mean, self._deviation = (
            torch.tensor(values, device=device).view(3, 1, 1) for values in (entry.mean, entry.deviation)
        )

    def predict(self, frames: Sequence[NDArray[np.uint8]]) -> Iterator[NDArray[Any]]:
        """Give the map of each frame of a video, in order.

        Parameters
        ----------
        frames : sequence of ndarray, shape (H, W, 3), dtype uint8
            RGB frames; each is read once, a few ahead of the window that needs it.

        Yields
        ------
        ndarray, shape (h, w), dtype float32
            Of the network's input size.

        Raises
        ------
        ModelError
            The device has too little memory.
        """
        from videosal.models.video.prefetch import PrefetchedFrames

        entry = self._entry
        windows = WindowedModel(self.predict_clips, length=entry.length, target=entry.target, batch=self.batch)
        with PrefetchedFrames(frames, self.prepare_frame, ahead=_AHEAD) as prepared:
            yield from windows.predict(prepared)

    def prepare_frame(self, frame: NDArray[np.uint8]) -> Tensor:
        """Resize a frame as the authors do (PIL, bilinear, with anti-aliasing) and normalise it on the device.

        Parameters
        ----------
        frame : ndarray, shape (H, W, 3), dtype uint8

        Returns
        -------
        Tensor, shape (3, h, w), dtype float32
        """
        import torch

        pixels = torch.from_numpy(resize_frame(frame, self._entry.input_size)).permute(2, 0, 1)
        if torch.device(self.device).type == "cuda":
            pixels = pixels.pin_memory()
        pixels = pixels.to(self.device, non_blocking=True)
        return (pixels.float() / 255 - self._mean) / self._deviation

    def predict_clips(self, clips: list[list[Tensor]]) -> NDArray[np.float32]:
        """Map windows of prepared frames to maps (B, h, w)."""
        import torch

        from videosal.models.video.inference import exact_inference

        batch = torch.stack([torch.stack(clip, dim=1) for clip in clips])
        batch = batch.contiguous(memory_format=torch.channels_last_3d)
        try:
            with exact_inference(self.device, self._dtype):
                maps: NDArray[np.float32] = self.network(batch).float().cpu().numpy()
        except torch.OutOfMemoryError as error:
            raise ModelError(
                f"model {self._entry.name!r}: {self.device} has too little memory for {len(clips)} windows at once: "
                "lower the option batch, or choose device cpu"
            ) from error
        return maps
