"""What a model costs: operations, weights, time and memory. The left columns of Table I."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from videosal.errors import InputError, ModelError, VideosalError
from videosal.models.memory import PeakMemory
from videosal.models.networks import NetworkEntry
from videosal.models.registry import create_model, find_factory, model_card
from videosal.models.zoo.unpublished import UnpublishedEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from videosal.models.contract import Model

_log = logging.getLogger(__name__)

_FRAME = (360, 640)  # height and width of the made-up frames: those of DHF1K
_WARM_UP = 2  # calls that are not counted


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """Cost of a model; None where it has no such cost, or where it could not be measured.

    Attributes
    ----------
    name : str
        The model.
    input_size : str or None
        Width x height of the frames that it works on; None where frames keep their size.
    frames_in, maps_out : int or None
        Frames in a call of the network, and maps that come out of it.
    convolution_gmacs, matmul_gmacs, gmacs : float or None
        10^9 multiply-accumulate operations in a call: of convolutions, of attention and other matrix products, and
        their sum. Bias, norms and activations are not counted.
    gflops : float or None
        10^9 floating-point operations: twice `gmacs`. Many papers, that of STSANet among them, call MACs FLOPs.
    parameters : int or None
        Learned values.
    float32_mb : float or None
        10^6 bytes of the network's state dict in float32, with the statistics of its norms.
    checkpoint_mb : float or None
        10^6 bytes of the file of weights, where one is given.
    device : str or None
        Where the time was taken: the name of the GPU, or ``cpu`` with its number of threads.
    seconds_per_map : float or None
        Median over the repeats, with reading and resizing of the frame; a video of 640x360.
    peak_memory_mb : float or None
        10^6 bytes at most while it ran: on a GPU what PyTorch held there, on the CPU the whole process (Linux only).
    """

    name: str
    input_size: str | None
    frames_in: int | None = None
    maps_out: int | None = None
    convolution_gmacs: float | None = None
    matmul_gmacs: float | None = None
    gmacs: float | None = None
    gflops: float | None = None
    parameters: int | None = None
    float32_mb: float | None = None
    checkpoint_mb: float | None = None
    device: str | None = None
    seconds_per_map: float | None = None
    peak_memory_mb: float | None = None


def profile_model(
    name: str,
    *,
    weights: str | Path | None = None,
    device: str = "auto",
    options: dict[str, Any] | None = None,
    repeats: int = 5,
) -> ModelProfile:
    """Count what a model computes, and measure how long that takes.

    Parameters
    ----------
    name : str
        A registered name, or ``file.py:Name``. Operations are counted for networks only.
    weights, device, options
        For `videosal.create_model`. Time does not depend on the weights.
    repeats : int
        Calls that are timed, after two that are not. 0 counts only.

    Returns
    -------
    ModelProfile

    Raises
    ------
    UnknownNameError, PluginError, ModelError, FileError
        As `videosal.create_model`.
    InputError
        `repeats` is negative.
    """
    if repeats < 0:
        raise InputError(f"repeats is {repeats}, expected 0 or more")
    entry, card = find_factory(name), model_card(name)
    found: dict[str, Any] = {"input_size": card.input_size, "parameters": card.parameters}
    if isinstance(entry, NetworkEntry):
        found |= _count(entry)
    if weights is not None:
        if not Path(weights).is_file():
            raise ModelError(f"{weights}: there is no such file of weights")
        found["checkpoint_mb"] = Path(weights).stat().st_size / 1e6
    if isinstance(entry, UnpublishedEntry):
        _log.warning("%s has no measured cost: %s", name, entry.refusal)
    elif repeats:
        model = create_model(name, weights, device, **(options or {}))
        try:
            found |= _measure(model, repeats)
        except VideosalError as error:  # such as a baseline that wants to see a data set first
            _log.warning("%s is not timed: %s", name, error)
    return ModelProfile(name, **found)


def _count(entry: NetworkEntry) -> dict[str, Any]:
    """Run the plain network on tensors without content: nothing is computed, everything is counted."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with torch.device("meta"):
        network = entry.build(entry.input_size).eval()
        inputs = [torch.empty(shape) for shape in entry.example_shapes(entry.input_size)]
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        network(*inputs)
    totals = counter.get_flop_counts()["Global"]
    convolutions = sum(count for operation, count in totals.items() if "convolution" in str(operation))
    flops = sum(totals.values())
    return {
        "frames_in": entry.frames_in,
        "maps_out": entry.maps_out,
        "convolution_gmacs": convolutions / 2e9,
        "matmul_gmacs": (flops - convolutions) / 2e9,
        "gmacs": flops / 2e9,
        "gflops": flops / 1e9,
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "float32_mb": sum(tensor.nbytes for tensor in network.state_dict().values()) / 1e6,
    }


def _measure(model: Model, repeats: int) -> dict[str, Any]:
    """Time the maps of a made-up video as they come; those that become ready together are one call."""
    at_once = int(getattr(model, "maps_at_once", getattr(model, "batch", 1)))
    device = str(getattr(model, "device", "cpu"))
    total = (_WARM_UP + repeats) * at_once
    seconds = []
    with TemporaryDirectory() as folder, PeakMemory(device) as memory:
        if prepare := getattr(model, "prepare_example", None):  # writes what it needs beside frames, such as flow
            prepare(Path(folder), total, _FRAME)
        maps = _maps(model, total)
        for call in range(_WARM_UP + repeats):
            start = time.perf_counter()
            for _ in range(at_once):
                next(maps)
            if call >= _WARM_UP:
                seconds.append((time.perf_counter() - start) / at_once)
    return {
        "device": _describe(device),
        "seconds_per_map": median(seconds),
        "peak_memory_mb": None if memory.peak is None else memory.peak / 1e6,
    }


def _maps(model: Model, count: int) -> Iterator[NDArray[Any]]:
    from videosal.models.contract import iterate_predictions

    return iterate_predictions(model, _made_up_frames(count))


def _made_up_frames(count: int) -> list[NDArray[np.uint8]]:
    import numpy as np

    generator = np.random.default_rng(0)
    few = [generator.integers(0, 256, (*_FRAME, 3), np.uint8) for _ in range(4)]
    return [few[index % len(few)] for index in range(count)]


def _describe(device: str) -> str:
    import torch

    if torch.device(device).type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{device}, {torch.get_num_threads()} threads"
