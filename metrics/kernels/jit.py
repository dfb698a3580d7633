"""How the kernels are compiled: without the GIL, and kept on disk where a cache folder can be written."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba

try:  # private names: where a version of numba has others, its own cache serves
    from numba.core.caching import FunctionCache
    from numba.core.runtime.nrt import rtsys
except Exception:  # they may be anywhere, and be anything
    FunctionCache, rtsys = object, None  # type: ignore[assignment, misc]

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


class KernelCache(FunctionCache):
    """Numba's cache on disk, without the half second that numba takes to get ready to compile.

    Before it loads a compiled function, numba imports all it knows to compile, and SciPy's linear algebra with it. What
    is compiled already needs only the part that counts references. A function that is not in the cache is compiled as
    ever, and numba imports the rest then.
    """

    def load_overload(self, *asked: Any) -> Any:
        """Return the function compiled for a signature, or None if it is not in the cache, or the cache is damaged."""
        try:
            return self._load_at_once(*asked)
        except Exception:  # a damaged file can raise anything, and so can a numba whose private parts have changed
            try:
                return super().load_overload(*asked)  # type: ignore[no-untyped-call]
            except Exception as error:
                _warn(error)
                return None

    def save_overload(self, *kept: Any) -> None:
        """Keep a compiled function; a full disk or a damaged index costs time, never a score."""
        try:
            super().save_overload(*kept)  # type: ignore[no-untyped-call]
        except Exception as error:
            _warn(error)

    def _load_at_once(self, sig: Any, target_context: Any) -> Any:
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)  # type: ignore[no-untyped-call]


def _compile(function: F, fastmath: set[str]) -> F:
    compiled: Any = numba.njit(nogil=True, error_model="numpy", fastmath=fastmath)(function)
    try:
        compiled._cache = KernelCache(function)  # type: ignore[no-untyped-call]
    except Exception:  # numba's private parts are not as we know them, or there is no place for a cache
        try:
            compiled.enable_caching()
        except Exception as error:  # neither the package's nor the user's cache can be written
            _warn(error)
    return cast("F", compiled)


def _warn(error: Exception) -> None:
    global _warned
    if not _warned:
        text = " ".join(str(error).split()) or type(error).__name__
        _log.warning("kernels are compiled anew in every process: %s; empty or set NUMBA_CACHE_DIR", text)
        _warned = True
