"""TinyHD: a reduced 3D MobileNetV2 and three kinds of decoders, for one map or for one per frame. Imports torch.

F. Hu, S. Palazzo, F. Proietto Salanitri, G. Bellitto, M. Moradi, C. Spampinato and K. McGuinness, TinyHD: efficient
video saliency prediction with heterogeneous decoders using hierarchical maps distillation, WACV 2023. The networks are
those with a quarter of the channels: TinyHD-S predicts the last frame of a clip, TinyHD-M all of them.
"""

from __future__ import annotations

import re
from itertools import chain, pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pixel_shuffle

from videosal.models.zoo.clips import check_clips

if TYPE_CHECKING:
    from collections.abc import Iterable

CLIP_LENGTH = 16

# MobileNetV2 with a quarter of the channels: expansion, channels out, blocks, stride (T, H and W) of the first block.
_STAGES = (
    (1, 4, 1, (1, 1)),
    (6, 6, 2, (1, 2)),
    (6, 8, 3, (2, 2)),
    (6, 16, 4, (2, 2)),
    (6, 24, 3, (1, 1)),
    (6, 40, 3, (1, 2)),
    (6, 80, 1, (1, 1)),
)
_FIRST, _LAST = 8, 320  # channels of the convolutions before and after the stages
_GROUPS = (0, 1, 3, 6, 13, 18)  # the 18 features that are grouped by their size
_TIME_KERNELS_M = {14: 2, 15: 1, 16: 1, 17: 1}  # by block, where not 3: TinyHD-M comes down to one time step

# The blocks of each decoder: (channels in, out), and T-stride in TinyHD-S.
_DECODER_1 = (
    ((7, 24), (24, 48), (12, 24), (24, 1)),
    ((6, 56), (14, 56), (14, 28), (28, 1)),
    ((34, 56), (14, 56), (14, 56), (14, 1)),
    ((130, 136), (34, 136), (34, 136), (34, 1)),
)
_STRIDES_1 = ((2, 1, 2, 2), (2, 1, 2, 1), (2, 1, 1, 1), (2, 1, 1, 1))
_DECODER_2 = ((130, 136), (34, 24), (6, 6), (6, 28), (7, 7), (7, 7), (7, 7), (7, 1))
_STRIDES_2 = (1, 1, 2, 1, 2, 2, 2, 2)
_DECODER_3 = (
    *((7, 6), (6, 34), (34, 130)),
    *((6, 8), (34, 32), (130, 128), (7, 2), (6, 8), (34, 32)),
    *((2, 2), (8, 8), (2, 2), (2, 1)),
)
_STRIDES_3 = (2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 1)

_BLOCKS_BEFORE = {"decoder_1": 0, "decoder_2": 16, "decoder_3": 24}
_DECODER_BLOCK = re.compile(r"(decoder_\d)\.blocks\.(\d+)\.")


class TinyHD(nn.Module):
    """TinyHD-S, or TinyHD-M with ``every_frame``.

    Parameters
    ----------
    every_frame : bool, optional
        Whether all frames of the clip are predicted (TinyHD-M), or the last.
    """

    def __init__(self, *, every_frame: bool = False) -> None:
        super().__init__()
        self.every_frame = every_frame
        self.encoder = Encoder(every_frame=every_frame)
        self.decoder_1 = SingleLevelDecoder(every_frame=every_frame)
        self.decoder_2 = TopDownDecoder(every_frame=every_frame)
        self.decoder_3 = AggregatingDecoder(every_frame=every_frame)
        self.fusion: nn.Module = nn.Conv3d(6, 1, 1) if every_frame else nn.Conv2d(6, 1, 1)

    def forward(self, clips: Tensor) -> Tensor:
        """Map normalised clips (B, 3, 16, H, W), H and W multiples of 32, to maps in 0 to 1.

        (B, H, W), of the last frame, or (B, 16, H, W). Raise `InputError` for clips of another shape.
        """
        first, second, third = self.decode(clips)
        # Decoder 1 gives one map for all frames, also in TinyHD-M.
        maps = torch.cat((first.expand(-1, -1, second.shape[2], -1, -1), second, third), dim=1)
        fused = self.fusion(maps if self.every_frame else maps.squeeze(2))
        return torch.sigmoid(fused.squeeze(1))

    def decode(self, clips: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Give the maps of the three decoders, in 0 to 1, which training compares with those of a teacher.

        (B, 4, 1, H, W), and twice (B, 1, T, H, W), where T is 1, or 16 with ``every_frame``.
        """
        check_clips(clips, CLIP_LENGTH)
        levels = self.encoder(clips)
        first, second, third = (
            torch.sigmoid(decoder(levels)) for decoder in (self.decoder_1, self.decoder_2, self.decoder_3)
        )
        return first, second, third

    @staticmethod
    def official_name(name: str) -> str:
        """Return the authors' name for a key of the state dict."""
        if match := _DECODER_BLOCK.match(name):
            number = _BLOCKS_BEFORE[match[1]] + int(match[2])
            return f"aggregator.aggregate_adapter.{number}.{name[match.end() :]}"
        part, _, rest = name.partition(".")
        return f"decoder.decoder.0.{rest}" if part == "fusion" else f"encoder.encoder.{rest.removeprefix('layers.')}"


class Encoder(nn.Module):
    """MobileNetV2, inflated to three dimensions, whose 18 features are grouped by size into four levels."""

    def __init__(self, *, every_frame: bool) -> None:
        super().__init__()
        layers: list[nn.Module] = [ConvNormReLU6(3, _FIRST, (3, 3), stride=(2, 2))]
        channels = _FIRST
        for expansion, channels_out, repeats, first_stride in _STAGES:
            for repeat in range(repeats):
                stride = first_stride if repeat == 0 else (1, 1)
                kernel = _TIME_KERNELS_M.get(len(layers), 3) if every_frame else 3
                layers.append(InvertedResidual(channels, channels_out, expansion, kernel, stride))
                channels = channels_out
        layers.append(ConvNormReLU6(channels, _LAST, (1, 1)))
        self.layers = nn.ModuleList(layers)

    def forward(self, clips: Tensor) -> tuple[Tensor, ...]:
        """Map clips (B, 3, 16, H, W) to the four levels.

        (B, 7, 8, H/2, W/2), (B, 6, 4, H/4, W/4), (B, 34, 2, H/8, W/8) and (B, 130, T, H/16, W/16), T = 2, or 1 in
        TinyHD-M.
        """
        x, features = self.layers[0](clips), []
        for layer in self.layers[1:]:
            x = layer(x)
            features.append(x)
        largest, *groups = (torch.cat(features[start:end], dim=1) for start, end in pairwise(_GROUPS))
        second, *levels = map(shuffle, groups)
        return torch.cat((largest, second), dim=1), *levels


class SingleLevelDecoder(nn.Module):
    """Decoder 1: one map from each level on its own."""

    def __init__(self, *, every_frame: bool) -> None:
        super().__init__()
        strides = (*_STRIDES_1[:3], (1, 1, 1, 1)) if every_frame else _STRIDES_1
        self.blocks = _make_blocks(chain(*_DECODER_1), chain(*strides), every_frame)

    def forward(self, levels: tuple[Tensor, ...]) -> Tensor:
        """Map the four levels to (B, 4, 1, H, W)."""
        b = self.blocks
        x0, x1, x2, x3 = levels
        return torch.cat(
            (
                b[3](b[2](shuffle(b[1](b[0](x0))))),
                b[7](b[6](shuffle(b[5](shuffle(b[4](x1)))))),
                b[11](shuffle(b[10](shuffle(b[9](shuffle(b[8](x2))))))),
                b[15](shuffle(b[14](shuffle(b[13](shuffle(b[12](enlarge(x3)))))))),
            ),
            dim=1,
        )


class TopDownDecoder(nn.Module):
    """Decoder 2: from the smallest level to the largest, each added to what comes from the one below."""

    def __init__(self, *, every_frame: bool) -> None:
        super().__init__()
        self.blocks = _make_blocks(_DECODER_2, (1,) * 8 if every_frame else _STRIDES_2, every_frame)
        self.lengthen: nn.Module = Lengthen() if every_frame else nn.Identity()

    def forward(self, levels: tuple[Tensor, ...]) -> Tensor:
        """Map the four levels to (B, 1, T, H, W)."""
        b, lengthen = self.blocks, self.lengthen
        x0, x1, x2, x3 = levels
        z = lengthen(shuffle(b[0](x3))) + x2
        z = lengthen(shuffle(b[1](z))) + b[2](x1)
        z = lengthen(shuffle(b[3](z))) + b[5](b[4](x0))
        out: Tensor = b[7](lengthen(enlarge(b[6](z))))
        return out


class AggregatingDecoder(nn.Module):
    """Decoder 3: neighbouring levels are added, pair by pair, until one is left."""

    def __init__(self, *, every_frame: bool) -> None:
        super().__init__()
        self.blocks = _make_blocks(_DECODER_3, (1,) * 13 if every_frame else _STRIDES_3, every_frame)
        self.lengthen: nn.Module = Lengthen() if every_frame else nn.Identity()

    def forward(self, levels: tuple[Tensor, ...]) -> Tensor:
        """Map the four levels to (B, 1, T, H, W)."""
        b, lengthen = self.blocks, self.lengthen
        p = [lengthen(enlarge(x)) for x in levels]
        p = [p[0], *(p[i + 1] + b[i](levels[i]) for i in range(3))]
        q = [lengthen(shuffle(b[3 + i](p[i + 1]))) + b[6 + i](p[i]) for i in range(3)]
        r = [lengthen(shuffle(q[i + 1])) + b[9 + i](q[i]) for i in range(2)]
        s = lengthen(shuffle(r[1])) + b[11](r[0])
        out: Tensor = b[12](s)
        return out


class ConvNormReLU6(nn.Sequential):
    """Convolution without bias, BatchNorm, ReLU6; `kernel` and `stride` are of T, and of H and W."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        kernel: tuple[int, int],
        *,
        stride: tuple[int, int] = (1, 1),
        groups: int = 1,
    ) -> None:
        (kt, k), (st, s) = kernel, stride
        # A kernel of two steps brings two to one, and is not padded.
        padding = (1 if kt == 3 else 0, k // 2, k // 2)
        conv = nn.Conv3d(channels_in, channels_out, (kt, k, k), (st, s, s), padding, groups=groups, bias=False)
        super().__init__(conv, nn.BatchNorm3d(channels_out), nn.ReLU6(inplace=True))


class InvertedResidual(nn.Module):
    """Expand, convolve each channel on its own, project; added to the input where its shape is kept."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        expansion: int,
        time_kernel: int,
        stride: tuple[int, int],
        *,
        skip: bool = True,
    ) -> None:
        super().__init__()
        hidden = channels_in * expansion
        expand = [ConvNormReLU6(channels_in, hidden, (1, 1))] if expansion > 1 else []
        self.conv = nn.Sequential(
            *expand,
            ConvNormReLU6(hidden, hidden, (time_kernel, 3), stride=stride, groups=hidden),
            nn.Conv3d(hidden, channels_out, 1, bias=False),
            nn.BatchNorm3d(channels_out),
        )
        self.skips = skip and stride == (1, 1) and channels_in == channels_out

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels_in, T, H, W) to (B, channels_out, T', H', W')."""
        y: Tensor = self.conv(x)
        return x + y if self.skips else y


class Lengthen(nn.Module):
    """Twice the time steps, by linear interpolation that keeps the first and the last."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, T, H, W) to (B, C, 2T, H, W)."""
        return interpolate(x, scale_factor=(2, 1, 1), mode="trilinear", align_corners=True)


def shuffle(x: Tensor) -> Tensor:
    """Turn channels into pixels, frame by frame: (B, 4C, T, H, W) to (B, C, T, 2H, 2W)."""
    batch = x.shape[0]
    frames = pixel_shuffle(x.transpose(1, 2).flatten(0, 1), 2)
    return frames.view(batch, -1, *frames.shape[1:]).transpose(1, 2)


def enlarge(x: Tensor) -> Tensor:
    """Interpolate (B, C, T, H, W) to (B, C, T, 2H, 2W), so that the corners stay where they are."""
    return interpolate(x, scale_factor=(1, 2, 2), mode="trilinear", align_corners=True)


def _make_blocks(widths: Iterable[tuple[int, int]], strides: Iterable[int], every_frame: bool) -> nn.ModuleList:
    """Make the blocks of a decoder. In TinyHD-S those that keep T look at one frame at a time."""
    return nn.ModuleList(
        InvertedResidual(
            *pair,
            expansion=2,
            time_kernel=3 if every_frame or stride == 2 else 1,
            stride=(stride, 1),
            skip=False,
        )
        for pair, stride in zip(widths, strides, strict=True)
    )
