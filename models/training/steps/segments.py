"""Gradient checkpointing of any network: features inside its layers are computed again instead of kept."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEPTH = 2  # levels below the network; lists and sequences of modules are none
_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


def find_segments(network: nn.Module) -> list[nn.Module]:
    """Return the parts of a network between which features are kept: what its parts consist of, down to layers."""
    return list(_descend(network, _DEPTH))


def checkpoint_segments(network: nn.Module) -> None:
    """Make each segment keep nothing but its input while training, in place; values and gradients stay the same bits.

    A BatchNorm takes no notice of the second time.
    """
    for segment in find_segments(network):
        forward = segment.forward
        contexts = partial(_contexts, segment)
        segment.forward = partial(_run, segment, forward, contexts)


def _descend(module: nn.Module, depth: int) -> Iterator[nn.Module]:
    for child in module.children():
        below = depth if isinstance(child, _CONTAINERS) else depth - 1
        if below and any(_has_children(grandchild) for grandchild in child.children()):
            yield from _descend(child, below)
        elif _has_children(child) and not isinstance(child, (nn.ModuleList, nn.ModuleDict)):
            yield child


def _has_children(module: nn.Module) -> bool:
    return any(True for _ in module.children())


def _run(segment: nn.Module, forward: Any, contexts: Any, *inputs: Any, **named: Any) -> Any:
    if not torch.is_grad_enabled():
        return forward(*inputs, **named)
    return checkpoint(forward, *inputs, use_reentrant=False, context_fn=contexts, **named)


def _contexts(segment: nn.Module) -> tuple[Any, Any]:
    """What the forward pass runs in, the first and the second time."""
    return nullcontext(), _leave_statistics(segment)


@contextmanager
def _leave_statistics(segment: nn.Module) -> Iterator[None]:
    norms = [module for module in segment.modules() if isinstance(module, _BatchNorm)]
    kept = [(norm.momentum, norm.num_batches_tracked) for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
        if norm.num_batches_tracked is not None:
            norm.num_batches_tracked = norm.num_batches_tracked.clone()
    try:
        yield
    finally:
        for norm, (momentum, tracked) in zip(norms, kept, strict=True):
            norm.momentum = momentum
            norm.num_batches_tracked = tracked
