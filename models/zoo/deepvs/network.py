"""DeepVS: OM-CNN, for objects and their motion, and 2C-LSTM, a convolutional LSTM of two layers. Imports torch.

L. Jiang, M. Xu, T. Liu, M. Qiao and Z. Wang, DeepVS: a deep learning based video saliency prediction approach, ECCV
2018, and arXiv 1709.06316. The network is that of the published code and weights, which are those of the preprint.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, max_pool2d

from videosal.errors import InputError
from videosal.models.layers.keras_layers import BatchNorm

SIDE = 448  # height and width of the frames
GAP = 5  # frames from a frame to the one that its motion is seen in
_FEATURE_SIDE = 28

_OBJECTNESS = (16, 32, 64, 128, 256, 512, 1024, 1024, 1024)
_NORMS = 6  # the first convolutions of the objectness subnet have a norm, and a max-pool behind it
_KEPT = (3, 4, 5, 8)  # those whose features are used
_GRID = 7  # cells on a side, of YOLO
_CELL = 30  # values of a cell
_MOTION = (  # channels out, kernel, stride
    (64, 7, 2),
    (128, 5, 2),
    (256, 5, 2),
    (256, 3, 1),
    (512, 3, 2),
    (512, 3, 1),
    (512, 3, 2),
    (512, 3, 1),
    (1024, 3, 2),
    (1024, 3, 1),
)
_MASKED = 5  # the first convolutions of the motion subnet are masked by the objectness map
_MOTION_KEPT = (9, 7, 5, 3)
_WIDTH = 128  # of the features from convolutions, and of the LSTM

_FEATURES = 4 * _WIDTH  # of either subnet, without the cells

# The authors' names of our layers, in order.
_LAYERS = {
    "objectness.convs": ("conv1", "conv3", "conv5", "conv7", "conv9", "conv11", "conv13", "conv14", "conv15"),
    "objectness.norms": tuple(f"conv{number}/batch_normalization" for number in (1, 3, 5, 7, 9, 11)),
    "objectness.dense": ("fc16", "fc17", "fc18"),
    "objectness.heads": ("conv_9_2", "conv_11_2", "conv_15_2"),
    "coarse.layers": ("conv_19", "conv_20", "conv_21", "conv_22", "deconv_23", "deconv_24"),
    "motion.convs": tuple(f"FNconv{name}" for name in ("1", "2", "3", "3_1", "4", "4_1", "5", "5_1", "6", "6_1")),
    "motion.heads": tuple(f"FNDownconv_{number}_1" for number in (6, 5, 4, 3)),
    "fusion": tuple(f"Lastconv_{number}" for number in (1, 2, 3, 4)),
    "lstm.0.inputs": tuple(f"lstm_layer1i{number}" for number in (1, 2, 3, 4)),
    "lstm.0.states": tuple(f"lstm_layer1h{number}" for number in (1, 2, 3, 4)),
    "lstm.1.inputs": tuple(f"lstm_layer2i{number}" for number in (1, 2, 3, 4)),
    "lstm.1.states": tuple(f"lstm_layer2h{number}" for number in (1, 2, 3, 4)),
    "readout": ("deconv", "deconv2"),
}
_TENSORS = {"weight": "weights", "bias": "biases"}
_NORM_TENSORS = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}

State = tuple[Tensor, Tensor]


class DeepVS(nn.Module):
    """OM-CNN and 2C-LSTM.

    Attributes
    ----------
    gate_scale : float
        Factor of what goes into the gates of the LSTM. It is 1 / 0.25 in the authors' demo, where the dropout of
        training is switched off after the graph is built, and would be 1.
    """

    def __init__(self) -> None:
        super().__init__()
        self.gate_scale = 4.0
        self.objectness = Objectness()
        self.coarse = CoarseMap()
        self.motion = Motion()
        channels = 2 * _FEATURES + _CELL
        self.fusion = nn.ModuleList(
            [_conv(channels, 512, 3), _conv(512, 512, 1), _conv(512, 256, 3), _conv(256, _WIDTH, 1)]
        )
        self.lstm = nn.ModuleList([ConvLSTMCell(_WIDTH), ConvLSTMCell(_WIDTH)])
        self.readout = nn.ModuleList([_deconv(_WIDTH, 16), _deconv(16, 1)])

    def forward(self, clips: Tensor) -> Tensor:
        """Predict all frames of clips but the last 5, with a state that begins at zero.

        Parameters
        ----------
        clips : Tensor, shape (B, 3, T, 448, 448)
            RGB in -1 to 1; T at least 6. The authors take T = 21.

        Returns
        -------
        Tensor, shape (B, T - 5, 112, 112)
            Each map from 0 to 1.

        Raises
        ------
        InputError
            The clips have another shape.
        """
        if clips.ndim != 5 or clips.shape[1] != 3 or clips.shape[2] <= GAP or clips.shape[3:] != (SIDE, SIDE):
            raise InputError(
                f"DeepVS: clips of shape {tuple(clips.shape)}, expected (B, 3, T, {SIDE}, {SIDE}), T at least {GAP + 1}"
            )
        frames = clips.unbind(dim=2)
        zero = clips.new_zeros(clips.shape[0], _WIDTH, _FEATURE_SIDE, _FEATURE_SIDE)
        states: list[State] = [(zero, zero) for _ in self.lstm]
        maps = []
        for frame, later in zip(frames, frames[GAP:], strict=False):
            x = self.encode(frame, later)
            for layer, cell in enumerate(self.lstm):
                states[layer] = cell(x, states[layer], self.gate_scale)
                x = states[layer][0]
            first, last = self.readout
            maps.append(_normalise(last(leaky_relu(first(x), 0.1)))[:, 0])
        return torch.stack(maps, dim=1)

    def encode(self, frame: Tensor, later: Tensor) -> Tensor:
        """Run OM-CNN on frames and those 5 later, (B, 3, 448, 448) each: (B, 128, 28, 28)."""
        objects = self.objectness(frame)
        mask = 0.5 + 0.5 * _normalise(self.coarse(objects))
        x = torch.cat((objects, self.motion(torch.cat((frame, later), dim=1), mask)), dim=1)
        for layer in self.fusion:
            x = leaky_relu(layer(x), 0.1)
        return x

    @staticmethod
    def official_name(name: str) -> str:
        """Return the authors' TensorFlow name for a key of the state dict.

        Weights have PyTorch's order of axes all the same: `videosal.models.zoo.deepvs.entry.read_variables` turns them.
        """
        layers, number, tensor = name.rsplit(".", 2)
        tensors = _NORM_TENSORS if layers.endswith("norms") else _TENSORS
        return f"inference/{_LAYERS[layers][int(number)]}/{tensors[tensor]}"


class Objectness(nn.Module):
    """YOLO-tiny: features of four depths and its cells, weaker towards the border."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, *_OBJECTNESS)
        self.convs = nn.ModuleList(_conv(*pair, 3) for pair in pairwise(widths))
        self.norms = nn.ModuleList(BatchNorm(width) for width in _OBJECTNESS[:_NORMS])
        flat = _OBJECTNESS[-1] * _GRID * _GRID
        self.dense = nn.ModuleList([nn.Linear(flat, 256), nn.Linear(256, 4096), nn.Linear(4096, _GRID * _GRID * _CELL)])
        self.heads = nn.ModuleList(_conv(_OBJECTNESS[index], _WIDTH, 1) for index in _KEPT[1:])
        self.register_buffer("centre", _centre_weights(_FEATURE_SIDE), persistent=False)

    def forward(self, frames: Tensor) -> Tensor:
        """Map frames (B, 3, 448, 448) to (B, 542, 28, 28)."""
        x, kept = frames, []
        for index, conv in enumerate(self.convs):
            x = conv(x)
            if index < _NORMS:
                x = self.norms[index](x)
            x = leaky_relu(x, 0.1, inplace=True)
            if index in _KEPT:
                kept.append(x)
            if index < _NORMS:
                x = max_pool2d(x, 2)
        first, second, last = self.dense
        cells = last(leaky_relu(second(leaky_relu(first(x.flatten(1)), 0.1)), 0.1))
        cells = cells.unflatten(1, (_GRID, _GRID, _CELL)).permute(0, 3, 1, 2)
        deeper = (leaky_relu(head(feature), 0.1) for head, feature in zip(self.heads, kept[1:], strict=True))
        features = [resize(feature, _FEATURE_SIDE) for feature in (kept[0], *deeper, cells)]
        return torch.cat(features, dim=1) * self.get_buffer("centre")


class CoarseMap(nn.Module):
    """A first map of the objects, by which the motion subnet is masked."""

    def __init__(self) -> None:
        super().__init__()
        channels = _FEATURES + _CELL
        self.layers = nn.ModuleList(
            [
                _conv(channels, 512, 3),
                _conv(512, 256, 1),
                _conv(256, 128, 3),
                _conv(128, 128, 1),
                _deconv(128, 16),
                _deconv(16, 1),
            ]
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, 542, 28, 28) to (B, 1, 112, 112)."""
        *layers, last = self.layers
        for layer in layers:
            x = leaky_relu(layer(x), 0.1)
        out: Tensor = last(x)
        return out


class Motion(nn.Module):
    """The contracting part of FlowNet-S, whose first features are masked."""

    def __init__(self) -> None:
        super().__init__()
        widths = [6, *(width for width, _, _ in _MOTION)]
        self.convs = nn.ModuleList(
            _conv(channels, width, kernel, stride)
            for channels, (width, kernel, stride) in zip(widths, _MOTION, strict=False)
        )
        self.heads = nn.ModuleList(_conv(_MOTION[index][0], _WIDTH, 3) for index in _MOTION_KEPT)

    def forward(self, pairs: Tensor, mask: Tensor) -> Tensor:
        """Map pairs of frames (B, 6, 448, 448), with masks (B, 1, 112, 112), to (B, 512, 28, 28)."""
        x, features = pairs, []
        for index, conv in enumerate(self.convs):
            x = leaky_relu(conv(x), 0.1, inplace=True)
            if index < _MASKED:
                x = x * resize(mask, x.shape[-1])
            features.append(x)
        kept = (leaky_relu(head(features[index]), 0.1) for head, index in zip(self.heads, _MOTION_KEPT, strict=True))
        return torch.cat([resize(feature, _FEATURE_SIDE) for feature in kept], dim=1)


class ConvLSTMCell(nn.Module):
    """One step of a convolutional LSTM, whose four gates are convolutions of their own."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.inputs = nn.ModuleList(_conv(channels, channels, 3) for _ in range(4))
        self.states = nn.ModuleList(_conv(channels, channels, 3, bias=False) for _ in range(4))

    def forward(self, x: Tensor, state: State, scale: float) -> State:
        """Give the next hidden and cell state, all (B, C, h, w); `scale` is of what goes into the gates."""
        hidden, cell = state
        i, j, f, o = (
            scale * (of_input(x) + of_state(hidden))
            for of_input, of_state in zip(self.inputs, self.states, strict=True)
        )
        cell = cell * torch.sigmoid(f + 1) + torch.sigmoid(i) * torch.tanh(j)
        return torch.tanh(cell) * torch.sigmoid(o), cell


def resize(x: Tensor, side: int) -> Tensor:
    """Resize (B, C, h, h) to (B, C, side, side) as TensorFlow 1 does: bilinear, with the first pixels aligned."""
    height = x.shape[-1]
    if height == side:
        return x
    if height % side == 0:
        return x[:, :, :: height // side, :: height // side]
    places = torch.arange(side, device=x.device, dtype=x.dtype) * (height / side)
    low = places.floor().long()
    high = (low + 1).clamp(max=height - 1)
    part = places - low
    x = torch.lerp(x[:, :, low], x[:, :, high], part[:, None])
    return torch.lerp(x[..., low], x[..., high], part)


def _normalise(maps: Tensor) -> Tensor:
    """Bring maps (B, 1, H, W) from their minimum and maximum to 0 and 1."""
    shifted = maps - maps.amin(dim=(2, 3), keepdim=True)
    return shifted / (shifted.amax(dim=(2, 3), keepdim=True) + 1e-7)


def _centre_weights(side: int) -> Tensor:
    """1 at the pixel below and right of the middle, 0 at the one farthest from it: (side, side)."""
    away = torch.arange(side) - side // 2
    squared = (away[:, None] ** 2 + away**2).float()
    return 1 - squared.sqrt() / math.sqrt(2 * (side // 2) ** 2)


def _conv(channels_in: int, channels_out: int, kernel: int, stride: int = 1, *, bias: bool = True) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels_out, kernel, stride, padding=kernel // 2, bias=bias)


def _deconv(channels_in: int, channels_out: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(channels_in, channels_out, 4, stride=2, padding=1)
