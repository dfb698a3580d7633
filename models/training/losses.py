"""Losses: sums of the suite's differentiable metrics with weights, written as ``kld - cc``."""

from __future__ import annotations

import logging
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from videosal.errors import InputError, UnknownNameError
from videosal.metrics import list_metrics, metric_info

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

_log = logging.getLogger(__name__)

DIFFERENTIABLE = ("cc", "kld", "sim", "nss", "ig")

_TERM = re.compile(
    r"\s*(?P<sign>[+-])?\s*(?:(?P<weight>[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+)\s*\*\s*)?(?P<name>[A-Za-z]\w*)\s*"
)


@dataclass(frozen=True, slots=True)
class Loss:
    """A sum of metrics; the smaller, the better.

    The metrics are those of :mod:`videosal.metrics.torch.scores`, in float64. With the terms ``kld - cc`` it is the
    loss of STSANet (Section III-E), whose code computes in float32 and has the same constant, 2.2204e-16.

    Attributes
    ----------
    terms : tuple of (float, str)
        Weight, with its sign, and name of each metric.
    baseline : ndarray, shape (H, W), optional
        Over which information gain (``ig``) is counted; it shifts the loss and leaves its gradient alone.
    """

    terms: tuple[tuple[float, str], ...]
    baseline: NDArray[np.float64] | None = None

    @property
    def needs(self) -> frozenset[str]:
        """What the metrics need besides the maps: of ``density``, ``fixations`` and ``baseline``."""
        return frozenset(need for _, name in self.terms for need in metric_info(name).needs)

    def each(self, maps: Tensor, densities: Tensor, fixations: Tensor | None = None) -> Tensor:
        """Compute the loss of each map.

        Parameters
        ----------
        maps, densities : Tensor, shape (B, H, W)
            Predictions, and continuous ground truth of 0 and above on any scale.
        fixations : Tensor, shape (B, H, W), optional
            Nonzero where somebody looked.

        Returns
        -------
        Tensor, shape (B,)
            NaN, with a gradient of zero, where a metric is undefined: with usable ground truth (see `TrainingClips`)
            that is for a map with NaN or infinity, for one with negative values (``kld``), and for one with the same
            value everywhere (all but ``kld``).

        Raises
        ------
        InputError
            The tensors do not fit each other, or one that a metric needs is missing.
        """
        from videosal.metrics.torch.scores import score_batch

        figures = score_batch(
            maps,
            densities,
            fixations,
            baseline=None if self.baseline is None else _resize(self.baseline, maps),
            metrics=[name for _, name in self.terms],
        )
        total = maps.new_zeros(len(maps), dtype=next(iter(figures.values())).dtype)
        for weight, name in self.terms:
            total = total + weight * figures[name]
        return total

    def __call__(self, maps: Tensor, densities: Tensor, fixations: Tensor | None = None) -> Tensor:
        """Compute the mean of `each` over the batch."""
        return self.each(maps, densities, fixations).mean()

    def __str__(self) -> str:
        text = " ".join(f"{'-' if weight < 0 else '+'} {_weight(weight)}{name}" for weight, name in self.terms)
        return text.removeprefix("+ ")


def parse_loss(text: str) -> Loss:
    """Read a loss.

    Parameters
    ----------
    text : str
        Metrics with signs and weights: ``kld - cc``, ``kld - 0.5 * cc - 0.1*sim``. Those with a gradient are cc, kld,
        sim, nss and ig.

    Returns
    -------
    Loss

    Raises
    ------
    UnknownNameError
        There is no such metric; the text offers the nearest.
    InputError
        The text is no such sum, or a metric has no gradient.
    """
    terms: list[tuple[float, str]] = []
    place = 0
    while place < len(text) or not terms:
        found = _TERM.match(text, place)
        if found is None or (terms and not found["sign"]):
            raise InputError(f"loss {text!r} is not understood at {text[place:].strip()!r}: write it like kld - 0.5*cc")
        terms.append((_read_weight(text, found), _check_name(text, found["name"])))
        place = found.end()
    for weight, name in terms:
        if weight > 0 and metric_info(name).higher_is_better:
            _log.warning("the loss %s asks for less of %s, where more is better: did you mean - %s?", text, name, name)
    return Loss(tuple(terms))


def _read_weight(text: str, found: re.Match[str]) -> float:
    weight = float(found["weight"] or 1)
    if not 0 < weight < math.inf:
        raise InputError(f"loss {text!r}: the weight {found['weight']} is not a positive number")
    return -weight if found["sign"] == "-" else weight


def _check_name(text: str, name: str) -> str:
    if name in DIFFERENTIABLE:
        return name
    if name in list_metrics():
        raise InputError(f"loss {text!r}: {name} has no gradient: choose from {', '.join(DIFFERENTIABLE)}")
    raise UnknownNameError.of("metric in a loss", name, DIFFERENTIABLE)


def _weight(weight: float) -> str:
    return "" if abs(weight) == 1 else f"{abs(weight)!r}*"


def _resize(baseline: NDArray[np.float64], maps: Tensor) -> Tensor:
    """Bring the baseline to the size of the maps, bilinear, once for each of them."""
    import torch
    from torch.nn import functional

    given = torch.as_tensor(baseline, dtype=torch.float32, device=maps.device)[None, None]
    resized = functional.interpolate(given, maps.shape[1:], mode="bilinear", align_corners=False)
    return resized[0].expand(maps.shape)
