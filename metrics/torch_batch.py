"""A batch of maps as torch tensors, checked, and what :mod:`videosal.metrics.torch_metrics` takes from it.

The arithmetic is that of :mod:`videosal.metrics.comparison`, in float64 on every device that has it. Counts are
integers and sums are reductions in a fixed order, so the same device gives the same bits. An item whose metric is
undefined gets NaN, and a gradient of zero: what would divide by zero divides by one, before NaN replaces the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from videosal.errors import InputError


@dataclass(frozen=True, slots=True)
class Maps:
    """Maps (B, N) and, as (B, 1), how the values of each lie.

    Attributes
    ----------
    values : (B, N) tensor
        Zero throughout a map that holds NaN or infinity.
    finite : (B, 1) bool tensor
        False for such a map.
    low, high, mean, squares
        Minimum, maximum, mean, and sum of the squares of x - mean; the last is 1 for a constant map.
    constant : (B, 1) bool tensor
        Whether nothing but rounding tells the values apart.
    """

    values: Tensor
    finite: Tensor
    low: Tensor
    high: Tensor
    mean: Tensor
    squares: Tensor
    constant: Tensor

    @classmethod
    def of(cls, maps: Tensor) -> Maps:
        values = maps.flatten(1).to(torch.float32 if maps.device.type == "mps" else torch.float64)
        finite = values.isfinite().all(dim=1, keepdim=True)
        values = torch.where(finite, values, 0)
        low, high = values.amin(dim=1, keepdim=True), values.amax(dim=1, keepdim=True)
        mean = values.mean(dim=1, keepdim=True)
        squares = (values - mean).square().sum(dim=1, keepdim=True)
        constant = (low == high) | ((squares / values.shape[1]).sqrt() < 1e-12 * mean.abs())
        return cls(values, finite, low, high, mean, torch.where(constant, 1, squares), constant)

    @property
    def total(self) -> Tensor:
        return self.values.sum(dim=1, keepdim=True)

    @property
    def shares(self) -> Tensor:
        """The values scaled to minimum 0 and sum 1; means nothing for a constant map."""
        excess = self.values - self.low
        return excess / torch.where(self.constant, 1, excess.sum(dim=1, keepdim=True))

    @property
    def levels(self) -> Tensor:
        """The values scaled to 0 to 1; means nothing for a constant map."""
        return (self.values - self.low) / torch.where(self.constant, 1, self.high - self.low)


class Batch:
    """Predictions of any real dtype, and what they are held against; all (B, H, W), on one device.

    Raises
    ------
    InputError
        A tensor is not as `score_batch` documents; the text begins with its name.
    """

    def __init__(
        self,
        prediction: Tensor,
        density: Tensor | None = None,
        fixations: Tensor | None = None,
        other_fixations: Tensor | None = None,
        baseline: Tensor | None = None,
    ) -> None:
        if prediction.ndim != 3 or prediction.numel() == 0:
            raise InputError(f"prediction has shape {tuple(prediction.shape)}: give a non-empty batch (B, H, W)")
        self.given = prediction
        self.maps = Maps.of(self._checked("prediction", prediction))
        if density is not None:
            self.density = self._truth("density", density)
            if bool((self.density.low < 0).any()):
                raise InputError("density has negative values: give values of 0 and above")
        if fixations is not None:
            self.fixations = self._mask("fixations", fixations)
            self.n = self.fixations.sum(dim=1, keepdim=True)
        if other_fixations is not None:
            self.others = self._mask("other_fixations", other_fixations)
        if baseline is not None:
            self.baseline = self._truth("baseline", baseline)

    def result(self, value: Tensor, undefined: Tensor) -> Tensor:
        """Return the figures (B,), in the dtype of the prediction, with NaN where `undefined` or not finite."""
        dtype = self.given.dtype if self.given.dtype in (torch.float32, torch.float64) else torch.get_default_dtype()
        return torch.where(undefined | ~self.maps.finite, torch.nan, value).squeeze(1).to(dtype)

    def fixated(self, values: Tensor) -> Tensor:
        """Mean of the values (B, N) over the fixated pixels, each once; 0 where there is none."""
        return torch.where(self.fixations, values, 0).sum(dim=1, keepdim=True) / self.n.clamp(min=1)

    def reaching(self, mask: Tensor | None, level: float) -> Tensor:
        """How many pixels, of all or of a mask, have a level of at least `level`."""
        reached = self._levels >= level
        return (reached if mask is None else reached & mask).sum(dim=1, keepdim=True)

    @cached_property
    def ranked(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """For the fixated values, ascending: how many other pixels lie below each, and how many not above.

        All are (B, K), K the most fixations of an item. The third tells which entries are more than padding; the
        fourth, (B, 1), is how many fixated pixels share the lowest fixated value.
        """
        values = torch.where(self.maps.constant, 0, self.maps.values.detach())
        item, pixel = self.fixations.nonzero(as_tuple=True)
        first = self.n.cumsum(dim=0) - self.n
        place = torch.arange(item.numel(), device=item.device) - first[item, 0]
        marks = values.new_full((len(values), max(1, int(self.n.max()))), torch.inf)
        marks[item, place] = values[item, pixel]
        marks = marks.sort(dim=1).values.contiguous()
        real = torch.arange(marks.shape[1], device=marks.device) < self.n
        own_below = torch.searchsorted(marks, marks)
        own_not_above = torch.searchsorted(marks, marks, right=True)
        below = _how_many_below(marks, values, or_equal=False) - own_below
        not_above = _how_many_below(marks, values, or_equal=True) - own_not_above
        return below, not_above, real, own_not_above[:, :1]

    @cached_property
    def _levels(self) -> Tensor:
        return self.maps.levels.detach()

    def _truth(self, name: str, value: Tensor) -> Maps:
        maps = Maps.of(self._checked(name, value))
        if not bool(maps.finite.all()):
            raise InputError(f"{name} holds NaN or infinity: give finite values")
        return maps

    def _mask(self, name: str, value: Tensor) -> Tensor:
        mask = self._checked(name, value).flatten(1)
        if mask.is_floating_point() and not bool(mask.isfinite().all()):
            raise InputError(f"{name} holds NaN or infinity: give masks that are nonzero where fixated")
        return mask != 0

    def _checked(self, name: str, value: Tensor) -> Tensor:
        if value.is_complex():
            raise InputError(f"{name} has dtype {value.dtype}: give real numbers")
        if value.shape != self.given.shape:
            raise InputError(
                f"{name} has shape {tuple(value.shape)}, prediction {tuple(self.given.shape)}: bring them to one size"
            )
        if value.device != self.given.device:
            raise InputError(f"{name} is on {value.device}, prediction on {self.given.device}: move one to the other")
        return value


def _how_many_below(marks: Tensor, values: Tensor, *, or_equal: bool) -> Tensor:
    """How many of the values (B, N) are less than each of the ascending marks (B, K), or equal to it.

    A value is less than mark k where no more than k marks are less than or equal to it.
    """
    passed = torch.searchsorted(marks, values.contiguous(), right=not or_equal)
    n_items, n_bins = len(marks), marks.shape[1] + 1
    passed += n_bins * torch.arange(n_items, device=marks.device)[:, None]
    counts = torch.bincount(passed.flatten(), minlength=n_items * n_bins).reshape(n_items, n_bins)
    return counts[:, :-1].cumsum(dim=1)
