"""STRA-Net: a residual network for frames and one for motion, attention at three levels, and a convolutional GRU.

Q. Lai, W. Wang, H. Sun and J. Shen, Video Saliency Prediction Using Spatiotemporal Residual Attentive Networks, IEEE
Transactions on Image Processing 29, 2020, Fig. 2, as the authors' Keras code computes it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import torch
from torch import Tensor, nn

from videosal.errors import InputError
from videosal.models.layers.keras_layers import BatchNorm
from videosal.models.zoo.stra_net.layers import PRIORS, WIDTHS, Attention, ConvGRU, LearnedPriors, Stream, enlarge

FLOW_CHANNELS = 10
_HIDDEN = 256
_LEVELS = (3, 4, 5)  # stages at which motion meets appearance
# The numbers that Keras gave the layers without a name, in the order in which they were made.
_NUMBERED = {
    "attention.3.reduce": "conv2d",
    "attention.3.norm": "batch_normalization",
    "attention.3.score": "conv2d_1",
    "fusion.4": "conv2d_2",
    "attention.4.reduce": "conv2d_3",
    "attention.4.norm": "batch_normalization_1",
    "attention.4.score": "conv2d_4",
    "fusion.5": "conv2d_5",
    "attention.5.reduce": "conv2d_6",
    "attention.5.norm": "batch_normalization_2",
    "attention.5.score": "conv2d_7",
    "side.3": "conv2d_8",
    "side.4": "conv2d_9",
    "side.5": "conv2d_10",
}


class Features(NamedTuple):
    """What the feature network gives for N frames; h and w are 1/8 of the input.

    Attributes
    ----------
    levels : dict of int to Tensor
        By stage, (N, C, h, w) with C of 512, 1024 and 2048. The last goes on to the recurrent layer.
    masks : dict of int to Tensor
        By stage, (N, 1, h, w): the attention, a distribution over the positions.
    """

    levels: dict[int, Tensor]
    masks: dict[int, Tensor]


class FeatureNet(nn.Module):
    """Both streams, and motion and attention in the appearance of three levels."""

    def __init__(self) -> None:
        super().__init__()
        self.A = Stream(3)
        self.M = Stream(FLOW_CHANNELS)
        self.attention = nn.ModuleDict({str(stage): Attention(WIDTHS[stage]) for stage in _LEVELS})
        self.fusion = nn.ModuleDict(
            {
                "4": nn.Conv2d(WIDTHS[4] + WIDTHS[3], WIDTHS[4], 3, padding=1),
                "5": nn.Conv2d(WIDTHS[5] + WIDTHS[4] + WIDTHS[3], WIDTHS[5], 3, padding=1),
            }
        )
        self.side = nn.ModuleDict({str(stage): nn.Conv2d(WIDTHS[stage], 1, 1) for stage in _LEVELS})

    def forward(self, images: Tensor, flow: Tensor) -> Features:
        """Map frames (N, 3, H, W) and their motion (N, 10, H, W) to features."""
        appearance = self.A.stage(2, self.A.start(images))
        moving = self.M.stage(2, self.M.start(flow))
        features = Features({}, {})
        motions: list[Tensor] = []  # of this and the lower levels, this one first
        for stage in _LEVELS:
            moving = self.M.stage(stage, moving)
            motions.insert(0, moving)
            appearance = self.A.stage(stage, appearance)
            gate = moving if stage == 3 else torch.relu(self.fusion[str(stage)](torch.cat(motions, dim=1)))
            appearance = appearance + appearance * gate
            mask = self.attention[str(stage)](appearance)
            appearance = appearance + appearance * mask
            features.levels[stage], features.masks[stage] = appearance, mask
        return features

    def side_maps(self, features: Features) -> list[Tensor]:
        """Give the maps (N, 1, h, w) that the authors supervise at each level."""
        return [torch.sigmoid(self.side[str(stage)](features.levels[stage])) for stage in _LEVELS]


class STRANet(nn.Module):
    """Spatiotemporal residual attentive network."""

    def __init__(self) -> None:
        super().__init__()
        self.feature = FeatureNet()
        self.gru = ConvGRU(WIDTHS[5], _HIDDEN)
        self.gru_bn = BatchNorm(_HIDDEN)
        self.prior = LearnedPriors()
        self.final = nn.Conv2d(_HIDDEN + PRIORS, 1, 1)

    def forward(self, clips: Tensor, flow: Tensor) -> Tensor:
        """Predict every frame of clips that begin a video.

        Parameters
        ----------
        clips : Tensor, shape (B, 3, T, H, W)
            BGR frames, 0 to 255, less a mean.
        flow : Tensor, shape (B, 10, T, H, W)
            Of each frame, the flow from it and from the four that follow, last first, v before u.

        Returns
        -------
        Tensor, shape (B, T, 8 h, 8 w)
            Values in 0 to 1; h and w are those of the features, H / 8 and W / 8 for multiples of 32.

        Raises
        ------
        InputError
            The clips or the flow have another shape.
        """
        return self.predict_sequence(clips, flow, None)[0]

    def predict_sequence(self, clips: Tensor, flow: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        """Predict clips that follow others.

        Parameters
        ----------
        clips, flow : Tensor
            As `forward`.
        state : Tensor, shape (B, 256, h, w), or None
            What the call before gave; None at the start of a video.

        Returns
        -------
        maps : Tensor, shape (B, T, 8 h, 8 w)
            As `forward`.
        state : Tensor
            For the next call.
        """
        if clips.dim() != 5 or clips.shape[1] != 3 or flow.shape != (len(clips), FLOW_CHANNELS, *clips.shape[2:]):
            raise InputError(
                f"clips of shape {tuple(clips.shape)} and flow of shape {tuple(flow.shape)}, expected (B, 3, T, H, W) "
                f"and (B, {FLOW_CHANNELS}, T, H, W)"
            )
        images, motion = (x.transpose(1, 2).flatten(0, 1) for x in (clips, flow))
        features = self.feature(images, motion).levels[_LEVELS[-1]]
        states, state = self.gru(torch.unflatten(features, 0, (clips.shape[0], clips.shape[2])), state)
        maps = enlarge(self.read_out(states.flatten(0, 1)))[:, 0]
        return torch.unflatten(maps, 0, states.shape[:2]), state

    def read_out(self, states: Tensor) -> Tensor:
        """Map states (N, 256, h, w) to maps (N, 1, h, w)."""
        priors = self.prior(states.shape[2], states.shape[3]).expand(len(states), -1, -1, -1)
        return torch.sigmoid(self.final(torch.cat([self.gru_bn(states), priors], dim=1)))

    @staticmethod
    def official_name(name: str) -> str:
        """Return the authors' name for a key of the state dict, after ``feature.`` as Keras called the layer."""
        for ours, theirs in _NUMBERED.items():
            if name.startswith(f"feature.{ours}."):
                return name.replace(ours, theirs, 1)
        name = re.sub(r"^(feature\.[AM])\.(\d)\.(\w)\.(res|bn)_", r"\1_\4\2\3_", name)
        return re.sub(r"^(feature\.[AM])\.", r"\1_", name)
