"""What every network needs to predict: its weights, and a context in which equal input gives equal bits."""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torch import nn

    from videosal.models.networks import NetworkEntry

_log = logging.getLogger(__name__)

_SEED = 0  # of the weights of an untrained network: every process makes the same ones


def make_network(entry: NetworkEntry, weights: str | Path | None) -> tuple[nn.Module, bool]:
    """Build the network of an entry, with weights if there are any.

    Parameters
    ----------
    entry : NetworkEntry
        What to build.
    weights : path or None
        See `videosal.models.read_checkpoint`.

    Returns
    -------
    network : Module
        In training mode, on the CPU.
    untrained : bool
        Whether some of its weights are random. A warning says so, once.

    Raises
    ------
    FileError
        The weights cannot be read, or do not fit.
    """
    import torch

    from videosal.models.weights.checkpoint_files import fit_weights

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_SEED)
        network = entry.build(entry.input_size)
    if weights is None:
        _warn_untrained(f"{entry.name} has no weights: its maps mean nothing; give --weights FILE")
        return network, True
    fitted = fit_weights(entry, network, weights)
    network.load_state_dict(fitted.tensors, strict=fitted.complete)
    if not fitted.complete:
        _warn_untrained(f"{weights} holds the backbone only: the rest of {entry.name} is random, its maps mean nothing")
    return network, not fitted.complete


@cache
def _warn_untrained(text: str) -> None:
    """Log a warning once; a run makes its model several times."""
    _log.warning("%s", text)


@contextmanager
def exact_inference(device: str, dtype: Any) -> Iterator[None]:
    """No gradients, the precision that was asked for, and on a GPU no rounding or choice of algorithm of its own."""
    import torch

    kind = torch.device(device).type
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode())
        if dtype is not torch.float32:
            stack.enter_context(torch.autocast(kind, dtype=dtype))
        if kind == "cuda":
            stack.enter_context(
                torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
            )
        yield
