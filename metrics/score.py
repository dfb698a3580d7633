"""The call that scores one frame."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from videosal.errors import InputError
from videosal.metrics.definitions import ARGUMENTS, OURS, metric_info
from videosal.metrics.protocols.registry import get_protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike


def score_frame(
    prediction: ArrayLike,
    density: ArrayLike | None = None,
    fixations: ArrayLike | None = None,
    *,
    other_fixations: ArrayLike | None = None,
    baseline: ArrayLike | None = None,
    metrics: Sequence[str] | None = None,
    protocol: str = "standard",
    seed: int | None = None,
    bug_compatible: bool = False,
) -> dict[str, float]:
    """Score one saliency map against where people looked in that frame.

    Parameters
    ----------
    prediction : (h, w) array_like
        The saliency map: real numbers of any dtype and range. If its size is not that of the ground truth, it is
        resized by the rule of the protocol. If it holds NaN or infinity, every metric is NaN.
    density : (H, W) array_like, optional
        Continuous ground truth: values of 0 and above on any scale.
    fixations : (H, W) array_like or (n, 2) array_like of int, optional
        A mask, nonzero where someone looked, or points (row, col); a point may repeat. An array with two columns is
        points, unless it has the shape of the density or, where there is no density, is boolean.
    other_fixations : (H, W) array_like or (n, 2) array_like of int, optional
        Fixations of other frames, scaled to this one's size: the negatives of shuffled AUC.
    baseline : (h, w) array_like, optional
        The map over which information gain is counted, resized like the prediction. One that owns its data and is
        not writeable is measured once, not in every call.
    metrics : sequence of str, optional
        Names from `list_metrics` that the protocol defines; by default its `default_metrics`, as far as the given
        arguments allow them.
    protocol : str
        A name from `list_protocols`: under which conventions to score.
    seed : int, optional
        Draw what the protocol's original draws (jitter, negatives: `Protocol.sampled` names the metrics), starting
        from this seed. Without one these metrics are their expectation.
    bug_compatible : bool
        Reproduce the known bugs of the original (`Protocol.bugs`).

    Returns
    -------
    dict of str to float
        One value per metric, in the order asked for. NaN where a metric is undefined: AUC without fixations,
        correlation with a constant map.

    Raises
    ------
    InputError
        An argument has the wrong dtype, shape or values, or a metric asked for lacks its input or is not defined by
        the protocol.
    UnknownNameError
        No metric or protocol has that name.

    See Also
    --------
    videosal.metrics.formulas : the formulas and their sources.

    Examples
    --------
    >>> density = np.array([[0, 1, 2], [0, 2, 4]])
    >>> score_frame(density * 2, density, [[1, 2]])["cc"]
    1.0
    """
    rules = get_protocol(protocol)
    given = (density, fixations, other_fixations, baseline)
    present = (density is not None, fixations is not None, other_fixations is not None, baseline is not None)
    if metrics is None:
        names = _allowed(protocol, present)
    else:
        names = _asked(protocol, (metrics,) if isinstance(metrics, str) else tuple(metrics), present)

    from videosal.metrics.dispatch import score  # imports numba

    return score(prediction, *given, names=names, protocol=rules, seed=seed, bug_compatible=bug_compatible)


def warm_up() -> None:
    """Compile all kernels, or load them from numba's cache, so that no later call has to.

    A program that starts workers calls it once before: they then find everything on disk.
    """
    import numpy as np

    from videosal.metrics.frame.sparse_map import SparseMap

    low = np.arange(30, dtype=np.uint8).reshape(5, 6)
    points = np.array([[1, 2], [3, 4]])
    for prediction in (low, low / 7, low[::2]):
        for density in (low, low / 7, SparseMap.of(low)):
            for baseline in (low, low / 7):
                score_frame(prediction, density, points, other_fixations=low > 20, baseline=baseline)
    score_frame(low, fixations=points)


@lru_cache
def _allowed(protocol: str, present: tuple[bool, ...]) -> tuple[str, ...]:
    given = {argument for argument, there in zip(ARGUMENTS, present, strict=True) if there}
    names = tuple(name for name in get_protocol(protocol).default_metrics if given.issuperset(OURS[name].needs))
    if not names:
        raise InputError("density and fixations are both missing: give at least one to score against")
    return names


@lru_cache
def _asked(protocol: str, names: tuple[str, ...], present: tuple[bool, ...]) -> tuple[str, ...]:
    given = {argument for argument, there in zip(ARGUMENTS, present, strict=True) if there}
    defined = get_protocol(protocol).metrics
    for name in names:
        if name in OURS and name not in defined:
            raise InputError(f"protocol {protocol!r} does not define metric {name!r}: choose from {', '.join(defined)}")
        for argument in metric_info(name).needs:
            if argument not in given:
                raise InputError(
                    f"{argument} is missing, which metric {name!r} needs: give it, or leave the metric out"
                )
    return names
