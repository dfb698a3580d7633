"""SalEMA's network: SalGAN's generator, with an exponential moving average over time at its bottleneck.

P. Linardos et al., Simple vs complex temporal recurrences for video saliency prediction, BMVC 2019
(arXiv 1907.01869), Section 3.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from videosal.errors import InputError

# Channels of the convolutions of each block; the encoder is VGG-16 without its last pool, the decoder its mirror image.
_ENCODER = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
_DECODER = ((512, 512, 512), (512, 512, 512), (256, 256, 256), (128, 128), (64, 64))
_BOTTLENECK = 30  # the layer whose output is averaged: the first convolution of the decoder
_INITIAL_ALPHA = 0.25


class SalEMA(nn.Module):
    """Encoder, moving average, decoder.

    Attributes
    ----------
    alpha : Parameter, shape (1,)
        The weight of the present is its sigmoid.
    salgan : Sequential
        All layers, numbered as the authors' are.
    """

    def __init__(self) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.tensor([_INITIAL_ALPHA]))
        layers: list[nn.Module] = []
        channels = 3
        for block, widths in enumerate(_ENCODER):
            if block:
                layers.append(nn.MaxPool2d(2))
            channels = _add_convolutions(layers, channels, widths)
        for block, widths in enumerate(_DECODER):
            if block:
                layers.append(nn.Upsample(scale_factor=2))
            channels = _add_convolutions(layers, channels, widths)
        self.salgan = nn.Sequential(*layers, nn.Conv2d(channels, 1, 1), nn.Sigmoid())

    def forward(self, clips: Tensor) -> Tensor:
        """Predict every frame of clips that begin a video.

        Parameters
        ----------
        clips : Tensor, shape (B, 3, T, H, W)
            BGR frames, 0 to 255, less the mean (103.939, 116.779, 123.68). H and W are multiples of 16.

        Returns
        -------
        Tensor, shape (B, T, H, W)
            Values in 0 to 1.

        Raises
        ------
        InputError
            The clips have another shape.
        """
        return self.predict_sequence(clips, None)[0]

    def predict_sequence(self, clips: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        """Predict clips that follow others.

        Parameters
        ----------
        clips : Tensor, shape (B, 3, T, H, W)
            As `forward`.
        state : Tensor, shape (B, 512, H / 16, W / 16), or None
            What the call before gave; None at the start of a video.

        Returns
        -------
        maps : Tensor, shape (B, T, H, W)
            As `forward`.
        state : Tensor
            For the next call.
        """
        if clips.dim() != 5 or clips.shape[1] != 3 or clips.shape[3] % 16 or clips.shape[4] % 16:
            raise InputError(f"clips of shape {tuple(clips.shape)}, expected (B, 3, T, H, W), H and W multiples of 16")
        frames = clips.transpose(1, 2)
        features = self.salgan[: _BOTTLENECK + 1](frames.flatten(0, 1))
        weight = torch.sigmoid(self.alpha)
        averages = []
        for present in torch.unflatten(features, 0, frames.shape[:2]).unbind(1):
            state = present if state is None else weight * present + (1 - weight) * state
            averages.append(state)
        assert state is not None
        maps = self.salgan[_BOTTLENECK + 1 :](torch.stack(averages, dim=1).flatten(0, 1))
        return torch.unflatten(maps[:, 0], 0, frames.shape[:2]), state


def _add_convolutions(layers: list[nn.Module], channels: int, widths: tuple[int, ...]) -> int:
    for width in widths:
        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=True)]
        channels = width
    return channels
