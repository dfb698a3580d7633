"""How a model's map becomes a file: 8-bit, as the field publishes its maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.datasets.files.contents import FileStamp, stamp_file
from videosal.datasets.files.images import write_png
from videosal.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

CONSTANT = 128


def quantise(saliency: NDArray[Any]) -> NDArray[Any]:
    """Scale a map to 0..255 by its own minimum and maximum and round it.

    Parameters
    ----------
    saliency : ndarray, shape (h, w)
        Any real dtype.

    Returns
    -------
    ndarray, shape (h, w), dtype uint8
        A constant map becomes 128, an all-zero map stays zero. A map with NaN or infinity has no 8-bit form and is
        returned as it came: its frame cannot be scored, and must not look as if it could.
    """
    values = np.ascontiguousarray(saliency, np.float32 if saliency.dtype == np.float32 else np.float64)
    low, high = float(values.min()), float(values.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        return saliency
    if low == high:
        return np.full(values.shape, CONSTANT if high != 0 else 0, np.uint8)
    from videosal.metrics.kernels.float_kernels import scale_to_bytes  # imports numba

    scaled = np.empty(values.shape, np.uint8)
    scale_to_bytes(values.ravel(), low, 255 / (high - low), scaled.ravel())
    return scaled


def save_map(folder: Path, frame: str, saliency: NDArray[Any]) -> None:
    """Write one map: uint8 as ``FRAME.png``, anything else as ``FRAME.npy``, so that reading gives the same values."""
    for stale in (folder / f"{frame}.png", folder / f"{frame}.npy"):
        stale.unlink(missing_ok=True)
    file = folder / f"{frame}{'.png' if saliency.dtype == np.uint8 else '.npy'}"
    try:
        if file.suffix == ".png":
            write_png(file, saliency)
        else:
            np.save(file, saliency)
    except OSError as error:
        file.unlink(missing_ok=True)  # half a map is none
        raise RunError(f"cannot write {file} ({error.strerror or error})") from error


def saved_stamps(folder: Path, frames: Iterable[str]) -> list[FileStamp]:
    """Return by what the files are known that `save_map` has written; a frame without one is left out."""
    files = (folder / f"{frame}{suffix}" for frame in frames for suffix in (".png", ".npy"))
    return [stamp_file(str(file)) for file in files if file.is_file()]
