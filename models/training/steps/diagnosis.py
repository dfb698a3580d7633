"""Where a loss or a gradient that is no number comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from videosal.models.training.clips import ClipBatch


def explain_loss(network: nn.Module, batch: ClipBatch, losses: Tensor, device: str) -> str | None:
    """Name the clip and the tensor behind a loss that is no number; None where all of this process's are numbers.

    Parameters
    ----------
    network : Module
        As it was when the losses were computed.
    batch : ClipBatch
        The clips of this process.
    losses : Tensor, shape (B,)
        Loss of each.
    device : str
        Of the network.
    """
    broken = (~torch.isfinite(losses)).nonzero().flatten().tolist()
    if not broken:
        return None
    first = broken[0]
    why = _find_tensor(network, batch, first, device)
    return f"the loss of clip {batch.names[first]} is {losses[first].item()}, {why}"


def explain_gradient(network: nn.Module) -> str:
    """Name the first parameter whose gradient holds something that is no number."""
    for name, parameter in network.named_parameters():
        if parameter.grad is not None and not torch.isfinite(parameter.grad).all():
            return f"the gradient of {name} holds {_first_value(parameter.grad)}"
    return "the norm of the gradients is too large for a number"


def _find_tensor(network: nn.Module, batch: ClipBatch, index: int, device: str) -> str:
    """Go through what the loss is computed from, in that order."""
    known = {"its frames hold": batch.clips[index], "its density holds": batch.densities[index]}
    known |= {f"the parameter {name} holds": parameter for name, parameter in network.named_parameters()}
    for text, tensor in known.items():
        if not torch.isfinite(tensor).all():
            return f"because {text} {_first_value(tensor)}"
    if (found := _find_layer(network, batch.clips.to(device))) is not None:
        return found
    return "because a metric is undefined for its map, which is the same everywhere or has negative values"


def _find_layer(network: nn.Module, clips: Tensor) -> str | None:
    """Run the network again and name its first layer with an output that is no number."""
    found: list[str] = []

    def watch(name: str) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            for tensor in _tensors(output):
                if not found and not torch.isfinite(tensor).all():
                    found.append(f"because the output of {name or 'the network'} holds {_first_value(tensor)}")

        return hook

    handles = [module.register_forward_hook(watch(name)) for name, module in network.named_modules()]
    try:
        with torch.no_grad():
            network(clips)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


def _tensors(output: Any) -> Iterable[Tensor]:
    if isinstance(output, Tensor):
        return [output] if output.is_floating_point() else []
    parts = output.values() if isinstance(output, dict) else output if isinstance(output, (list, tuple)) else ()
    return [tensor for part in parts for tensor in _tensors(part)]


def _first_value(tensor: Tensor) -> float:
    flat = tensor.detach().flatten()
    return float(flat[~torch.isfinite(flat)][0])
