"""Files that `torch.save` wrote: their tensors, without running anything that is in them."""

from __future__ import annotations

import pickle
import re
import warnings
import zipfile
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from videosal.datasets.files.guard.failures import reading
from videosal.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

# Where a file asks for one of these, it is no checkpoint with an odd remark in it: it means to do something.
_MODULES_THAT_ACT = ("os", "posix", "nt", "sys", "subprocess", "shutil", "socket", "runpy", "importlib", "ctypes")
_BUILTINS_THAT_ACT = ("eval", "exec", "compile", "__import__", "open", "input")


def read_pytorch(path: Path) -> Any:
    """Read a PyTorch file; what is neither a tensor nor a plain value comes as an `Unread`.

    Raises
    ------
    FileError
        The file is damaged, is another thing under this name, or asks for code that acts.
    """
    if what := _describe_other(path):
        raise FileError(f"{path}: {what}")
    check_sums(path)
    import torch

    asked = None
    try:
        # Opened here, since PyTorch takes a path for what its ending says. Warnings are about the file: errors matter.
        with path.open("rb") as file, warnings.catch_warnings(action="ignore"):
            try:
                return torch.load(file, map_location="cpu", weights_only=True)
            except pickle.UnpicklingError as error:
                asked = re.search(r"GLOBAL ([\w.]+)", str(error))
                if asked is None:
                    raise
            # `pickle_module` says who unpickles: `_TensorUnpickler` below, which makes no object but tensors.
            file.seek(0)
            return torch.load(file, map_location="cpu", weights_only=False, pickle_module=_TensorPickle)
    except FileError as error:
        raise FileError(f"{path}: {error}") from error
    except Exception as error:  # a damaged archive fails in many ways
        text = "is no PyTorch file of weights, or is damaged: get it again" if asked is None else _refusal(asked[1])
        raise FileError(f"{path}: {text}") from error


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


class Unread(dict[Any, Any]):
    """Stands for an object of a class that is never imported; what is done to it while it is read has no effect.

    It is a mapping, as a state dict may lie in a mapping of any class.
    """

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__()

    def __call__(self, *_: Any, **__: Any) -> Unread:
        """Stand for what a function that was not imported would return."""
        return Unread()

    def __setstate__(self, _: Any) -> None:
        """Leave out the attributes."""

    def append(self, _: Any) -> None:
        """Leave out an item of a list."""

    def extend(self, _: Any) -> None:
        """Leave out the items of a list."""


class _TensorUnpickler(pickle.Unpickler):
    """Knows the functions that put a tensor together; every other name is an `Unread`."""

    def find_class(self, module: str, name: str) -> Any:
        if module.partition(".")[0] in _MODULES_THAT_ACT or (
            module in ("builtins", "__builtin__") and name in _BUILTINS_THAT_ACT
        ):
            raise FileError(_refusal(f"{module}.{name}"))
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch._utils" and name in ("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_parameter"):
            from torch import _utils

            rebuild = getattr(_utils, name)
            return lambda *arguments: rebuild(*arguments)  # not the function itself, whose attributes a file could set
        return Unread


class _TensorPickle:
    """What `torch.load` takes as ``pickle_module``."""

    Unpickler = _TensorUnpickler

    @staticmethod
    def load(file: Any, **options: Any) -> Any:
        return _TensorUnpickler(file, **options).load()


def _refusal(name: str) -> str:
    return (
        f"refused, because it holds {name} beside tensors and could run code when it is loaded: "
        "get the weights as safetensors, or as a plain state dict from who made them"
    )


def _describe_other(path: Path) -> str | None:
    """Say what a file is that is no PyTorch file of tensors, where its beginning or its contents tell."""
    try:
        with path.open("rb") as file:
            head = file.read(512).lstrip()
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if head.startswith(b"version https://git-lfs"):
        return (
            "is a pointer of Git LFS, not the weights: run git lfs pull where it is from, or download the file itself"
        )
    if head[:1] == b"<":
        return (
            "is a web page, not weights: open the address in a browser (Google Drive asks a question before large "
            "files) and download the file itself"
        )
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if any("/code/" in name for name in archive.namelist()):
                return "is TorchScript, which holds code: save the network's state_dict() as a PyTorch file"
    return None
