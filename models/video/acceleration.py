"""The fast form of a network for prediction: the same numbers with less work. Imports torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from videosal.models.layers.attention import Attention, ChunkedAttention
from videosal.models.layers.s3d import ConvNormReLU

if TYPE_CHECKING:
    from collections.abc import Callable

M = TypeVar("M", bound=nn.Module)


def accelerate(network: nn.Module) -> nn.Module:
    """Rewrite a network in place for prediction.

    BatchNorm is folded into the convolution before it, cubic max-pools are split into one in space and one in time,
    attention makes no similarity matrix, and convolutions work on channels-last memory.

    Parameters
    ----------
    network : Module
        Its weights must be loaded already: the keys of the state dict change.

    Returns
    -------
    Module
        `network` itself, in evaluation mode and without gradients.
    """
    network.eval().requires_grad_(False)
    _replace(network, ConvNormReLU, fold_norm)
    _replace(network, nn.MaxPool3d, split_pool)
    _replace(network, Attention, lambda _: ChunkedAttention())
    _replace(network, nn.Conv3d, DirectConv3d)
    return network


def fold_norm(block: ConvNormReLU) -> nn.Module:
    """Fold the BatchNorm of a block in evaluation mode into its convolution; exact up to rounding."""
    return nn.Sequential(fuse_conv_bn_eval(block.conv, cast("nn.BatchNorm3d", block.bn)), block.relu)


def split_pool(pool: nn.MaxPool3d) -> nn.Module:
    """Split a max-pool into one in space and one in time; exact. One that works in space or time only stays."""
    (kt, kh, kw), (st, sh, sw), (pt, ph, pw) = (
        _triple(value) for value in (pool.kernel_size, pool.stride, pool.padding)
    )
    if kt == 1 or kh == kw == 1 or pool.ceil_mode or pool.return_indices or _triple(pool.dilation) != (1, 1, 1):
        return pool
    return nn.Sequential(
        nn.MaxPool3d((1, kh, kw), stride=(1, sh, sw), padding=(0, ph, pw)),
        nn.MaxPool3d((kt, 1, 1), stride=(st, 1, 1), padding=(pt, 0, 0)),
    )


class DirectConv3d(nn.Module):
    """A 3D convolution on channels-last memory that always takes oneDNN's kernels on the CPU.

    For small features in a batch of one, PyTorch takes a kernel of its own, which is far slower and copies the feature.
    """

    def __init__(self, conv: nn.Conv3d) -> None:
        super().__init__()
        # Only convolutions are turned: the weight of a LayerNorm may have four axes, and has no channels-last form.
        conv.weight.data = conv.weight.data.contiguous(memory_format=torch.channels_last_3d)
        self.conv = conv
        self._settings = (conv.padding, conv.stride, conv.dilation, conv.groups)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, T, H, W) as the convolution does."""
        weight, bias = self.conv.weight, self.conv.bias
        if x.is_cpu and x.dtype == weight.dtype == torch.float32 and _has_onednn():
            x = x.contiguous(memory_format=torch.channels_last_3d)
            y: Tensor = torch.ops.aten.mkldnn_convolution(x, weight, bias, *self._settings)
        else:
            y = self.conv(x)
        return y


def _has_onednn() -> bool:
    # Autocast knows the general convolution only.
    there: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return there and not torch.is_autocast_enabled("cpu")


def _replace(network: nn.Module, kind: type[M], make: Callable[[M], nn.Module]) -> None:
    """Put ``make(module)`` in the place of every module of a kind."""
    for parent in list(network.modules()):
        for name, child in parent.named_children():
            if isinstance(child, kind):
                setattr(parent, name, make(child))


def _triple(value: int | tuple[int, ...]) -> tuple[int, int, int]:
    t, h, w = (value,) * 3 if isinstance(value, int) else value
    return t, h, w
