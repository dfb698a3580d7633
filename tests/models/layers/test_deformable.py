from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from videosal.models.layers.deformable import ModulatedDeformableConv, deformable_conv


def loop(x: Tensor, offsets: Tensor, mask: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The definition, place by place and tap by tap."""
    batch, channels, height, width = x.shape
    kernel_height, kernel_width = weight.shape[2:]
    taps = kernel_height * kernel_width
    groups = mask.shape[1] // taps
    out = bias[None, :, None, None].repeat(batch, 1, height, width)
    for b in range(batch):
        for row in range(height):
            for column in range(width):
                for c in range(channels):
                    for tap in range(taps):
                        index = c // (channels // groups) * taps + tap
                        y = row + tap // kernel_width - kernel_height // 2 + offsets[b, 2 * index, row, column].item()
                        z = offsets[b, 2 * index + 1, row, column].item()
                        value = (
                            bilinear(x[b, c], y, z + column + tap % kernel_width - kernel_width // 2)
                            * mask[b, index, row, column]
                        )
                        out[b, :, row, column] += weight[:, c, tap // kernel_width, tap % kernel_width] * value
    return out


def bilinear(image: Tensor, y: float, x: float) -> float:
    value = 0.0
    for row in (math.floor(y), math.floor(y) + 1):
        for column in (math.floor(x), math.floor(x) + 1):
            if 0 <= row < image.shape[0] and 0 <= column < image.shape[1]:
                value += image[row, column].item() * (1 - abs(y - row)) * (1 - abs(x - column))
    return value


@pytest.mark.parametrize(("groups", "kernel", "size"), [(1, (3, 3), (4, 5)), (2, (3, 3), (3, 4)), (4, (1, 3), (1, 5))])
def test_against_the_definition(groups: int, kernel: tuple[int, int], size: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(groups)
    taps = groups * kernel[0] * kernel[1]
    x = torch.randn(2, 4, *size, generator=generator, dtype=torch.float64)
    offsets = 2 * torch.randn(2, 2 * taps, *size, generator=generator, dtype=torch.float64)
    mask = torch.rand(2, taps, *size, generator=generator, dtype=torch.float64)
    weight = torch.randn(3, 4, *kernel, generator=generator, dtype=torch.float64)
    bias = torch.randn(3, generator=generator, dtype=torch.float64)
    found = deformable_conv(x, offsets, mask, weight, bias)
    torch.testing.assert_close(found, loop(x, offsets, mask, weight, bias), rtol=0, atol=1e-12)


def test_without_offsets_it_is_a_convolution() -> None:
    torch.manual_seed(0)
    layer = ModulatedDeformableConv(8, groups=2)
    torch.nn.init.zeros_(layer.conv_offset_mask.weight)
    bias = layer.conv_offset_mask.bias
    assert bias is not None
    torch.nn.init.zeros_(bias)
    x = torch.randn(2, 8, 6, 7)
    expected = torch.nn.functional.conv2d(x, layer.weight / 2, layer.bias, padding=1)  # the mask is sigmoid(0)
    torch.testing.assert_close(layer(torch.randn(2, 8, 6, 7), x), expected, rtol=0, atol=1e-5)
