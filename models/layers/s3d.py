"""S3D, the separable 3D Inception network, whole or as a backbone.

S. Xie, C. Sun, J. Huang, Z. Tu and K. Murphy, Rethinking spatiotemporal feature learning: speed-accuracy trade-offs in
video classification, ECCV 2018. The layers are those of the Kinetics-400 checkpoint kylemin/S3D. Importing this
module imports torch.
"""

from __future__ import annotations

import re

import torch
from torch import Tensor, nn

# in, b0, (b1 reduced, b1), (b2 reduced, b2), b3: the blocks Mixed_3b to Mixed_5c.
_MIXED = {
    "3b": (192, 64, (96, 128), (16, 32), 32),
    "3c": (256, 128, (128, 192), (32, 96), 64),
    "4b": (480, 192, (96, 208), (16, 48), 64),
    "4c": (512, 160, (112, 224), (24, 64), 64),
    "4d": (512, 128, (128, 256), (24, 64), 64),
    "4e": (512, 112, (144, 288), (32, 64), 64),
    "4f": (528, 256, (160, 320), (32, 128), 128),
    "5b": (832, 256, (160, 320), (32, 128), 128),
    "5c": (832, 384, (192, 384), (48, 128), 128),
}

# Layers of s3d_layers, pools left out: what ends at 1/4, 1/8, 1/16 and 1/32 of the input's height and width.
STAGES = (range(4), range(5, 7), range(8, 13), range(14, 16))
POOLS = (4, 7, 13)
STAGE_CHANNELS = (192, 480, 832, 1024)

_PART = re.compile(r"\b(spatial|temporal)\.(conv|bn)\b")
_BLOCK = re.compile(r"\bconv_blocks\.(\d)\.")


class ConvNormReLU(nn.Module):
    """Convolution without bias, BatchNorm, ReLU."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        kernel: tuple[int, int, int] = (1, 1, 1),
        *,
        stride: tuple[int, int, int] = (1, 1, 1),
        padding: tuple[int, int, int] = (0, 0, 0),
    ) -> None:
        super().__init__()
        self.conv = nn.Conv3d(channels_in, channels_out, kernel, stride=stride, padding=padding, bias=False)
        self.bn: nn.Module = nn.BatchNorm3d(channels_out, eps=1e-3, momentum=1e-3)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels_in, T, H, W) to (B, channels_out, T', H', W')."""
        y: Tensor = self.relu(self.bn(self.conv(x)))
        return y


class SeparableConv(nn.Module):
    """A kernel (k, k, k) as (1, k, k) in space followed by (k, 1, 1) in time, each a `ConvNormReLU`."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, *, stride: int = 1) -> None:
        super().__init__()
        k, s, p = kernel, stride, kernel // 2
        self.spatial = ConvNormReLU(channels_in, channels_out, (1, k, k), stride=(1, s, s), padding=(0, p, p))
        self.temporal = ConvNormReLU(channels_out, channels_out, (k, 1, 1), stride=(s, 1, 1), padding=(p, 0, 0))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels_in, T, H, W) to (B, channels_out, T/s, H/s, W/s)."""
        y: Tensor = self.temporal(self.spatial(x))
        return y


class Mixed(nn.Module):
    """Inception block: four branches, joined on the channels."""

    def __init__(self, channels: int, b0: int, b1: tuple[int, int], b2: tuple[int, int], b3: int) -> None:
        super().__init__()
        self.branch0 = nn.Sequential(ConvNormReLU(channels, b0))
        self.branch1 = nn.Sequential(ConvNormReLU(channels, b1[0]), SeparableConv(*b1, 3))
        self.branch2 = nn.Sequential(ConvNormReLU(channels, b2[0]), SeparableConv(*b2, 3))
        self.branch3 = nn.Sequential(nn.MaxPool3d(3, stride=1, padding=1), ConvNormReLU(channels, b3))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, T, H, W) to (B, b0 + b1 + b2 + b3, T, H, W)."""
        return torch.cat((self.branch0(x), self.branch1(x), self.branch2(x), self.branch3(x)), dim=1)


class S3D(nn.Module):
    """The whole classifier of Kinetics-400.

    Parameters
    ----------
    classes : int, optional
        Number of classes.
    """

    def __init__(self, classes: int = 400) -> None:
        super().__init__()
        self.base = nn.Sequential(*s3d_layers())
        self.fc = nn.Sequential(nn.Conv3d(STAGE_CHANNELS[-1], classes, 1))

    def forward(self, clips: Tensor) -> Tensor:
        """Map clips (B, 3, T, H, W), T at least 16, to logits (B, classes)."""
        x = self.base(clips)
        x = nn.functional.avg_pool3d(x, (2, x.shape[3], x.shape[4]), stride=1)
        logits: Tensor = self.fc(x).mean(dim=(2, 3, 4))
        return logits

    @staticmethod
    def official_name(name: str) -> str:
        """Return the name of kylemin/S3D for a key of the state dict."""
        return authors_name(name)


class S3DBackbone(nn.Module):
    """S3D without its classifier: four blocks, each but the first behind a max-pool."""

    def __init__(self) -> None:
        super().__init__()
        layers = s3d_layers()
        self.conv_blocks = nn.ModuleList(nn.Sequential(*(layers[i] for i in stage)) for stage in STAGES)
        self.pools = nn.ModuleList([nn.Identity(), *(layers[i] for i in POOLS)])

    def forward(self, clips: Tensor) -> list[Tensor]:
        """Map clips to four levels of features, each taken before the max-pool that leads to the next one.

        Parameters
        ----------
        clips : Tensor, shape (B, 3, T, H, W)
            T a multiple of 8, H and W of 32.

        Returns
        -------
        list of Tensor
            Shapes (B, 192, T/2, H/4, W/4), (B, 480, T/2, H/8, W/8), (B, 832, T/4, H/16, W/16),
            (B, 1024, T/8, H/32, W/32).
        """
        levels: list[Tensor] = []
        x = clips
        for pool, conv_block in zip(self.pools, self.conv_blocks, strict=True):
            x = conv_block(pool(x))
            levels.append(x)
        return levels


def s3d_layers() -> list[nn.Module]:
    """Make the 16 layers of S3D before its classifier, numbered as in kylemin/S3D.

    A clip (B, 3, T, H, W) becomes (B, 1024, T/8, H/32, W/32); see `STAGES`.
    """
    mixed = {name: Mixed(*widths) for name, widths in _MIXED.items()}
    return [
        SeparableConv(3, 64, 7, stride=2),
        nn.MaxPool3d((1, 3, 3), stride=(1, 2, 2), padding=(0, 1, 1)),
        ConvNormReLU(64, 64),
        SeparableConv(64, 192, 3),
        nn.MaxPool3d((1, 3, 3), stride=(1, 2, 2), padding=(0, 1, 1)),
        mixed["3b"],
        mixed["3c"],
        nn.MaxPool3d(3, stride=2, padding=1),
        mixed["4b"],
        mixed["4c"],
        mixed["4d"],
        mixed["4e"],
        mixed["4f"],
        nn.MaxPool3d(2, stride=2),
        mixed["5b"],
        mixed["5c"],
    ]


def authors_name(name: str) -> str:
    """Turn the end of one of our keys, below a layer of `s3d_layers`, into the name of kylemin/S3D.

    ``branch1.1.temporal.conv.weight`` becomes ``branch1.1.conv_t.weight``; any other key is returned as it is.
    """
    return _PART.sub(lambda match: f"{match[2]}_{match[1][0]}", name)


def block_name(name: str) -> str:
    """Turn a key of a network with an `S3DBackbone` into the name that kylemin's networks have, with blocks from 1.

    ``backbone.conv_blocks.0.2.conv.weight`` becomes ``backbone.base1.2.conv.weight``.
    """
    return authors_name(_BLOCK.sub(lambda match: f"base{int(match[1]) + 1}.", name))
