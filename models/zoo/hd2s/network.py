"""HD2S: S3D, and four decoders whose conspicuity maps are joined to one map. Imports torch.

G. Bellitto, F. Proietto Salanitri, S. Palazzo, F. Rundo, D. Giordano and C. Spampinato, Hierarchical domain-adapted
feature learning for video saliency prediction, IJCV 2021, arXiv:2010.01220. This is the base network, without domain
adaptation.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from videosal.models.layers.s3d import STAGE_CHANNELS, ConvNormReLU, S3DBackbone, authors_name
from videosal.models.zoo.clips import check_clips

if TYPE_CHECKING:
    from collections.abc import Callable

CLIP_LENGTH = 16

# By the authors' number of each feature: its channels, how often 16 frames are halved until one time step is left, the
# widths of its decoder's stages, and the convolutions in each. A stage doubles height and width.
_DECODERS = {
    2: (STAGE_CHANNELS[0], 3, (128, 64, 3), (2, 2, 2)),
    3: (STAGE_CHANNELS[1], 2, (256, 128, 64, 3), (2, 2, 2, 2)),
    4: (STAGE_CHANNELS[2], 1, (512, 256, 128, 64, 3), (3, 3, 2, 2, 2)),
    5: (STAGE_CHANNELS[3], 1, (512, 256, 128, 64, 3), (3, 3, 2, 2, 2)),
}

# Their blocks end with a pool, so that the layers of our first one lie in their first and second.
_FIRST_LAYERS = {"0": "block1.0", "2": "block2.0", "3": "block2.1"}

_RULES: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (r"^backbone\.conv_blocks\.0\.(\d)", lambda m: f"featureExtractor.{_FIRST_LAYERS[m[1]]}"),
    (r"^backbone\.conv_blocks\.(\d)", lambda m: f"featureExtractor.block{int(m[1]) + 2}"),
    (r"^reductions\.([45])\.0", lambda m: f"conv_t{m[1]}"),
    (r"^reductions\.([23])\.(\d)", lambda m: f"conv_t{m[1]}_{int(m[2]) + 1}"),
    (r"^decoders\.(\d)\.stages\.(\d)", lambda m: f"decoder{m[1]}.deconvlayer{m[1]}_{m[2]}"),
    (r"^decoders\.(\d)\.last", lambda m: f"decoder{m[1]}.last_conv{m[1]}"),
    (r"^fusion\b", lambda _: "last_conv"),
    (r"\bdepthwise\.(conv|bn)\b", lambda m: f"{m[1]}_s"),
    (r"\bpointwise\.(conv|bn)\b", lambda m: f"{m[1]}_t"),
)


class HD2S(nn.Module):
    """The base network for clips of 16 frames."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = PooledBackbone()
        self.reductions = nn.ModuleDict()
        self.decoders = nn.ModuleDict()
        for number, (channels, halvings, widths, depths) in _DECODERS.items():
            self.reductions[str(number)] = nn.Sequential(*(_halving(channels) for _ in range(halvings)))
            self.decoders[str(number)] = Decoder(channels, widths, depths)
        self.fusion = nn.Conv2d(len(_DECODERS), 1, 1)

    def forward(self, clips: Tensor) -> Tensor:
        """Map clips to the maps of their last frames.

        Parameters
        ----------
        clips : Tensor, shape (B, 3, 16, H, W)
            RGB in -1 to 1. H and W are multiples of 32.

        Returns
        -------
        Tensor, shape (B, H, W)
            In 0 to 1.

        Raises
        ------
        InputError
            The clips have another shape.
        """
        return self.fuse(self.conspicuity_maps(clips))

    def conspicuity_maps(self, clips: Tensor) -> Tensor:
        """Map clips to the map of each decoder, coarsest feature first: (B, 4, H, W) in 0 to 1."""
        check_clips(clips, CLIP_LENGTH)
        parts = zip(self.backbone(clips), self.reductions.values(), self.decoders.values(), strict=True)
        maps = [decoder(reduction(feature).squeeze(2)) for feature, reduction, decoder in parts]
        return torch.cat(maps[::-1], dim=1)

    def fuse(self, conspicuity: Tensor) -> Tensor:
        """Join the maps of the decoders: (B, 4, H, W) to (B, H, W)."""
        maps: Tensor = self.fusion(conspicuity).sigmoid()
        return maps[:, 0]

    @staticmethod
    def official_name(name: str) -> str:
        """Return the authors' name for a key of the state dict."""
        for pattern, rename in _RULES:
            name = re.sub(pattern, rename, name)
        return authors_name(name)


class PooledBackbone(S3DBackbone):
    """S3D that gives each level behind its max-pool, and the last level as it is."""

    def forward(self, clips: Tensor) -> list[Tensor]:
        """Map clips (B, 3, 16, H, W) to features of 8, 4, 2 and 2 time steps at 1/8, 1/16, 1/32 and 1/32 of H, W."""
        x = self.conv_blocks[0](clips)
        features: list[Tensor] = []
        for pool, conv_block in zip(self.pools[1:], self.conv_blocks[1:], strict=True):
            pooled = pool(x)
            features.append(pooled)
            x = conv_block(pooled)
        return [*features, x]


class Decoder(nn.Module):
    """From a feature without time to its conspicuity map."""

    def __init__(self, channels: int, widths: tuple[int, ...], depths: tuple[int, ...]) -> None:
        super().__init__()
        sizes = zip((channels, *widths), widths, depths, strict=False)
        # The authors count the stages down.
        self.stages = nn.ModuleDict(
            {str(len(widths) - place): _stage(*size) for place, size in enumerate(sizes)},
        )
        self.last = nn.Conv2d(widths[-1], 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, 1, H', W'), in 0 to 1."""
        for stage in self.stages.values():
            x = stage(x)
        maps: Tensor = self.last(x).sigmoid()
        return maps


class ConvNormReLU2d(nn.Module):
    """Convolution of one image without bias, BatchNorm, ReLU."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, *, groups: int = 1, eps: float = 1e-5) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, kernel, padding=kernel // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(channels_out, eps=eps)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels_in, H, W) to (B, channels_out, H, W)."""
        y: Tensor = self.relu(self.bn(self.conv(x)))
        return y


class DepthwiseConv(nn.Module):
    """A 3 x 3 convolution of each channel for itself, followed by one that mixes the channels of each pixel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = ConvNormReLU2d(channels, channels, 3, groups=channels)
        self.pointwise = ConvNormReLU2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        y: Tensor = self.pointwise(self.depthwise(x))
        return y


def _halving(channels: int) -> ConvNormReLU:
    """Make the layer that halves the number of time steps."""
    return ConvNormReLU(channels, channels, (3, 1, 1), stride=(2, 1, 1), padding=(1, 0, 0))


def _stage(channels_in: int, channels_out: int, depth: int) -> nn.Sequential:
    """Make `depth` convolutions and up-sampling by two."""
    return nn.Sequential(
        ConvNormReLU2d(channels_in, channels_out, 3, eps=1e-3),
        *(DepthwiseConv(channels_out) for _ in range(depth - 1)),
        nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
    )
