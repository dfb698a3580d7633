"""The device on which a network runs."""

from __future__ import annotations

from videosal.errors import ModelError


def resolve_device(device: str = "auto") -> str:
    """Turn a device's name into one that PyTorch has.

    Parameters
    ----------
    device : str
        ``"auto"`` is the first GPU where there is one, else the CPU. Anything else is PyTorch's own name
        (``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``).

    Returns
    -------
    str
        Name that ``torch.device`` takes.

    Raises
    ------
    ModelError
        PyTorch knows no such device, or it is not there.
    """
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        # An allocation is the one test that holds for every kind of device.
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(f"device {device!r} cannot be used ({reason}): choose auto or cpu") from error
    return device
