"""How much memory a step will need, found without computing anything."""

from __future__ import annotations

import math
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from videosal.errors import RunError
from videosal.models.training.loading import BATCHES_AHEAD
from videosal.models.training.steps.segments import find_segments

if TYPE_CHECKING:
    from videosal.models.training.recipe import Recipe

_MEMINFO = Path("/proc/meminfo")
_SHARED_MEMORY = Path("/dev/shm")


@dataclass(frozen=True, slots=True)
class Footprint:
    """Memory of a training, in bytes.

    Attributes
    ----------
    parameters : int
        Learned values of the network; a number, no bytes.
    weights : int
        Weights and statistics of norms: the size of ``best.safetensors``.
    update : int
        Gradients and the two moments of Adam.
    features : int or None
        What the forward pass keeps for the backward pass, in float32. None where it cannot be found out.
    """

    parameters: int
    weights: int
    update: int
    features: int | None

    @property
    def total(self) -> int:
        """Their sum: about the most that a step takes."""
        return self.weights + self.update + (self.features or 0)


def estimate_footprint(recipe: Recipe) -> Footprint:
    """Run the network on tensors without content, and count what it keeps."""
    config, entry = recipe.config, recipe.entry
    with torch.device("meta"):
        network = entry.build(entry.input_size).train()
        clips = torch.empty(config.micro_batch or config.batch, 3, entry.length, *entry.input_size)
    parameters = list(network.parameters())
    features = None
    with suppress(RuntimeError, NotImplementedError):  # a layer that knows no such tensors
        features = _count_features(network, clips, checkpointed=config.gradient_checkpointing)
    return Footprint(
        sum(parameter.numel() for parameter in parameters),
        sum(tensor.nbytes for tensor in network.state_dict().values()),
        3 * sum(parameter.nbytes for parameter in parameters),
        features,
    )


def free_memory(device: str) -> int | None:
    """Return the bytes that are free on a device; None where the system does not tell."""
    if torch.device(device).type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    if torch.device(device).type != "cpu" or not _MEMINFO.is_file():
        return None
    lines = dict(line.split(":", 1) for line in _MEMINFO.read_text().splitlines() if ":" in line)
    return int(lines["MemAvailable"].split()[0]) * 1024 if "MemAvailable" in lines else None


def check_shared_memory(recipe: Recipe) -> None:
    """Refuse workers whose clips do not fit into the memory by which they reach this process.

    It is small in containers. A worker reads `BATCHES_AHEAD` batches ahead, and one more is in use.

    Raises
    ------
    RunError
        The text says how much is there and how much is needed.
    """
    config, (height, width) = recipe.config, recipe.entry.input_size
    free = _free_shared_memory()
    if not config.workers or free is None:
        return
    clip = (3 * recipe.entry.length + 1) * height * width * 4 + height * width  # with its density and its fixations
    batches = config.workers * BATCHES_AHEAD + 1
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))  # of torchrun on this machine
    needed = clip * config.batch * batches * processes
    if needed > free:
        raise RunError(
            f"{_SHARED_MEMORY} has {free / 1e6:.0f} MB free, a batch of {config.batch} clips takes "
            f"{clip * config.batch / 1e6:.0f} MB, and {config.workers} workers keep {batches} there"
            f"{f' for each of {processes} processes' if processes > 1 else ''}: start the container with "
            f"--shm-size {math.ceil(needed / 1e9)}g, or give fewer --workers, or --workers 0"
        )


def _free_shared_memory() -> int | None:
    try:
        status = os.statvfs(_SHARED_MEMORY)
    except (OSError, AttributeError):  # a system that shares memory in another way
        return None
    return status.f_bavail * status.f_frsize


def _count_features(network: nn.Module, clips: Tensor, *, checkpointed: bool) -> int:
    """With checkpoints, the inputs of all segments are kept, and the inside of one segment at a time."""
    weights = {_storage(parameter) for parameter in network.parameters()}
    kept: dict[int, Tensor] = {}
    inside: list[dict[int, Tensor]] = []
    open_: list[dict[int, Tensor]] = [kept]

    def enter(_module: nn.Module, inputs: Any) -> None:
        kept.update({_storage(tensor): tensor for tensor in inputs if isinstance(tensor, Tensor)})
        inside.append({})
        open_.append(inside[-1])

    def leave(_module: nn.Module, _inputs: Any, _output: Any) -> None:
        open_.pop()

    def pack(tensor: Tensor) -> Tensor:
        if _storage(tensor) not in weights:
            open_[-1][_storage(tensor)] = tensor
        return tensor

    if checkpointed:
        for segment in find_segments(network):
            segment.register_forward_pre_hook(enter)
            segment.register_forward_hook(leave)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        network(clips)
    return _bytes(kept) + max(map(_bytes, inside), default=0)


def _storage(tensor: Tensor) -> int:
    # Tensors without content have no address; this tells their storages apart, as long as these live.
    return int(tensor.untyped_storage()._cdata)


def _bytes(tensors: dict[int, Tensor]) -> int:
    return sum(tensor.untyped_storage().nbytes() for tensor in tensors.values())
