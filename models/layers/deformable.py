"""Deformable convolution with modulation, as a gather and a matrix product. Imports torch.

X. Zhu, H. Hu, S. Lin and J. Dai, Deformable ConvNets v2: more deformable, better results, CVPR 2019, equation 1. The
order of the offsets is that of the authors' operator and of ``torchvision.ops.deform_conv2d``, which is no dependency.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import grid_sample


class ModulatedDeformableConv(nn.Module):
    """A 3 x 3 convolution, stride 1, whose taps are moved and weighted at every place by what a second feature says.

    Parameters
    ----------
    channels : int
        Of both features and of the output.
    groups : int
        Groups of the input's channels; each has offsets of its own.
    """

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        plain = nn.Conv2d(channels, channels, 3)
        self.weight, self.bias = plain.weight, plain.bias
        self.conv_offset_mask = nn.Conv2d(channels, groups * 27, 3, padding=1)
        self.groups = groups

    def forward(self, guide: Tensor, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, C, H, W), moved as `guide`, (B, C, H, W), says."""
        offsets, mask = self.conv_offset_mask(guide).split((self.groups * 18, self.groups * 9), dim=1)
        return deformable_conv(x, offsets, torch.sigmoid(mask), self.weight, self.bias)


def deformable_conv(x: Tensor, offsets: Tensor, mask: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Convolve with moved and weighted taps: stride 1, zeros outside, output of the input's size.

    Parameters
    ----------
    x : Tensor, shape (B, C, H, W)
        Input.
    offsets : Tensor, shape (B, G * K * 2, H, W)
        By group, by tap (row by row), dy before dx, in pixels. G is the number of groups, K = kh * kw that of taps.
    mask : Tensor, shape (B, G * K, H, W)
        Factor of each tap, by group, by tap.
    weight : Tensor, shape (D, C, kh, kw)
        kh and kw odd.
    bias : Tensor, shape (D,), or None

    Returns
    -------
    Tensor, shape (B, D, H, W)
    """
    batch, channels, height, width = x.shape
    outputs, _, kernel_height, kernel_width = weight.shape
    taps = kernel_height * kernel_width
    groups = mask.shape[1] // taps

    moved = offsets.view(batch, groups, taps, 2, height, width)
    rows = _places(height, kernel_height, x).view(1, 1, kernel_height, 1, height, 1)
    columns = _places(width, kernel_width, x).view(1, 1, 1, kernel_width, 1, width)
    shape = (batch, groups, kernel_height, kernel_width, height, width)
    y = rows + moved[:, :, :, 0].view(shape)
    x_ = columns + moved[:, :, :, 1].view(shape)
    # grid_sample counts from -1 at the outer edge of the first pixel to 1 at that of the last.
    grid = torch.stack(((2 * x_ + 1) / width - 1, (2 * y + 1) / height - 1), dim=-1)
    sampled = grid_sample(
        x.reshape(batch * groups, channels // groups, height, width),
        grid.view(batch * groups, taps * height, width, 2),
        mode="bilinear",
        padding_mode="zeros",
        align_corners=False,
    )
    weighted = sampled.view(batch, groups, channels // groups, taps, -1) * mask.view(batch, groups, 1, taps, -1)
    out = weight.view(outputs, -1) @ weighted.view(batch, channels * taps, height * width)
    if bias is not None:
        out = out + bias[:, None]
    return out.view(batch, outputs, height, width)


def _places(side: int, kernel: int, like: Tensor) -> Tensor:
    """Where each tap looks along an axis before it is moved: (kernel, side)."""
    taps, places = (torch.arange(count, device=like.device, dtype=like.dtype) for count in (kernel, side))
    return taps[:, None] - kernel // 2 + places
