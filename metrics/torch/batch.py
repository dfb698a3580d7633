"""A batch of maps as torch tensors, checked, and what :mod:`videosal.metrics.torch.scores` takes from it.

The arithmetic is that of :mod:`videosal.metrics.formulas`, in float64 on every device that has it. Counts are integers
and sums are reductions in a fixed order, so the same device gives the same bits. An item whose metric is undefined gets
NaN, and one without information what the uniform distribution gets, both with a gradient of zero: what would divide by
zero divides by one, before another value replaces the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from videosal.errors import InputError


@dataclass(frozen=True, slots=True)
class MapBatch:
    """Maps (B, N) and, as (B, 1), how the values of each lie.

    Attributes
    ----------
    values : (B, N) tensor
        Zero throughout a map that holds NaN or infinity; divided by a power of two where squares could overflow.
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
    def of(cls, maps: Tensor) -> MapBatch:
        values = maps.flatten(1).to(torch.float32 if maps.device.type == "mps" else torch.float64)
        finite = values.isfinite().all(dim=1, keepdim=True)
        values = _within_range(torch.where(finite, values, 0))
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
        """The values scaled to minimum 0 and sum 1; uniform for a constant map."""
        return self._shares(self.values - self.low)

    @property
    def shares_of_positive(self) -> Tensor:
        """The values scaled to sum 1, with a negative minimum brought to 0; uniform for a constant map."""
        return self._shares(self.values - self.low.clamp(max=0))

    def _shares(self, excess: Tensor) -> Tensor:
        shares = excess / torch.where(self.constant, 1, excess.sum(dim=1, keepdim=True))
        return torch.where(self.constant, 1 / self.values.shape[1], shares)

    def levels(self, values: Tensor) -> Tensor:
        """Scale values (B, K) of the maps to 0 to 1; means nothing for a constant map."""
        return (values - self.low) / torch.where(self.constant, 1, self.high - self.low)

    def at(self, mask: Tensor) -> Tensor:
        """Return the values at the marked pixels, (B, K), K the most that an item has; the rest is NaN."""
        values = self.values.detach()
        n = mask.sum(dim=1)
        item, pixel = mask.nonzero(as_tuple=True)
        place = torch.arange(item.numel(), device=item.device) - (n.cumsum(dim=0) - n)[item]
        found = values.new_full((len(values), max(1, int(n.max()))), torch.nan)
        found[item, place] = values[item, pixel]
        return found


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
        self.given = prediction
        given = {"prediction": prediction, "density": density, "fixations": fixations}
        check_batch(given | {"other_fixations": other_fixations, "baseline": baseline})
        self.maps = MapBatch.of(prediction)
        if density is not None:
            self.density = self._truth("density", density)
            if bool((self.density.low < 0).any()):
                raise InputError("density has negative values: give values of 0 and above")
        if fixations is not None:
            self.fixations = masks_of("fixations", fixations).flatten(1)
            self.n = self.fixations.sum(dim=1, keepdim=True)
        if other_fixations is not None:
            self.others = masks_of("other_fixations", other_fixations).flatten(1)
        if baseline is not None:
            self.baseline = self._truth("baseline", baseline)

    def result(self, value: Tensor, undefined: Tensor) -> Tensor:
        """Return the figures (B,), in the dtype of the prediction, with NaN where `undefined` or not finite."""
        value = torch.where(undefined | ~self.maps.finite, torch.nan, value).squeeze(1)
        return value.to(figure_dtype(self.given))

    def fixated(self, values: Tensor) -> Tensor:
        """Mean of the values (B, N) over the fixated pixels, each once; 0 where there is none."""
        return torch.where(self.fixations, values, 0).sum(dim=1, keepdim=True) / self.n.clamp(min=1)

    @cached_property
    def marks(self) -> Tensor:
        """The fixated values, (B, K), padded with NaN."""
        return self.maps.at(self.fixations)

    def survivors(self, values: Tensor, thresholds: Tensor) -> Tensor:
        """How many of some values (B, K) of the maps have a level that reaches each threshold."""
        return (self.maps.levels(values)[:, :, None] >= thresholds).sum(dim=1)

    def all_survivors(self, thresholds: Tensor) -> Tensor:
        """How many pixels have a level that reaches each of the ascending thresholds."""
        passed = torch.bucketize(self.maps.levels(self.maps.values.detach()), thresholds, right=True)
        counts = _tally(passed, len(thresholds) + 1)
        return counts.flip(1).cumsum(dim=1).flip(1)[:, 1:]

    def ranks(self) -> tuple[Tensor, Tensor]:
        """For the fixated values, ascending: how many other pixels lie below each, and how many not above; (B, K)."""
        flat = self.maps.constant
        marks = torch.where(flat, self.marks * 0, self.marks).nan_to_num(nan=torch.inf).sort(dim=1).values.contiguous()
        values = torch.where(flat, 0, self.maps.values.detach())
        place = torch.searchsorted(marks, values)  # the first mark that is not less
        equal = marks.gather(1, place.clamp(max=marks.shape[1] - 1)) == values
        between, ties = _tally(2 * place + equal, 2 * marks.shape[1] + 2).reshape(len(marks), -1, 2).unbind(dim=2)
        below = between.cumsum(dim=1) + ties.cumsum(dim=1) - ties
        # Of equal marks, only the first has been counted at.
        first, end = torch.searchsorted(marks, marks), torch.searchsorted(marks, marks, right=True)
        below, ties = below.gather(1, first), ties.gather(1, first)
        return below - first, below + ties - end

    def _truth(self, name: str, value: Tensor) -> MapBatch:
        maps = MapBatch.of(value)
        if not bool(maps.finite.all()):
            raise InputError(f"{name} holds NaN or infinity: give finite values")
        return maps


def check_batch(given: dict[str, Tensor | None]) -> None:
    """Raise `InputError` where tensors, by name, are no batches of one size on one device; the prediction is one."""
    for name, value in given.items():
        if value is not None and (not isinstance(value, Tensor) or value.layout != torch.strided or value.is_quantized):
            kind = (
                type(value).__name__ if not isinstance(value, Tensor) else f"a tensor of {value.layout}, {value.dtype}"
            )
            raise InputError(f"{name} is {kind}: give a dense torch tensor (B, H, W) of real numbers")
    prediction = given["prediction"]
    assert prediction is not None
    if prediction.ndim != 3 or prediction.numel() == 0:
        raise InputError(f"prediction has shape {tuple(prediction.shape)}: give a non-empty batch (B, H, W)")
    for name, value in given.items():
        if value is None:
            continue
        if value.is_complex():
            raise InputError(f"{name} has dtype {value.dtype}: give real numbers")
        if value.shape != prediction.shape:
            raise InputError(
                f"{name} has shape {tuple(value.shape)}, prediction {tuple(prediction.shape)}: bring them to one size"
            )
        if value.device != prediction.device:
            raise InputError(f"{name} is on {value.device}, prediction on {prediction.device}: move one to the other")


def masks_of(name: str, value: Tensor) -> Tensor:
    """Return masks as booleans; raise `InputError` where one is not finite."""
    if value.is_floating_point() and not bool(value.isfinite().all()):
        raise InputError(f"{name} holds NaN or infinity: give masks that are nonzero where fixated")
    return value != 0


def figure_dtype(prediction: Tensor) -> torch.dtype:
    """Return the dtype in which figures come: that of the prediction where it is float32 or float64."""
    known = prediction.dtype in (torch.float32, torch.float64)
    return prediction.dtype if known else torch.get_default_dtype()


def _within_range(values: Tensor) -> Tensor:
    """Divide a map by a power of two where sums of squares could overflow or vanish."""
    if values.dtype != torch.float64:
        return values
    exponent = torch.frexp(values.detach().abs().amax(dim=1, keepdim=True)).exponent.clamp(min=-1000)
    if not bool((exponent.abs() > 300).any()):
        return values
    return torch.ldexp(values, torch.where(exponent.abs() > 300, -exponent, 0).to(values.dtype))


def _tally(values: Tensor, n_bins: int) -> Tensor:
    """How often each of 0, 1, ..., n_bins - 1 occurs in each row."""
    rows = n_bins * torch.arange(len(values), device=values.device)[:, None]
    return torch.bincount((values + rows).flatten(), minlength=len(values) * n_bins).reshape(-1, n_bins)
