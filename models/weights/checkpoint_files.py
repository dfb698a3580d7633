"""Checkpoint files: read without running what is in them, fitted to a network, converted."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videosal.datasets.files.guard.failures import reading
from videosal.errors import FileError, InputError, ModelError, did_you_mean
from videosal.models.networks import (
    NetworkEntry,
    find_network,
    match_backbone,
    match_official,
    official_names,
    strip_prefix,
)
from videosal.models.weights.pytorch_files import read_pytorch

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


def convert_weights(
    source: str | Path, target: str | Path, *, model: str = "stsanet", part: str | None = None
) -> FittedWeights:
    """Write a checkpoint again, as safetensors or as a PyTorch file, under the authors' key names.

    Parameters
    ----------
    source : path
        Anything that `read_checkpoint` reads and that fits the model, or its backbone.
    target : path
        File to write: ``.safetensors``, ``.pth`` or ``.pt``. It replaces a file of that name once it is complete.
    model : str, optional
        Name of the network that the weights are of.
    part : str, optional
        Key of the state dict in a file that holds several, such as ``model_ema``.

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

    target = Path(target).expanduser()
    if target.suffix.lower() not in (_SAFETENSORS, *_PYTORCH):
        raise InputError(f"{target}: weights are written as {_SAFETENSORS}, {' or '.join(_PYTORCH)}")
    entry = find_network(model)
    with torch.device("meta"):
        network = entry.build(entry.input_size)
    fitted = fit_weights(entry, network, source, part=part)
    rename = getattr(network, "official_name", str)
    write_checkpoint(target, {rename(name): tensor for name, tensor in fitted.tensors.items()}, model=model)
    return fitted


def fit_weights(entry: NetworkEntry, network: nn.Module, path: str | Path, *, part: str | None = None) -> FittedWeights:
    """Read a checkpoint and fit it to a network of an entry, whole or its backbone.

    Raises
    ------
    FileError
        The file cannot be read, or what is in it does not fit; the text lists what does not. Or tensors hold NaN.
    """
    path = Path(path).expanduser()
    own = entry.readers.get(path.suffix.lower())
    state_dict = own(path) if own and part is None else read_checkpoint(path, part=part)
    state_dict = strip_prefix(state_dict, map(official_names(network), network.state_dict()))
    names = entry.find_backbone(state_dict) if entry.find_backbone else None
    try:
        if names is None:
            fitted = FittedWeights(match_official(network, state_dict), complete=True)
        else:
            fitted = FittedWeights(match_backbone(network, state_dict, names), complete=False)
    except ModelError as error:
        raise FileError(f"{path}: {error}") from error
    _check_numbers(path, fitted.tensors)
    return fitted


def read_checkpoint(path: str | Path, *, part: str | None = None) -> dict[str, Tensor]:
    """Read the tensors of a checkpoint, and nothing else.

    Parameters
    ----------
    path : path
        A safetensors file, or one that `torch.save` wrote: a state dict, or a dict that holds one, as training scripts
        save it. What else it holds is left out, and objects other than tensors and plain values are never made.
    part : str, optional
        Key of the state dict to take from a dict that holds several.

    Returns
    -------
    dict of str to Tensor
        On the CPU.

    Raises
    ------
    FileError
        The file is not there, is damaged, is another thing under this name, asks for code that acts, or holds no state
        dict, or several.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileError(f"{path}: there is no such file of weights")
    content = _read_safetensors(path) if _is_safetensors(path) else read_pytorch(path)
    found = _find_state_dicts(content)
    if part is not None and part not in found:
        raise FileError(f"{path}: holds no state dict {part!r}: {did_you_mean(part, map(str, found))}")
    if part is None and len(found) > 1:
        raise FileError(
            f"{path}: holds {len(found)} state dicts, {' and '.join(map(str, found))}: write the one to use to a file "
            f"of its own: videosal weights convert {path} OUT.safetensors --model NAME --part {list(found)[-1]}"
        )
    if not found:
        raise FileError(f"{path}: holds no state dict (names with tensors): save the network's state_dict()")
    return found[part] if part is not None else next(iter(found.values()))


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


def _is_safetensors(path: Path) -> bool:
    """Say what a file is by its content, and by its ending where its content is of neither kind."""
    try:
        with path.open("rb") as file:
            head = file.read(9)
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror})") from error
    if head[8:] == b"{" and int.from_bytes(head[:8], "little") < path.stat().st_size:
        return True
    return path.suffix.lower() == _SAFETENSORS and head[:2] not in (b"PK", b"\x80\x02")


def _find_state_dicts(content: Any) -> dict[Any, dict[str, Tensor]]:
    """Return the state dict that `content` is, or those that it holds, by their keys."""
    if _is_state_dict(content):
        return {None: dict(content)}
    if not isinstance(content, dict):
        return {}
    return {key: dict(value) for key, value in content.items() if _is_state_dict(value)}


def _is_state_dict(content: Any) -> bool:
    import torch

    return (
        isinstance(content, dict)
        and bool(content)
        and all(isinstance(name, str) and isinstance(value, torch.Tensor) for name, value in content.items())
    )


def _check_numbers(path: Path, tensors: Mapping[str, Tensor]) -> None:
    spoilt = [name for name, tensor in tensors.items() if tensor.is_floating_point() and tensor.isnan().any()]
    if spoilt:
        raise FileError(
            f"{path}: {len(spoilt)} of {len(tensors)} tensors hold NaN ({spoilt[0]}), so every map would: the training "
            "has gone wrong, take the weights of an earlier epoch"
        )
