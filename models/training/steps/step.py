"""One step of training: losses, gradients, and the update, for any number of processes and clips at once."""

from __future__ import annotations

import math
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from videosal.errors import ModelError
from videosal.models.training.steps.diagnosis import explain_gradient, explain_loss

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from videosal.models.training.clips import ClipBatch, ClipFormat
    from videosal.models.training.hardware.distributed import Processes
    from videosal.models.training.losses import Loss


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step did, over all processes.

    Attributes
    ----------
    loss : float
        Mean over the clips; NaN without one.
    gradient_norm : float
        L2, of the mean loss. NaN without a clip; not finite where 16-bit floats overflowed and nothing was updated.
    clips, skipped : int
        Clips that were used, and those that were left out as their ground truth says nothing.
    """

    loss: float
    gradient_norm: float
    clips: int
    skipped: int


class Stepper:
    """Makes steps with one network.

    The gradient is that of the mean loss over all clips of the step, however they are spread: over processes, or over
    several passes of `micro_batch` clips. (BatchNorm in training mode takes its statistics of each pass alone.)

    Parameters
    ----------
    network : Module
        In training mode, on the device of the processes.
    loss : Loss
        Of each clip.
    form : ClipFormat
        The network's clips.
    processes : Processes
        Those that make each step together.
    precision : str
        ``float32``, or ``bfloat16`` or ``float16`` by autocast; the latter with a scaled loss.
    micro_batch : int, optional
        Clips of a pass. Default: all.
    """

    def __init__(
        self,
        network: nn.Module,
        loss: Loss,
        form: ClipFormat,
        processes: Processes,
        *,
        precision: str = "float32",
        micro_batch: int | None = None,
    ) -> None:
        self.network = network
        self.scaler = torch.amp.GradScaler(torch.device(processes.device).type, enabled=precision == "float16")
        self._wrapped = processes.wrap(network)
        self._loss = loss
        self._form = form
        self._processes = processes
        self._dtype = getattr(torch, precision)
        self._micro_batch = micro_batch

    def step(self, batch: ClipBatch, optimizer: torch.optim.Optimizer) -> StepResult:
        """Update the network by the gradient of one batch.

        Parameters
        ----------
        batch : ClipBatch
            The clips of this process; it may have none, and then helps the others.

        Raises
        ------
        ModelError
            A loss or a gradient is no number (the text names the clip and the tensor, and nothing has been updated);
            the maps have a wrong shape; the device has too little memory.
        """
        clips, skipped = (int(total) for total in self._processes.total([len(batch), batch.skipped]))
        if not clips:
            return StepResult(math.nan, math.nan, 0, skipped)
        optimizer.zero_grad()
        try:
            losses = self._backward(batch, clips)
        except torch.OutOfMemoryError as error:
            raise ModelError(
                f"{self._processes.device} has too little memory for a step of {len(batch)} clips: "
                "give --micro-batch 1, --gradient-checkpointing or --precision bfloat16"
            ) from error
        (total,) = self._processes.total([float(losses.sum())])
        if not math.isfinite(total):
            raise ModelError(self._explain(batch, losses))
        return StepResult(total / clips, self._update(optimizer), clips, skipped)

    def _backward(self, batch: ClipBatch, clips: int) -> Tensor:
        """Add up the gradients of all passes; return the loss of each clip of this process."""
        # Gradients are averaged over processes, which need not have the same number of clips.
        share = self._processes.count / clips
        if not len(batch):
            self._take_part()
            return torch.zeros(0)
        size = self._micro_batch or len(batch)
        firsts = range(0, len(batch), size)
        losses = []
        for first in firsts:
            part = slice(first, first + size)
            with ExitStack() as stack:
                if first != firsts[-1]:
                    stack.enter_context(self._alone())
                each = self._losses(batch, part)
                self.scaler.scale(each.sum() * share).backward()  # type: ignore[no-untyped-call]
            losses.append(each.detach().double().cpu())
        return torch.cat(losses)

    def _losses(self, batch: ClipBatch, part: slice) -> Tensor:
        device = self._processes.device
        clips, densities, fixations = (
            tensor[part].to(device, non_blocking=True) for tensor in (batch.clips, batch.densities, batch.fixations)
        )
        with self._precision():
            maps = self._wrapped(clips)
        if not isinstance(maps, Tensor) or maps.shape != densities.shape:
            found = tuple(maps.shape) if isinstance(maps, Tensor) else type(maps).__name__
            raise ModelError(
                f"{type(self.network).__name__} gives {found} for clips of shape {tuple(clips.shape)}, "
                f"expected maps of shape {tuple(densities.shape)}: let it give (B, H, W) of the input's size"
            )
        return self._loss.each(maps.float(), densities, fixations)

    def _take_part(self) -> None:
        """Give the other processes a gradient of zero: they wait for one from each."""
        modes = {module: module.training for module in self.network.modules()}
        self.network.eval()  # no statistics are taken of a clip that is none
        form = self._form
        clip = torch.zeros(1, 3, form.length, *form.input_size, device=self._processes.device)
        with self._precision():
            maps = self._wrapped(clip)
        (maps.nan_to_num() * 0).sum().backward()
        for module, training in modes.items():
            module.training = training

    def _update(self, optimizer: torch.optim.Optimizer) -> float:
        self.scaler.unscale_(optimizer)
        gradients = [p.grad for p in self.network.parameters() if p.grad is not None]
        norm = float(torch.stack([torch.linalg.vector_norm(gradient) for gradient in gradients]).norm())
        if not math.isfinite(norm) and not self.scaler.is_enabled():
            raise ModelError(explain_gradient(self.network))
        self.scaler.step(optimizer)
        self.scaler.update()
        return norm

    def _explain(self, batch: ClipBatch, losses: Tensor) -> str:
        with self._precision():
            found = explain_loss(self.network, batch, losses, self._processes.device)
        return next((text for text in self._processes.gather(found) if text is not None), "the loss is no number")

    def _alone(self) -> AbstractContextManager[Any]:
        """Within it, gradients are not exchanged with other processes."""
        alone: AbstractContextManager[Any] = (
            self._wrapped.no_sync() if isinstance(self._wrapped, nn.parallel.DistributedDataParallel) else ExitStack()
        )
        return alone

    def _precision(self) -> AbstractContextManager[Any]:
        kind = torch.device(self._processes.device).type
        return torch.autocast(kind, dtype=self._dtype, enabled=self._dtype is not torch.float32)


def freeze_norms(network: nn.Module) -> None:
    """Leave every BatchNorm as it is from now on, its statistics and its weights, in place.

    Call it again after each `network.train()`.
    """
    for module in network.modules():
        if isinstance(module, _BatchNorm):
            module.eval().requires_grad_(False)
