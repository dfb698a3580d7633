"""UNISAL's parts: norms of each data set's own, MobileNetV2 with late subsampling, the recurrent cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable

SOURCES = ("DHF1K", "Hollywood", "UCFSports", "SALICON")
STATIC = "SALICON"  # the source of single images

# MobileNetV2: factor of expansion, channels, blocks and stride of each stage.
_STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
_TAP_4X, _TAP_2X = 7, 14  # blocks whose output is taken before it is subsampled: at 1/8 and 1/16 of the input
FEATURES = 1280


class DomainNorm(nn.Module):
    """Domain-adaptive batch normalisation: statistics, scale and shift of each source's own."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        for source in SOURCES:
            momentum = 0.1 if source == STATIC else 0.01
            self.add_module(f"bn_{source}", nn.BatchNorm2d(channels, momentum=momentum))

    def forward(self, x: Tensor, source: str) -> Tensor:
        """Normalise `x` (B, C, H, W) with the values of `source`."""
        return cast("Tensor", getattr(self, f"bn_{source}")(x))


class DomainSequential(nn.Sequential):
    """Layers one after the other; those that depend on the source are told it."""

    def forward(self, x: Tensor, source: str) -> Tensor:  # type: ignore[override]
        """Pass `x` through all layers."""
        for layer in self:
            x = layer(x, source) if isinstance(layer, (DomainNorm, DomainSequential)) else layer(x)
        return x


class InvertedResidual(nn.Module):
    """Block of MobileNetV2: expand, filter each channel, project.

    A block of stride 2 filters at full resolution; its user subsamples what comes out (`subsample`).
    """

    def __init__(self, c_in: int, c_out: int, expansion: int, *, stride: int = 1, norm: Callable[[int], nn.Module]):
        super().__init__()
        hidden = c_in * expansion
        layers: list[nn.Module] = []
        if expansion > 1:
            layers += [nn.Conv2d(c_in, hidden, 1, bias=False), norm(hidden), nn.ReLU6()]
        layers += [nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden, bias=False), norm(hidden), nn.ReLU6()]
        layers += [nn.Conv2d(hidden, c_out, 1, bias=False), norm(c_out)]
        self.conv = DomainSequential(*layers)
        self.subsample = stride > 1
        self.residual = stride == 1 and c_in == c_out

    def forward(self, x: Tensor, source: str) -> Tensor:
        """Map (B, C_in, H, W) to (B, C_out, H, W)."""
        y: Tensor = self.conv(x, source)
        return x + y if self.residual else y


class MobileNetV2(nn.Module):
    """Backbone: features at 1/32 of the input, and at 1/16 and 1/8 for the skip connections."""

    def __init__(self) -> None:
        super().__init__()
        stem = nn.Sequential(
            nn.Conv2d(3, 32, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU6(inplace=True)
        )
        self.features = nn.ModuleList([stem])
        channels = 32
        for expansion, width, blocks, stride in _STAGES:
            for block in range(blocks):
                step = stride if block == 0 else 1
                self.features.append(InvertedResidual(channels, width, expansion, stride=step, norm=nn.BatchNorm2d))
                channels = width
        self.features.append(
            nn.Sequential(
                nn.Conv2d(channels, FEATURES, 1, bias=False), nn.BatchNorm2d(FEATURES), nn.ReLU6(inplace=True)
            )
        )

    def forward(self, x: Tensor, source: str) -> tuple[Tensor, Tensor, Tensor]:
        """Map images (B, 3, H, W) to features of 1280, 160 and 64 channels."""
        taps = {}
        for index, layer in enumerate(self.features):
            x = layer(x, source) if isinstance(layer, InvertedResidual) else layer(x)
            taps[index] = x
            if isinstance(layer, InvertedResidual) and layer.subsample:
                x = x[..., ::2, ::2]
        return x, taps[_TAP_2X], taps[_TAP_4X]


class SeparableConvolution(nn.Module):
    """Depthwise 3 x 3 filter and 1 x 1 convolution, as the gates use them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv_dw = nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False)
        self.sep_bn = DomainNorm(channels)
        self.conv_sep = nn.Conv2d(channels, channels, 1, bias=False)

    def forward(self, x: Tensor, source: str) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        return cast("Tensor", self.conv_sep(functional.relu6(self.sep_bn(self.conv_dw(x), source))))


class ConvGRUCell(nn.Module):
    """Convolutional gated recurrent unit whose terms are normalised and scaled for each channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        for gate in ("r", "z", "h"):
            self.register_parameter(f"b_{gate}", nn.Parameter(torch.zeros(channels, 1, 1)))
            for term in ("x", "h"):
                self.register_parameter(f"a_{gate}_{term}", nn.Parameter(torch.ones(channels, 1, 1)))
        self.register_buffer("drop_mask_1", torch.ones(3, channels))  # of the authors' training; not used here
        for gate, part in (("r", "_r"), ("z", "_z"), ("h", "")):
            self.add_module(f"w{part}", SeparableConvolution(channels))
            self.add_module(f"u{part}", SeparableConvolution(channels))
            for term in ("x", "h"):
                self.add_module(f"norm_{gate.replace('h', 'out')}_{term}", DomainNorm(channels))

    def input_terms(self, x: Tensor, source: str) -> tuple[Tensor, Tensor, Tensor]:
        """Give what the input adds to the gates r and z and to the candidate; `x` may hold all time steps."""
        return self._terms("w", "x", x, source)

    def forward(self, terms: tuple[Tensor, Tensor, Tensor], state: Tensor, source: str) -> Tensor:
        """Take a time step: `terms` are its `input_terms`."""
        parts: Any = self
        r_x, z_x, h_x = terms
        r_h, z_h, h_h = self._terms("u", "h", state, source)
        reset = torch.sigmoid(r_x + r_h + parts.b_r)
        update = torch.sigmoid(z_x + z_h + parts.b_z)
        candidate = torch.tanh(h_x + reset * h_h + parts.b_h)
        return (1 - update) * state + update * candidate

    def _terms(self, kind: str, term: str, x: Tensor, source: str) -> tuple[Tensor, Tensor, Tensor]:
        def give(gate: str, part: str, norm: str) -> Tensor:
            convolved = getattr(self, kind + part)(x, source)
            normed = getattr(self, f"norm_{norm}_{term}")(convolved, source)
            return cast("Tensor", getattr(self, f"a_{gate}_{term}") * normed)

        return give("r", "_r", "r"), give("z", "_z", "z"), give("h", "", "out")


class ConvGRU(nn.Module):
    """Recurrent layer over the frames of a clip."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.cell_list = nn.ModuleList([ConvGRUCell(channels)])

    def forward(self, x: Tensor, state: Tensor | None, source: str) -> tuple[Tensor, Tensor]:
        """Map features (B, T, C, H, W) and the state before them to all states and the last."""
        cell = cast("ConvGRUCell", self.cell_list[0])
        batch, frames = x.shape[:2]
        terms = [torch.unflatten(term, 0, (batch, frames)) for term in cell.input_terms(x.flatten(0, 1), source)]
        state = torch.zeros_like(x[:, 0]) if state is None else state
        states = []
        for frame in range(frames):
            r, z, h = (term[:, frame] for term in terms)
            state = cell((r, z, h), state, source)
            states.append(state)
        return torch.stack(states, dim=1), state
