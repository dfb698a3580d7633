"""SalEMA: SalGAN with an exponential moving average over time.

Source: BMVC 2019 and github.com/Linardos/SalEMA (``inference.py``, ``data_loader.py``); the network is in
`videosal.models.zoo.salema.network`. No torch here.

The README predicts with ``-alpha=0.1``. The code takes a sigmoid of it, so that a frame counts with
sigmoid(0.1) = 0.525 against the frames before. Mode ``published`` does the same; mode ``fixed`` weighs with 0.1 itself,
the value that the paper names.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.errors import ModelError
from videosal.models.card import ModelCard
from videosal.models.zoo.recurrent import RecurrentSystem
from videosal.models.zoo.system import FIXED, PUBLISHED, PreparedFrame, SystemEntry

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor, nn

_SIZE = (192, 256)
_CLIP = 10  # frames that the authors' loader gives at once
_MEAN = (103.939, 116.779, 123.68)  # of B, G, R
_ALPHA = 0.1


class SalemaModel(RecurrentSystem):
    """SalEMA on a device."""

    def __init__(
        self,
        entry: SalemaEntry,
        weights: str | Path | None,
        device: str,
        mode: str,
        batch: int,
        alpha: float | None,
    ) -> None:
        import torch

        super().__init__(entry, weights, device, mode, batch)
        if alpha is not None:
            network: Any = self.network
            with torch.no_grad():
                network.alpha.fill_(_find_logit(alpha) if mode == FIXED else alpha)

    def prepare_frame(self, frame: NDArray[np.uint8]) -> Tensor:
        """Resize a frame as the authors do (OpenCV, INTER_AREA), BGR, less the mean: (3, 192, 256) float32."""
        import cv2
        import torch

        small = cv2.resize(frame, _SIZE[::-1], interpolation=cv2.INTER_AREA)
        pixels = (small[..., ::-1] - np.array(_MEAN)).astype(np.float32)
        return torch.from_numpy(pixels.transpose(2, 0, 1))

    def predict_block(
        self, frames: list[PreparedFrame], state: Tensor | None
    ) -> tuple[list[NDArray[np.float32]], Tensor]:
        """Give the maps of a block, (192, 256), from 0 to 1 in each; the state is the moving average."""
        import torch

        network: Any = self.network
        clip = torch.stack([frame.pixels for frame in frames], dim=1)[None]
        maps, state = self.call(clip, run=network.predict_sequence, state=state)
        return [_stretch(saliency) for saliency in maps[0].cpu().numpy()], state


@dataclass(frozen=True)
class SalemaEntry(SystemEntry):
    """The entry of SalEMA, which has a weight of the present."""

    def __call__(
        self,
        weights: str | Path | None = None,
        device: str = "auto",
        mode: str = PUBLISHED,
        batch: int = 1,
        alpha: float | None = _ALPHA,
    ) -> SalemaModel:
        """Make the model that predicts videos.

        Parameters
        ----------
        weights, device, mode, batch
            As `SystemEntry`; no two calls can be made at once, so that `batch` changes nothing.
        alpha : float or None
            The authors' option. The weight of the present is its sigmoid in mode ``published``, and itself in mode
            ``fixed``. None takes what the checkpoint has learned, in both modes.

        Raises
        ------
        ModelError
            The mode is unknown, the device not there, or in mode ``fixed`` `alpha` not between 0 and 1.
        InputError
            `batch` is less than 1.
        FileError
            The weights cannot be read, or do not fit.
        """
        from videosal.models.device import resolve_device

        return SalemaModel(self, weights, resolve_device(device), mode, batch, alpha)


def read_salema(path: Path) -> dict[str, Tensor]:
    """Read the authors' file; where it has no ``alpha``, as those trained with a set one, give it that of the README.

    Raises
    ------
    FileError
        As `videosal.models.read_checkpoint`.
    """
    import torch

    from videosal.models.networks import strip_prefix
    from videosal.models.weights.checkpoint_files import read_checkpoint

    state_dict = strip_prefix(read_checkpoint(path))
    return {"alpha": torch.tensor([_ALPHA])} | state_dict


def _find_logit(weight: float) -> float:
    if not 0 < weight < 1:
        raise ModelError(f"model 'salema': alpha is {weight}, expected more than 0 and less than 1 in mode fixed")
    return math.log(weight / (1 - weight))


def _stretch(saliency: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale a map to 0 to 1; theirs divides 0 by 0 where it is constant, ours is 0."""
    low, high = saliency.min(), saliency.max()
    return (saliency - low) / (high - low) if high > low else np.zeros_like(saliency)


def _build(input_size: tuple[int, int]) -> nn.Module:
    from videosal.models.zoo.salema.network import SalEMA

    del input_size  # it takes any
    return SalEMA()


salema = SalemaEntry(
    "salema",
    ModelCard(
        title="SalEMA",
        reference=(
            "P. Linardos, E. Mohedano, J. J. Nieto, N. E. O'Connor, X. Giró-i-Nieto and K. McGuinness, Simple vs "
            "complex temporal recurrences for video saliency prediction, BMVC 2019, arXiv 1907.01869"
        ),
        year=2019,
        venue="BMVC",
        description="SalGAN's generator (VGG-16 and its mirror image) with a moving average over time at its middle.",
        input="one frame after the other, 256x192, BGR; the moving average goes from a frame to the next",
        output="192 x 256 (height x width), 0..1; one map per frame",
        parameters=31_787_010,
        licence="none stated, for code and weights",
        input_size="256x192",
        weights=(
            "SalEMA30.pt (364 MB with the state of the optimiser), linked by the README of Linardos/SalEMA; without a "
            "licence, so ask the authors before you pass it on"
        ),
        gflops=40.0,
        model_size_mb=364.0,
        runtime_s=0.010,
    ),
    _build,
    _SIZE,
    readers=dict.fromkeys((".pt", ".pth"), read_salema),
    model=SalemaModel,
    frames=_CLIP,
    maps=_CLIP,
    modes=(PUBLISHED, FIXED),
)
