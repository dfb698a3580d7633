"""The one form in which maps reach the kernels."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

T = TypeVar("T", bound=np.generic)


def flat(array: np.ndarray[tuple[int, ...], np.dtype[T]]) -> np.ndarray[tuple[int], np.dtype[T]]:
    """Return a read-only, one-dimensional view of a C-ordered array.

    Numba compiles anew for read-only arrays, which image readers and HDF5 hand out at times. If all are read-only, one
    compilation does for all.
    """
    view = array.reshape(-1)
    view.setflags(write=False)
    return view


def words(x: np.ndarray[tuple[int], np.dtype[np.uint8]]) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Return the bytes of a flat map eight at a time, read-only; up to seven at the end are left out."""
    whole = x[: x.size // 8 * 8].view(np.uint64)
    if not whole.flags.aligned:  # numba would compile anew for it
        whole = whole.copy()
        whole.setflags(write=False)
    return whole
