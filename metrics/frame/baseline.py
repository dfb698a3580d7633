"""The baseline map of IG, which is the same for all frames of a video."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.errors import InputError
from videosal.metrics.frame.inputs import read_map
from videosal.metrics.frame.prepare import geometry, is_log_density, prepare_baseline, scale_of
from videosal.metrics.statistics.spread import measure

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from videosal.metrics.protocols.choices import Maps
    from videosal.metrics.statistics.shares import Scale
    from videosal.metrics.statistics.spread import Measured


_NOT_FINITE = "baseline holds NaN or infinity: give finite values"


class Baseline:
    """A baseline map that is resized and measured once, however many frames are scored with it.

    Parameters
    ----------
    values : (h, w) array_like
        Finite real numbers, or logarithms of a density for protocols that take those; they must not change afterwards.

    Raises
    ------
    InputError
        `values` is no such map.
    """

    def __init__(self, values: ArrayLike) -> None:
        self._given: NDArray[Any] = read_map("baseline", values)
        self._finite = self._given.dtype.kind != "f" or bool(np.isfinite(self._given).all())
        if not self._finite and not is_log_density(self._given):
            raise InputError(_NOT_FINITE)
        self._made: dict[tuple[Maps, tuple[int, int]], Measured] = {}

    def at(self, size: tuple[int, int], rules: Maps) -> tuple[Measured, Scale]:
        """Return it as a protocol holds it against predictions of frames of `size`.

        Parameters
        ----------
        size : (int, int)
            Rows and columns of the ground truth.
        rules : Maps
            Of the protocol.

        Returns
        -------
        (Measured, Scale)
            The map, resized, with its statistics, and what the protocol scales it by.

        Raises
        ------
        InputError
            It is a map of logarithms, or of another size, and the protocol takes none; or it cannot be resized.
        """
        if not self._finite and not rules.log_density:
            raise InputError(_NOT_FINITE)
        key = geometry(rules, size, self._given.shape), size
        made = self._made.get(key)
        if made is None:
            made = measure(prepare_baseline(self._given, size, rules))
            if made is None:
                raise InputError("baseline has values that cannot be resized: divide it by its largest value")
            self._made[key] = made
        return made, scale_of(self._given, rules, made)
