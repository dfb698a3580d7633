"""Weights that Keras 2 saved as HDF5, layer by layer, with the axes of PyTorch. Reads without torch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.datasets.files.guard.failures import reading
from videosal.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

KERAS_SUFFIXES = (".h5", ".hdf5")
_KINDS = {
    "kernel": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


@dataclass(frozen=True, slots=True)
class KerasLayer:
    """A layer that has weights.

    Attributes
    ----------
    name : str
        Its own: ``conv2d_3``. A layer within another (a model that is applied to each frame) is one by itself.
    arrays : mapping of str to ndarray
        By the name that Keras gives the weight within the layer: ``kernel``, ``bias``. Kernels of convolutions are
        (out, in, height, width).
    """

    name: str
    arrays: Mapping[str, NDArray[np.float32]]

    def state_dict(self, name: str) -> dict[str, Tensor]:
        """Return the weights of a convolution or a norm as those of a layer called `name` in PyTorch."""
        import torch

        return {
            f"{name}.{_KINDS.get(kind, kind)}": torch.from_numpy(array.copy()) for kind, array in self.arrays.items()
        }


def read_keras(path: Path) -> list[KerasLayer]:
    """Read the layers of a file of `save_weights` or `save`.

    Parameters
    ----------
    path : Path
        HDF5, as Keras 2 writes it.

    Returns
    -------
    list of KerasLayer
        In the order of the file, which is that of the graph; those within another layer by the numbers in their names,
        which is the order in which they were made.

    Raises
    ------
    FileError
        The file is not there, is no HDF5 file, or holds no weights of Keras 2.
    """
    import h5py

    if not path.is_file():
        raise FileError(f"{path}: there is no such file of weights")
    with reading(path, "file of weights of Keras 2 (HDF5)"), h5py.File(path, "r", locking=False) as file:
        root = file.get("model_weights", file)  # `save` writes more than weights
        names = _read_names(root, "layer_names")
        return [layer for name in names for layer in _read_layers(root[name])]


def order_of(name: str) -> list[Any]:
    """Return what sorts names by the numbers in them: conv2d, conv2d_1, conv2d_2, conv2d_10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def _read_layers(group: Any) -> list[KerasLayer]:
    """Read the weights of a top layer, by the layers within it that they are of."""
    found: dict[str, dict[str, NDArray[np.float32]]] = {}
    for full in _read_names(group, "weight_names"):
        path, _, kind = full.partition(":")[0].rpartition("/")
        layer = path.rpartition("/")[2]
        found.setdefault(layer, {})[kind] = _to_pytorch(np.asarray(group[full], np.float32))
    return [KerasLayer(name, found[name]) for name in sorted(found, key=order_of)]


def _read_names(group: Any, attribute: str) -> list[str]:
    """Read a list of names; Keras cuts a long one into attributes with a number at the end."""
    if attribute in group.attrs:
        return list(_decode(group.attrs[attribute]))
    parts = sorted((name for name in group.attrs if re.fullmatch(rf"{attribute}\d+", name)), key=order_of)
    if not parts:
        raise KeyError(attribute)
    return [name for part in parts for name in _decode(group.attrs[part])]


def _decode(names: Any) -> Iterator[str]:
    return (name.decode() if isinstance(name, bytes) else str(name) for name in names)


def _to_pytorch(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring the kernel of a convolution from (height, width, in, out) to (out, in, height, width)."""
    return array.transpose(3, 2, 0, 1) if array.ndim == 4 else array
