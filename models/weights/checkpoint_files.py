"""Checkpoint files: read without running what is in them, fitted to a network, converted."""

from __future__ import annotations

import os
import re
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from videosal.datasets.files.guard.failures import reading
from videosal.errors import FileError, InputError, ModelError
from videosal.models.networks import NetworkEntry, find_network, match_backbone, match_official, strip_prefix

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn

_SAFETENSORS = ".safetensors"
_PYTORCH = (".pth", ".pt")


@dataclass(frozen=True, slots=True)
class FittedWeights:
    """Weights that fit a network.

    Attributes
    ----------
    tensors : dict of str to Tensor
        By our names; may be given to ``load_state_dict``.
    complete : bool
        False where the file holds the backbone only.
    """

    tensors: dict[str, Tensor]
    complete: bool


def convert_weights(source: str | Path, target: str | Path, *, model: str = "stsanet") -> FittedWeights:
    """Write a checkpoint again, as safetensors or as a PyTorch file, under the authors' key names.

    Parameters
    ----------
    source : path
        Anything that `read_checkpoint` reads and that fits the model, or its backbone.
    target : path
        File to write: ``.safetensors``, ``.pth`` or ``.pt``. It replaces a file of that name once it is complete.
    model : str, optional
        Name of the network that the weights are of.

    Returns
    -------
    FittedWeights
        What was written.

    Raises
    ------
    FileError
        `source` cannot be read, or does not fit the model; `target` cannot be written.
    InputError
        The ending of `target` is none of the three.
    UnknownNameError, PluginError, ModelError
        There is no such network.
    """
    import torch

    target = Path(target)
    if target.suffix.lower() not in (_SAFETENSORS, *_PYTORCH):
        raise InputError(f"{target}: weights are written as {_SAFETENSORS}, {' or '.join(_PYTORCH)}")
    entry = find_network(model)
    with torch.device("meta"):
        network = entry.build(entry.input_size)
    fitted = fit_weights(entry, network, source)
    rename = getattr(network, "official_name", str)
    write_checkpoint(target, {rename(name): tensor for name, tensor in fitted.tensors.items()}, model=model)
    return fitted


def fit_weights(entry: NetworkEntry, network: nn.Module, path: str | Path) -> FittedWeights:
    """Read a checkpoint and fit it to a network of an entry, whole or its backbone.

    Raises
    ------
    FileError
        The file cannot be read, or what is in it does not fit; the text lists what does not.
    """
    read = entry.readers.get(Path(path).suffix.lower(), read_checkpoint)
    state_dict = strip_prefix(read(Path(path)))
    names = entry.find_backbone(state_dict) if entry.find_backbone else None
    try:
        if names is None:
            return FittedWeights(match_official(network, state_dict), complete=True)
        return FittedWeights(match_backbone(network, state_dict, names), complete=False)
    except ModelError as error:
        raise FileError(f"{path}: {error}") from error


def read_checkpoint(path: str | Path) -> dict[str, Tensor]:
    """Read the tensors of a checkpoint, and nothing else.

    Parameters
    ----------
    path : path
        A safetensors file, or one that `torch.save` wrote: a state dict, or a dict that holds one, as training scripts
        save it. Objects other than tensors and plain values are never made.

    Returns
    -------
    dict of str to Tensor
        On the CPU.

    Raises
    ------
    FileError
        The file is not there, is damaged, holds objects that only running its code could make, or holds no state dict.
    """
    path = Path(path)
    if not path.is_file():
        raise FileError(f"{path}: there is no such file of weights")
    content = _read_safetensors(path) if path.suffix.lower() == _SAFETENSORS else _read_pytorch(path)
    found = _find_state_dict(content)
    if found is None:
        raise FileError(f"{path}: holds no state dict (names with tensors): save the network's state_dict()")
    return found


def write_checkpoint(path: Path, state_dict: Mapping[str, Tensor], *, model: str) -> None:
    """Write tensors as safetensors or with `torch.save`, by the ending of the file; complete or not at all."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state_dict.items()}
    part = path.with_name(f"{path.name}.part-{os.getpid()}")
    try:
        part.touch()
        mode = part.stat().st_mode  # the user's choice; safetensors makes files that no one else may read
        if path.suffix.lower() == _SAFETENSORS:
            save_file(tensors, part, metadata={"format": "pt", "model": model})
        else:
            torch.save(tensors, part)
        part.chmod(mode)
        part.replace(path)
    except (
        OSError,
        RuntimeError,
        SafetensorError,
    ) as error:  # torch reports a folder that is not there as a RuntimeError
        raise FileError(f"{path}: cannot be written ({str(error).splitlines()[0]})") from error
    finally:
        part.unlink(missing_ok=True)


def _read_safetensors(path: Path) -> Any:
    from safetensors.torch import load_file

    with reading(path, "safetensors file"):
        return load_file(path)


def _read_pytorch(path: Path) -> Any:
    import torch

    check_sums(path)
    try:
        with warnings.catch_warnings(action="ignore"):  # about the file; what matters is raised
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged archive fails in many ways
        if refused := re.search(r"GLOBAL ([\w.]+)", str(error)):
            raise FileError(
                f"{path}: refused, because it holds {refused[1]} beside tensors and could run code when it is loaded: "
                "get the weights as safetensors, or as a plain state dict from who made them"
            ) from error
        raise FileError(f"{path}: is no PyTorch file of weights, or is damaged: get it again") from error


def check_sums(path: Path) -> None:
    """Check the sum of every member of a file of `torch.save`, which torch does not; raise `FileError` if one is wrong.

    Files from before torch 1.6 are no archives and have no sums.
    """
    with reading(path, "PyTorch file of weights"):
        if not zipfile.is_zipfile(path):
            return
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    if damaged is not None:
        raise FileError(f"{path}: is damaged (the CRC of {damaged} is wrong): get it again")


def _find_state_dict(content: Any) -> dict[str, Tensor] | None:
    """Return the state dict that `content` is, or the only one that it holds."""
    if _is_state_dict(content):
        return cast("dict[str, Tensor]", dict(content))
    if not isinstance(content, dict):
        return None
    inner = [value for value in content.values() if _is_state_dict(value)]
    return dict(inner[0]) if len(inner) == 1 else None


def _is_state_dict(content: Any) -> bool:
    import torch

    return (
        isinstance(content, dict)
        and bool(content)
        and all(isinstance(name, str) and isinstance(value, torch.Tensor) for name, value in content.items())
    )
