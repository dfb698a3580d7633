"""Layers of Keras 2 that PyTorch has otherwise, or not at all."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class BatchNorm(nn.Module):
    """Batch normalisation with the epsilon of Keras, and without PyTorch's count of batches in its state."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (B, C, H, W)."""
        mean, variance = self.get_buffer("running_mean"), self.get_buffer("running_var")
        return functional.batch_norm(
            x, mean, variance, self.weight, self.bias, training=self.training, momentum=0.01, eps=1e-3
        )


def hard_sigmoid(x: Tensor) -> Tensor:
    """Give the piecewise linear sigmoid of Keras 2: 0.2 x + 0.5, cut to 0 to 1. Keras 3 has another."""
    return (0.2 * x + 0.5).clamp(0, 1)


def max_pool_same(x: Tensor, size: int, stride: int) -> Tensor:
    """Take maxima of a feature that is not negative, padded as TensorFlow's ``same``: the odd pixel at the end."""
    pads = []
    for length in (x.shape[-1], x.shape[-2]):
        missing = max((-(-length // stride) - 1) * stride + size - length, 0)
        pads += [missing // 2, missing - missing // 2]
    return functional.max_pool2d(functional.pad(x, pads), size, stride)
