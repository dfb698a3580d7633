"""One process, or several that torchrun started and that train one network together."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar, cast

import torch
from torch import distributed, nn

from videosal.errors import InputError, VideosalError
from videosal.models.device import resolve_device

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")

_PATIENCE = timedelta(hours=2)  # the others wait as long for the first one's validation


@dataclass(frozen=True, slots=True)
class Processes:
    """The processes of a training, seen by one of them.

    Attributes
    ----------
    rank, count : int
        Its number, from 0, and how many there are.
    device : str
        What it computes on.
    """

    rank: int
    count: int
    device: str

    @property
    def first(self) -> bool:
        """Whether this is the one that validates and writes."""
        return self.rank == 0

    def wrap(self, network: nn.Module) -> nn.Module:
        """Return the network to train: in several processes, one that averages gradients over them."""
        if self.count == 1:
            return network
        on_gpu = torch.device(self.device).type == "cuda"
        return nn.parallel.DistributedDataParallel(network, device_ids=[self.device] if on_gpu else None)

    def total(self, values: Sequence[float]) -> list[float]:
        """Add up numbers over the processes, in float64."""
        if self.count == 1:
            return list(values)
        sums = torch.tensor(values, dtype=torch.float64, device=self.device)
        distributed.all_reduce(sums)
        return cast("list[float]", sums.tolist())

    def lead(self, action: Callable[[], T]) -> T:
        """Do something in the first process alone; every process gets what it returned, or the error that it raised.

        What it returns has to be a plain value.
        """
        if self.count == 1:
            return action()
        found: list[T | VideosalError | None] = [None]
        if self.first:
            try:
                found = [action()]
            except VideosalError as error:
                found = [error]
        distributed.broadcast_object_list(found, device=torch.device(self.device))
        if isinstance(found[0], VideosalError):
            raise found[0]
        return cast("T", found[0])

    def wait(self) -> None:
        """Go on when all have come so far."""
        self.lead(lambda: None)

    def gather(self, value: T) -> list[T]:
        """Give every process the values of all."""
        if self.count == 1:
            return [value]
        values: list[T | None] = [None] * self.count
        distributed.all_gather_object(values, value)
        return cast("list[T]", values)


@contextmanager
def join_processes(device: str) -> Iterator[Processes]:
    """Find out whether torchrun started this process, and join the others if so.

    Parameters
    ----------
    device : str
        As for `resolve_device`. Under torchrun ``auto`` and ``cuda`` are one GPU for each process of a machine.

    Raises
    ------
    ModelError
        The device is not there.
    InputError
        A machine has fewer GPUs than processes.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Processes(0, 1, resolve_device(device))
        return
    device = _choose_device(device, int(os.environ.get("LOCAL_RANK", "0")))
    distributed.init_process_group("nccl" if device.startswith("cuda") else "gloo", timeout=_PATIENCE)
    try:
        yield Processes(distributed.get_rank(), count, device)
    finally:
        distributed.destroy_process_group()


def _choose_device(device: str, place: int) -> str:
    device = resolve_device(device)
    if device != "cuda":
        return device
    if place >= torch.cuda.device_count():
        raise InputError(
            f"process {place + 1} of this machine finds {torch.cuda.device_count()} GPUs: "
            "start one process per GPU (torchrun --nproc-per-node)"
        )
    torch.cuda.set_device(place)
    return f"cuda:{place}"
