"""ESAN: frames aligned by deformable convolutions in a pyramid, then a recurrence over groups of frames. Imports torch.

J. Chen, H. Song, K. Zhang, B. Liu and Q. Liu, Video saliency prediction using enhanced spatiotemporal alignment
network, Pattern Recognition 109, 107615, 2021. The alignment is that of EDVR (Wang et al., CVPR Workshops 2019).
"""

from __future__ import annotations

import re

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu

from videosal.errors import InputError
from videosal.models.layers.deformable import ModulatedDeformableConv

GROUP = 5  # frames that are aligned with the one in the middle
_MIDDLE = 2

_VGG16 = ((1, 2), (2, 2), (4, 3), (8, 3), (8, 3))  # width and convolutions of each stage; a max-pool ends it
_TAPS = (16, 23, 30)  # the pools that end at 1/8, 1/16 and 1/32
_OFFSET_GROUPS = 8

_LEVEL = re.compile(r"alignment\.(?:level_(\d)|cascade)\.")
_NAMES = {
    "widen": "L1_conv.0",
    "merge": "sc_fusion",
    "forward_cell": "lstm_forw.cell_list.0",
    "backward_cell": "lstm_back.cell_list.0",
    "readout": "final_conv.0",
}

Levels = tuple[Tensor, Tensor, Tensor]
State = tuple[Tensor, Tensor]


class ESAN(nn.Module):
    """The network, for groups of five frames.

    Two recurrences are meant to run over the groups, forwards and backwards in time. In the authors' code both have the
    weights of the first, and when videos are predicted both get the groups one by one in the order of time. They are
    equal then: `forward` runs both, `predict_group` one of them. The weights of the second are in the checkpoint, but
    no training ever changed them.

    Parameters
    ----------
    width : int, optional
        Channels of the first stage; the authors' network has 64, and 8 x 64 = 512 at all levels of the pyramid.
    """

    def __init__(self, *, width: int = 64) -> None:
        super().__init__()
        channels = 8 * width
        self.base = nn.ModuleList(_vgg16(width))
        self.widen = nn.Conv2d(4 * width, channels, 1)
        self.alignment = PyramidAlignment(channels)
        self.merge = nn.Conv2d(GROUP * channels, channels, 1)
        self.forward_cell = ConvLSTMCell(channels)
        self.backward_cell = ConvLSTMCell(channels)
        self.readout = nn.Conv2d(channels, 1, 3, padding=1)

    def forward(self, clips: Tensor) -> Tensor:
        """Predict the middle frame of each group of five, in the order of time.

        Parameters
        ----------
        clips : Tensor, shape (B, 3, T, H, W)
            Normalised; T a multiple of 5, H and W of 32.

        Returns
        -------
        Tensor, shape (B, T/5, H/2, W/2)
            Values in 0 to 1.

        Raises
        ------
        InputError
            The clips have another shape.
        """
        batch, _, time, *sides = clips.shape if clips.ndim == 5 else (0,) * 5
        if not time or time % GROUP or clips.shape[1] != 3 or any(side % 32 for side in sides):
            raise InputError(
                f"ESAN: clips of shape {tuple(clips.shape)}, expected (B, 3, T, H, W) with T a multiple of {GROUP}, H "
                "and W of 32"
            )
        maps: list[Tensor] = []
        ahead: State | None = None
        back: State | None = None
        for group in torch.split(clips, GROUP, dim=2):
            levels = self.encode(group.transpose(1, 2).flatten(0, 1))
            first, second, third = (level.view(batch, GROUP, *level.shape[1:]) for level in levels)
            merged = self._merge_group(first, second, third)
            ahead, back = self.forward_cell(merged, ahead), self.forward_cell(merged, back)
            maps.append(self._read(ahead[0] + back[0]))
        return torch.stack(maps, dim=1)

    def encode(self, frames: Tensor) -> Levels:
        """Map frames (N, 3, H, W) to the levels (N, C, H/8, W/8), (N, C, H/16, W/16) and (N, C, H/32, W/32)."""
        x, taps = frames, []
        for index, layer in enumerate(self.base):
            x = layer(x)
            if index in _TAPS:
                taps.append(x)
        return self.widen(taps[0]), taps[1], taps[2]

    def predict_group(
        self, first: Tensor, second: Tensor, third: Tensor, *, state: State | None = None
    ) -> tuple[Tensor, State]:
        """Predict the middle frame of groups.

        Parameters
        ----------
        first, second, third : Tensor, shape (B, 5, C, h, w)
            Levels of the frames of each group.
        state : tuple of Tensor, shape (B, C, H/8, W/8), optional
            What the group of five frames before left.

        Returns
        -------
        Tensor, shape (B, H/2, W/2), and the state for the next group.
        """
        hidden, cell = self.forward_cell(self._merge_group(first, second, third), state)
        return self._read(2 * hidden), (hidden, cell)

    def _merge_group(self, *levels: Tensor) -> Tensor:
        """Align the five frames of groups, levels (B, 5, C, h, w), with the middle one, and merge them."""
        reference = [level[:, _MIDDLE : _MIDDLE + 1].expand_as(level).flatten(0, 1) for level in levels]
        aligned = self.alignment([level.flatten(0, 1) for level in levels], reference)
        merged: Tensor = self.merge(aligned.view(len(levels[0]), -1, *aligned.shape[2:]))
        return merged

    def _read(self, hidden: Tensor) -> Tensor:
        maps = interpolate(self.readout(hidden), scale_factor=4, mode="bilinear", align_corners=False)
        return torch.sigmoid(maps[:, 0])

    @staticmethod
    def official_name(name: str) -> str:
        """Return the authors' name for a key of the state dict."""
        if match := _LEVEL.match(name):
            return f"pcd_align.{f'L{match[1]}' if match[1] else 'cas'}_{name[match.end() :]}"
        part, _, rest = name.partition(".")
        return f"{_NAMES.get(part, part)}.{rest}"


class PyramidAlignment(nn.Module):
    """Align features with those of a reference, from the smallest level to the largest, and once more at the end."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.level_3 = Alignment(channels)
        self.level_2 = GuidedAlignment(channels)
        self.level_1 = GuidedAlignment(channels)
        self.cascade = Alignment(channels)

    def forward(self, levels: list[Tensor], reference: list[Tensor]) -> Tensor:
        """Map levels (N, C, h, w), beside those of the reference frame, to (N, C, H/8, W/8)."""
        offset, feature = self.level_3(levels[2], reference[2])
        feature = leaky_relu(feature, 0.1)
        offset, feature = self.level_2(levels[1], reference[1], offset, feature)
        feature = leaky_relu(feature, 0.1)
        _, feature = self.level_1(levels[0], reference[0], offset, feature)
        _, feature = self.cascade(feature, reference[0])
        return leaky_relu(feature, 0.1)


class Alignment(nn.Module):
    """Deformable convolution, whose offsets come from the feature and the reference."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.offset_conv1 = nn.Conv2d(2 * channels, channels, 3, padding=1)
        self.offset_conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.dcnpack = ModulatedDeformableConv(channels, _OFFSET_GROUPS)

    def forward(self, x: Tensor, reference: Tensor) -> tuple[Tensor, Tensor]:
        """Give the feature that offsets are made from, and the aligned `x`, both (N, C, h, w)."""
        offset = leaky_relu(self.offset_conv1(torch.cat((x, reference), dim=1)), 0.1)
        offset = leaky_relu(self.offset_conv2(offset), 0.1)
        return offset, self.dcnpack(offset, x)


class GuidedAlignment(nn.Module):
    """An `Alignment` that gets the offsets and the aligned feature of the level below, of half the size."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.offset_conv1 = nn.Conv2d(2 * channels, channels, 3, padding=1)
        self.offset_conv2 = nn.Conv2d(2 * channels, channels, 3, padding=1)
        self.offset_conv3 = nn.Conv2d(channels, channels, 3, padding=1)
        self.dcnpack = ModulatedDeformableConv(channels, _OFFSET_GROUPS)
        self.fea_conv = nn.Conv2d(2 * channels, channels, 3, padding=1)

    def forward(self, x: Tensor, reference: Tensor, offset: Tensor, aligned: Tensor) -> tuple[Tensor, Tensor]:
        """Give the feature that offsets are made from, and the aligned `x`, both (N, C, h, w)."""
        own = leaky_relu(self.offset_conv1(torch.cat((x, reference), dim=1)), 0.1)
        # An offset of one pixel below is one of two pixels here.
        offset = leaky_relu(self.offset_conv2(torch.cat((own, 2 * _double(offset)), dim=1)), 0.1)
        offset = leaky_relu(self.offset_conv3(offset), 0.1)
        aligned = self.fea_conv(torch.cat((self.dcnpack(offset, x), _double(aligned)), dim=1))
        return offset, aligned


class ConvLSTMCell(nn.Module):
    """One step of a convolutional LSTM."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2 * channels, 4 * channels, 3, padding=1)

    def forward(self, x: Tensor, state: State | None) -> State:
        """Give the next hidden and cell state from `x` and the last, zeros if None; all (B, C, h, w)."""
        hidden, cell = (torch.zeros_like(x), torch.zeros_like(x)) if state is None else state
        i, f, o, g = self.conv(torch.cat((x, hidden), dim=1)).chunk(4, dim=1)
        cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(cell), cell


def _vgg16(width: int) -> list[nn.Module]:
    layers: list[nn.Module] = []
    channels = 3
    for factor, convolutions in _VGG16:
        for _ in range(convolutions):
            layers += [nn.Conv2d(channels, factor * width, 3, padding=1), nn.ReLU(inplace=True)]
            channels = factor * width
        layers.append(nn.MaxPool2d(2))
    return layers


def _double(x: Tensor) -> Tensor:
    return interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
