"""STRA-Net's parts: a dilated ResNet-50, attention, the recurrent layer, priors, TensorFlow's enlargement."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from videosal.models.layers.keras_layers import BatchNorm, hard_sigmoid, max_pool_same

PRIORS = 16
_STRIDE = 8  # of the input for a pixel of the features
# Stage of the residual networks: blocks, channels within, stride of the first block, dilation.
_STAGES = {2: (3, 64, 1, 1), 3: (4, 128, 2, 1), 4: (6, 256, 1, 2), 5: (3, 512, 1, 4)}
WIDTHS = {stage: 4 * width for stage, (_, width, _, _) in _STAGES.items()}


class Block(nn.Module):
    """Bottleneck of ResNet-50 in Caffe's form: the stride is that of the first convolution."""

    def __init__(self, c_in: int, width: int, *, stride: int, dilation: int, project: bool) -> None:
        super().__init__()
        self.res_branch2a = nn.Conv2d(c_in, width, 1, stride=stride)
        self.bn_branch2a = BatchNorm(width)
        self.res_branch2b = nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation)
        self.bn_branch2b = BatchNorm(width)
        self.res_branch2c = nn.Conv2d(width, 4 * width, 1)
        self.bn_branch2c = BatchNorm(4 * width)
        self.project = project
        if project:
            self.res_branch1 = nn.Conv2d(c_in, 4 * width, 1, stride=stride)
            self.bn_branch1 = BatchNorm(4 * width)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C_in, H, W) to (N, 4 * width, H / stride, W / stride)."""
        y = torch.relu(self.bn_branch2a(self.res_branch2a(x)))
        y = torch.relu(self.bn_branch2b(self.res_branch2b(y)))
        y = self.bn_branch2c(self.res_branch2c(y))
        return torch.relu(y + (self.bn_branch1(self.res_branch1(x)) if self.project else x))


class Stream(nn.Module):
    """ResNet-50 whose last two stages are dilated."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 64, 7, stride=2)
        self.bn_conv1 = BatchNorm(64)
        c_in = 64
        for stage, (blocks, width, stride, dilation) in _STAGES.items():
            layers = nn.Sequential()
            for index in range(blocks):
                first = index == 0
                block = Block(c_in, width, stride=stride if first else 1, dilation=dilation, project=first)
                layers.add_module("abcdef"[index], block)
                c_in = 4 * width
            self.add_module(str(stage), layers)

    def start(self, images: Tensor) -> Tensor:
        """Map (N, C, H, W) to the input of stage 2."""
        return max_pool_same(torch.relu(self.bn_conv1(self.conv1(images))), 3, stride=2)

    def stage(self, number: int, x: Tensor) -> Tensor:
        """Pass `x` through a stage, 2 to 5."""
        return cast("Tensor", self.get_submodule(str(number))(x))


class Attention(nn.Module):
    """Which positions of a level matter: a distribution over them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(channels, channels // 2, 3, padding=1)
        self.norm = BatchNorm(channels // 2)
        self.score = nn.Conv2d(channels // 2, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, h, w) to (N, 1, h, w)."""
        scores = torch.sigmoid(self.score(self.norm(torch.relu(self.reduce(x)))))
        return torch.softmax(scores.flatten(1), dim=1).view_as(scores)


class ConvGRU(nn.Module):
    """Convolutional GRU of Keras 2; its gates, in the order update, reset, candidate, are hard sigmoids."""

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.x = nn.Conv2d(c_in, 3 * c_out, 3, padding=1)
        self.h = nn.Conv2d(c_out, 3 * c_out, 3, padding=1, bias=False)
        self.channels = c_out

    def forward(self, features: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        """Map features (B, T, C, H, W) and the state before them to all states and the last."""
        channels = self.channels
        for_gates, for_candidate = torch.split(self.h.weight, [2 * channels, channels])
        terms = torch.unflatten(self.x(features.flatten(0, 1)), 0, features.shape[:2]).unbind(1)
        state = torch.zeros_like(terms[0][:, :channels]) if state is None else state
        states = []
        for term in terms:
            gates = hard_sigmoid(term[:, : 2 * channels] + functional.conv2d(state, for_gates, padding=1))
            update, reset = gates.chunk(2, dim=1)
            candidate = term[:, 2 * channels :] + functional.conv2d(reset * state, for_candidate, padding=1)
            state = (1 - update) * state + update * torch.tanh(candidate)
            states.append(state)
        return torch.stack(states, dim=1), state


class LearnedPriors(nn.Module):
    """Gaussians over the frame: of each, the means and deviations in x and y."""

    def __init__(self) -> None:
        super().__init__()
        self.W = nn.Parameter(torch.cat([torch.full((2 * PRIORS,), 0.5), torch.full((2 * PRIORS,), 0.2)]))

    def forward(self, height: int, width: int) -> Tensor:
        """Give maps (16, height, width), each with a maximum of 1."""
        mean_x, mean_y, deviation_x, deviation_y = self.W.view(4, PRIORS, 1)
        shape = height / width
        along_x = self._gaussian(0, 1, width, mean_x.clamp(0.25, 0.75), deviation_x.clamp(0.1, 0.9))
        along_y = self._gaussian(
            (1 - shape) / 2, (1 + shape) / 2, height, mean_y.clamp(0.35, 0.65), deviation_y.clamp(0.2, 0.8)
        )
        maps = along_y[:, :, None] * along_x[:, None, :]
        return maps / maps.amax(dim=(1, 2), keepdim=True)

    @staticmethod
    def _gaussian(start: float, end: float, count: int, mean: Tensor, deviation: Tensor) -> Tensor:
        places = torch.linspace(start, end, count, dtype=mean.dtype, device=mean.device)
        return torch.exp(-((places - mean) ** 2) / (2 * deviation**2 + 1e-7))


def enlarge(maps: Tensor) -> Tensor:
    """Resize maps (N, 1, h, w) by 8 as TensorFlow 1 does: bilinear, with pixel 8 i on pixel i."""
    height, width = maps.shape[-2:]
    padded = functional.pad(maps, [0, 1, 0, 1], mode="replicate")
    size = (_STRIDE * height + 1, _STRIDE * width + 1)
    return functional.interpolate(padded, size=size, mode="bilinear", align_corners=True)[..., :-1, :-1]
