"""How the kernels are compiled: without the GIL, and kept on disk where a cache folder can be written."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")

_log = logging.getLogger(__name__)
_warned = False


def kernel(function: F) -> F:
    """Compile `function` when it is first called, with the arithmetic in the order in which it is written."""
    return _compile(function, set())


def vector_kernel(function: F) -> F:
    """As `kernel`, but free to add in another order, which lets sums use vector registers.

    The order is fixed at compile time, so equal input gives equal bits; NaN and infinity keep their meaning.
    """
    return _compile(function, {"reassoc", "contract"})


def extreme_kernel(function: F) -> F:
    """As `vector_kernel`, for minima and maxima: what it returns means nothing if a value is NaN."""
    return _compile(function, {"reassoc", "nnan", "nsz"})


def _compile(function: F, fastmath: set[str]) -> F:
    global _warned
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": fastmath}
    try:
        return cast("F", numba.njit(cache=True, **options)(function))
    except RuntimeError as error:  # numba's answer where neither the package's nor the user's cache can be written
        if not _warned:
            _log.warning("kernels are compiled anew in every process: %s; set NUMBA_CACHE_DIR", error)
            _warned = True
        return cast("F", numba.njit(**options)(function))
