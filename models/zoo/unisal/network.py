"""UNISAL's network: one for images and videos, with parts of its own for each data set that it was trained on.

R. Droste, J. Jiao and J. A. Noble, Unified Image and Video Saliency Modeling, ECCV 2020 (arXiv 2003.05477), Fig. 2.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from videosal.errors import InputError, ModelError, did_you_mean
from videosal.models.zoo.unisal.layers import (
    FEATURES,
    SOURCES,
    STATIC,
    ConvGRU,
    DomainNorm,
    DomainSequential,
    InvertedResidual,
    MobileNetV2,
)

__all__ = ["SOURCES", "STATIC", "UNISAL", "find_source"]

_ALIASES = {"hollywood2": "Hollywood", "ucf": "UCFSports"}  # names of our data sets, where they differ
_CHANNELS = 256
_PRIORS, _PRIOR_SCALE = 16, 6.0
_SMOOTHING = 41


def find_source(name: str) -> str:
    """Return the authors' name of a source.

    Parameters
    ----------
    name : str
        One of `SOURCES`, or ``hollywood2`` or ``ucf``, in upper or lower case.

    Raises
    ------
    ModelError
        There is no such source.
    """
    known = {**{source.lower(): source for source in SOURCES}, **_ALIASES}
    if name.lower() not in known:
        raise ModelError(f"unisal has no source {name!r}: {did_you_mean(name, SOURCES)}")
    return known[name.lower()]


class UNISAL(nn.Module):
    """Unified network for image and video saliency.

    Parameters
    ----------
    source : str, optional
        Which of `SOURCES` the norms, priors, adaptation and smoothing are of, unless a call says otherwise.
    """

    def __init__(self, source: str = SOURCES[0]) -> None:
        super().__init__()
        self.source = find_source(source)
        for name in SOURCES:
            self.register_parameter(f"coarse_gaussians_{name.lower()}", nn.Parameter(_initial_priors()))
            self.add_module(f"adaptation_{name.lower()}", nn.Sequential(nn.Conv2d(64, 1, 1)))
            self.add_module(f"smoothing_{name.lower()}", nn.Conv2d(1, 1, _SMOOTHING, bias=False))
        self.cnn = MobileNetV2()
        self.post_cnn = nn.ModuleDict(
            {"inv_res": InvertedResidual(FEATURES + _PRIORS, _CHANNELS, 1, norm=nn.BatchNorm2d)}
        )
        self.rnn = ConvGRU(_CHANNELS)
        self.post_rnn = _pointwise(_CHANNELS, _CHANNELS)
        self.skip_2x = _skip_connection(160, 128)
        self.upsampling_2 = nn.ModuleDict({"inv_res": InvertedResidual(_CHANNELS + 128, 128, 2, norm=DomainNorm)})
        self.skip_4x = _skip_connection(64, 64)
        self.post_upsampling_2 = nn.ModuleDict({"inv_res": InvertedResidual(128 + 64, 64, 2, norm=DomainNorm)})

    def forward(self, clips: Tensor, source: str | None = None) -> Tensor:
        """Predict every frame of clips; a clip of one frame is an image and bypasses the recurrent layer.

        Parameters
        ----------
        clips : Tensor, shape (B, 3, T, H, W)
            RGB frames, normalised with the mean and standard deviation of ImageNet.
        source : str, optional
            See `find_source`. Default: that of the network.

        Returns
        -------
        Tensor, shape (B, T, H, W)
            Logarithm of a distribution over the pixels of each frame.

        Raises
        ------
        InputError
            The clips have another number of dimensions or channels.
        ModelError
            There is no such source.
        """
        source = self.source if source is None else find_source(source)
        return self.predict_sequence(clips, None, source=source, static=clips.shape[2:3] == (1,))[0]

    def predict_sequence(
        self,
        clips: Tensor,
        state: Tensor | None,
        *,
        source: str,
        static: bool = False,
        size: tuple[int, int] | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Predict clips that follow others.

        Parameters
        ----------
        clips : Tensor, shape (B, 3, T, H, W)
            As `forward`.
        state : Tensor, shape (B, 256, H / 32, W / 32), or None
            What the call before gave; None at the start of a video.
        source : str
            One of `SOURCES`.
        static : bool
            Whether each frame is an image of its own: the recurrent layer is bypassed, and there is no state.
        size : tuple of int, optional
            Height and width of the maps. Default: those of the frames.

        Returns
        -------
        maps : Tensor, shape (B, T, *size)
            Logarithm of a distribution over the pixels of each frame.
        state : Tensor or None
            For the next call.
        """
        if clips.dim() != 5 or clips.shape[1] != 3:
            raise InputError(f"clips of shape {tuple(clips.shape)}, expected (B, 3, T, H, W)")
        frames = clips.transpose(1, 2)
        features, level_2x, level_4x = self._encode(frames.flatten(0, 1), source)
        if not static:
            states, state = self.rnn(torch.unflatten(features, 0, frames.shape[:2]), state, source)
            features = features + self.post_rnn(states.flatten(0, 1), source)
        maps = self._decode(features, level_2x, level_4x, source, tuple(clips.shape[-2:]), size)
        return torch.unflatten(maps, 0, frames.shape[:2]), state

    def _encode(self, images: Tensor, source: str) -> tuple[Tensor, Tensor, Tensor]:
        """Give the features of images (N, 3, H, W), and the two levels for the decoder."""
        deep, level_2x, level_4x = self.cnn(images, source)
        priors = _prior_maps(getattr(self, f"coarse_gaussians_{source.lower()}"), deep.shape[-2], deep.shape[-1])
        deep = torch.cat([deep, priors.expand(len(deep), -1, -1, -1)], dim=1)
        return (
            self.post_cnn["inv_res"](deep, source),
            self.skip_2x(level_2x, source),
            self.skip_4x(level_4x, source),
        )

    def _decode(
        self,
        features: Tensor,
        level_2x: Tensor,
        level_4x: Tensor,
        source: str,
        input_size: tuple[int, ...],
        size: tuple[int, int] | None,
    ) -> Tensor:
        """Give log maps (N, *size)."""
        x = self.upsampling_2["inv_res"](torch.cat([_double(features), level_2x], dim=1), source)
        x = self.post_upsampling_2["inv_res"](torch.cat([_double(x), level_4x], dim=1), source)
        x = getattr(self, f"adaptation_{source.lower()}")(x)
        x = functional.interpolate(x, size=input_size, mode="nearest")
        x = getattr(self, f"smoothing_{source.lower()}")(functional.pad(x, [_SMOOTHING // 2] * 4, mode="replicate"))
        x = functional.interpolate(x, size=size or input_size, mode="bilinear", align_corners=False)[:, 0]
        return functional.log_softmax(x.flatten(1), dim=1).view_as(x)


def _pointwise(c_in: int, c_out: int) -> DomainSequential:
    return DomainSequential(nn.Conv2d(c_in, c_out, 1, bias=False), DomainNorm(c_out), nn.ReLU6(inplace=True))


def _skip_connection(c_in: int, c_out: int) -> DomainSequential:
    layers = DomainSequential()
    layers.add_module("expansion", _pointwise(c_in, 2 * c_in))
    layers.add_module("dropout", nn.Dropout2d(0.6))
    layers.add_module("reduction", DomainSequential(nn.Conv2d(2 * c_in, c_out, 1), DomainNorm(c_out)))
    return layers


def _initial_priors() -> Tensor:
    """Sixteen Gaussians, (16, 2, 2): of y and x, the mean and the logarithm of the deviation."""
    wide, narrow = 0.0, -1.5
    thirds = (0.25, 0.5, 0.75)
    means = [(y, x) for y in thirds for x in thirds] + [(0.5, x) for x in thirds] + [(y, 0.5) for y in thirds]
    logs = [(narrow, narrow)] * 9 + [(wide, narrow)] * 3 + [(narrow, wide)] * 3 + [(wide, wide)]
    return torch.stack([torch.tensor([*means, (0.5, 0.5)]), torch.tensor(logs)], dim=-1)


def _prior_maps(gaussians: Tensor, height: int, width: int) -> Tensor:
    """Give the maps (16, height, width) of priors on a square from 0 to 1."""
    y, x = (
        torch.exp(
            -(((torch.linspace(0, 1, n, dtype=gaussians.dtype, device=gaussians.device) - mean) / deviation) ** 2) / 2
        )
        for n, mean, deviation in zip(
            (height, width), gaussians[..., :1].unbind(1), gaussians[..., 1:].exp().unbind(1), strict=True
        )
    )
    return _PRIOR_SCALE * y[:, :, None] * x[:, None, :]


def _double(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
