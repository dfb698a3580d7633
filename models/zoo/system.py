"""What the systems have in common: an entry with modes, and a model that holds the network on a device."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from videosal.errors import InputError, ModelError, did_you_mean
from videosal.models.networks import NetworkEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn

PUBLISHED = "published"
FIXED = "fixed"


class PreparedFrame(NamedTuple):
    """What a system keeps of a frame.

    Attributes
    ----------
    pixels : Tensor, shape (C, h, w), dtype float32
        What the network takes.
    size : tuple of int
        Height and width of the frame of the video.
    """

    pixels: Tensor
    size: tuple[int, int]


@dataclass(frozen=True)
class SystemEntry(NetworkEntry):
    """A system of other authors.

    Attributes
    ----------
    model : type of SystemModel
        How it meets a video.
    frames : int
        Frames in a call of the network.
    maps : int
        Maps out of it.
    modes : tuple of str
        ``published`` is what the authors' code does, bug for bug. Where it has a plain bug, ``fixed`` is without it.
    """

    model: type[SystemModel] = field(kw_only=True)
    frames: int = field(kw_only=True)
    maps: int = 1
    modes: tuple[str, ...] = (PUBLISHED,)

    @property
    def frames_in(self) -> int:
        """Frames in a call of the network."""
        return self.frames

    @property
    def maps_out(self) -> int:
        """Maps out of a call."""
        return self.maps

    def example_shapes(self, input_size: tuple[int, int]) -> tuple[tuple[int, ...], ...]:
        """Return the shape of a batch of one clip, the only input."""
        return ((1, 3, self.frames, *input_size),)

    def __call__(
        self, weights: str | Path | None = None, device: str = "auto", mode: str = PUBLISHED, batch: int = 1
    ) -> SystemModel:
        """Make the model that predicts videos.

        Parameters
        ----------
        weights : path, optional
            The authors' checkpoint, see `videosal.models.read_checkpoint`. Without it the model is `untrained`.
        device : str
            See `resolve_device`.
        mode : str
            ``published`` or, where the authors' code has a plain bug, ``fixed``.
        batch : int
            Calls of the network at once on a GPU, where they do not depend on each other. The CPU takes one at a time.

        Raises
        ------
        ModelError
            The mode is unknown, or the device not there.
        InputError
            `batch` is less than 1.
        FileError
            The weights cannot be read, or do not fit.
        """
        from videosal.models.device import resolve_device

        return self.model(self, weights, resolve_device(device), mode, batch)


class SystemModel(ABC):
    """A system on a device, ready for videos.

    Attributes
    ----------
    network : torch.nn.Module
        In evaluation mode.
    device : str
        Where it runs.
    batch : int
        Independent calls at once.
    mode : str
        ``published`` or ``fixed``.
    untrained : bool
        Whether its weights are random, so that its maps mean nothing.
    """

    def __init__(self, entry: SystemEntry, weights: str | Path | None, device: str, mode: str, batch: int) -> None:
        from videosal.models.video.inference import make_network

        if mode not in entry.modes:
            raise ModelError(f"model {entry.name!r} has no mode {mode!r}: {did_you_mean(mode, entry.modes)}")
        if batch < 1:
            raise InputError(f"model {entry.name!r}: batch is {batch}, expected at least 1 call at once")
        network, self.untrained = make_network(entry, weights)
        self.network: nn.Module = network.to(device).eval()
        self.entry = entry
        self.device = device
        self.batch = batch if device.partition(":")[0] != "cpu" else 1
        self.mode = mode

    @property
    def maps_at_once(self) -> int:
        """Maps that become ready together: the time for one is the time for all of them, shared."""
        return self.batch * self.entry.maps_out

    @abstractmethod
    def predict(self, frames: Sequence[NDArray[np.uint8]]) -> Iterator[NDArray[Any]]:
        """Give the map of each frame of a video, in order; see `videosal.models.Model`."""

    def call(self, *inputs: Tensor | None, run: Callable[..., Any] | None = None, **options: Any) -> Any:
        """Run the network without gradients on its device; what it gives stays there.

        Parameters
        ----------
        *inputs : Tensor or None
            Moved to the device.
        run : callable, optional
            A method of the network to run in place of its forward, such as one that takes and returns a state.
        **options
            Passed on as they are.

        Raises
        ------
        ModelError
            The device has too little memory.
        """
        import torch

        from videosal.models.video.inference import exact_inference

        moved = [None if tensor is None else tensor.to(self.device) for tensor in inputs]
        try:
            with exact_inference(self.device, torch.float32):
                return (run or self.network)(*moved, **options)
        except torch.OutOfMemoryError as error:
            raise ModelError(
                f"model {self.entry.name!r}: {self.device} has too little memory: lower the option batch, or choose "
                "device cpu"
            ) from error
