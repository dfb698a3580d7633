"""The eight metrics on batches of torch tensors: losses, and validation during training, on any device.

Every function takes batches (B, H, W) and returns one figure per item, (B,): those that `videosal.metrics.score_frame`
gives for each item under the protocol ``standard``. Predictions may have any real dtype; figures have the same, or
torch's default where that is neither float32 nor float64. Nothing is resized: bring all tensors to one size first.
What each argument may hold, and the errors, are those of `score_batch`.

`cc`, `kld`, `sim`, `nss` and `ig` are differentiable; the AUCs are counts, without a gradient. A map without
information scores as the uniform distribution. An undefined figure is NaN. Both have a gradient of zero, so ``nanmean``
over the batch is a sound loss::

    loss = kld(maps, density).nanmean() - cc(maps, density).nanmean()

Equal input gives equal bits on a device: counts are integers, and no sum depends on the order of threads. The formulas
and their sources stand in :mod:`videosal.metrics.formulas`.
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any

import torch

from videosal.errors import InputError
from videosal.metrics.definitions import metric_info
from videosal.metrics.protocols.registry import get_protocol
from videosal.metrics.score import score_frame
from videosal.metrics.torch.batch import Batch, check_batch, figure_dtype, masks_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

__all__ = ["auc_borji", "auc_judd", "cc", "ig", "kld", "nss", "sauc", "score_batch", "sim"]

_RULES = get_protocol("standard")


def score_batch(
    prediction: Tensor,
    density: Tensor | None = None,
    fixations: Tensor | None = None,
    *,
    other_fixations: Tensor | None = None,
    baseline: Tensor | None = None,
    metrics: Sequence[str] | None = None,
) -> dict[str, Tensor]:
    """Score a batch of saliency maps, sharing what several metrics need.

    Where no gradient is asked for, on the CPU, `score_frame` does it, which is many times faster.

    Parameters
    ----------
    prediction : (B, H, W) tensor
        Saliency maps of any real dtype and range. A map that holds NaN or infinity gets NaN from every metric.
    density : (B, H, W) tensor, optional
        Continuous ground truth: finite values of 0 and above on any scale.
    fixations, other_fixations : (B, H, W) tensor, optional
        Masks, nonzero where someone looked in this frame, and in other frames.
    baseline : (B, H, W) tensor, optional
        The maps over which information gain is counted.
    metrics : sequence of str, optional
        Which to compute; by default all that the given tensors allow.

    Returns
    -------
    dict of str to (B,) tensor
        In the order asked for; NaN where a metric is undefined.

    Raises
    ------
    InputError
        An argument is no dense tensor, or has the wrong shape, device or values; or a metric asked for lacks its input
        or is none of the eight.

    Examples
    --------
    >>> density = torch.tensor([[[0.0, 1, 2], [0, 2, 4]]])
    >>> score_batch(density * 2, density, metrics=["cc"])
    {'cc': tensor([1.])}
    """
    given = {"density": density, "fixations": fixations, "other_fixations": other_fixations, "baseline": baseline}
    missing = {argument for argument, tensor in given.items() if tensor is None}
    if metrics is None:
        names = [name for name in _METRICS if missing.isdisjoint(metric_info(name).needs)]
        if not names:
            raise InputError("density and fixations are both missing: give at least one to score against")
    else:
        names = [metrics] if isinstance(metrics, str) else list(metrics)
        for name in names:
            _check(name, missing)
    check_batch({"prediction": prediction, **given})
    if prediction.device.type == "cpu" and not (prediction.requires_grad and torch.is_grad_enabled()):
        return _score_on_cpu(prediction, given, names)
    batch = Batch(prediction, density, fixations, other_fixations, baseline)
    return {name: _METRICS[name](batch) for name in names}


def cc(prediction: Tensor, density: Tensor) -> Tensor:
    """Pearson's correlation, -1 to 1; differentiable. NaN if the density is constant."""
    return _cc(Batch(prediction, density))


def nss(prediction: Tensor, fixations: Tensor) -> Tensor:
    """Mean of the standardised prediction over the fixated pixels; differentiable. NaN without one."""
    return _nss(Batch(prediction, fixations=fixations))


def sim(prediction: Tensor, density: Tensor) -> Tensor:
    """Histogram intersection of maps with minimum 0 and sum 1; differentiable. NaN if the density is constant."""
    return _sim(Batch(prediction, density))


def kld(prediction: Tensor, density: Tensor) -> Tensor:
    """Divergence of the prediction from the density in nats, less is better; differentiable.

    NaN for an all-zero density. A prediction with negative values is shifted to minimum 0: better let the network end
    in softmax, sigmoid, softplus or relu.
    """
    return _kld(Batch(prediction, density))


def auc_judd(prediction: Tensor, fixations: Tensor) -> Tensor:
    """Area under the ROC curve, fixated against other pixels: the expectation of AUC_Judd.m. NaN without either."""
    return _auc_judd(Batch(prediction, fixations=fixations))


def auc_borji(prediction: Tensor, fixations: Tensor) -> Tensor:
    """AUC against all pixels at fixed thresholds: the expectation of AUC_Borji.m. NaN below two fixations."""
    return _auc_borji(Batch(prediction, fixations=fixations))


def sauc(prediction: Tensor, fixations: Tensor, other_fixations: Tensor) -> Tensor:
    """AUC against other frames' fixations: the expectation of AUC_shuffled.m. NaN without fixations of both kinds."""
    return _sauc(Batch(prediction, fixations=fixations, other_fixations=other_fixations))


def ig(prediction: Tensor, fixations: Tensor, baseline: Tensor) -> Tensor:
    """Information gain over the baseline in bits per fixation; differentiable. NaN without one."""
    return _ig(Batch(prediction, fixations=fixations, baseline=baseline))


def _check(name: str, missing: set[str]) -> None:
    needs = metric_info(name).needs
    if name not in _METRICS:
        raise InputError(f"metric {name!r} has no torch form: choose from {', '.join(_METRICS)}, or use score_frame")
    for argument in needs:
        if argument in missing:
            raise InputError(f"{argument} is missing, which metric {name!r} needs: give it, or leave the metric out")


def _score_on_cpu(prediction: Tensor, given: dict[str, Tensor | None], names: list[str]) -> dict[str, Tensor]:
    """Score item by item with the compiled kernels."""
    maps = [_items(name, tensor) for name, tensor in {"prediction": prediction, **given}.items()]
    rows = []
    for p, density, fixations, others, baseline in zip(*maps, strict=False):
        given_too = {"other_fixations": others, "baseline": baseline}
        rows.append(score_frame(p, density, fixations, **given_too, metrics=names))
    dtype = figure_dtype(prediction)
    return {name: torch.tensor([row[name] for row in rows], dtype=dtype) for name in names}


def _items(name: str, tensor: Tensor | None) -> Iterable[NDArray[Any] | None]:
    """Return the items of a tensor as arrays; those of masks boolean, which no one takes for points."""
    if tensor is None:
        return repeat(None)
    tensor = tensor.detach()
    if name in ("fixations", "other_fixations"):
        return masks_of(name, tensor).numpy()
    return tensor.float().numpy() if tensor.dtype == torch.bfloat16 else tensor.numpy()


def _cc(batch: Batch) -> Tensor:
    p, d = batch.maps, batch.density
    products = ((p.values - p.mean) * (d.values - d.mean)).sum(dim=1, keepdim=True)
    correlation = products / (p.squares.sqrt() * d.squares.sqrt())
    return batch.result(torch.where(p.constant, 0, correlation.clamp(-1, 1)), d.constant)


def _nss(batch: Batch) -> Tensor:
    p = batch.maps
    deviation = (p.squares / max(1, p.values.shape[1] - _RULES.gaze.nss_ddof)).sqrt()
    return batch.result(torch.where(p.constant, 0, (batch.fixated(p.values) - p.mean) / deviation), batch.n == 0)


def _sim(batch: Batch) -> Tensor:
    p, d = batch.maps, batch.density
    overlap = torch.minimum(p.shares, d.shares).sum(dim=1, keepdim=True)
    return batch.result(overlap.clamp(max=1), d.constant)


def _kld(batch: Batch) -> Tensor:
    p, d = batch.maps, batch.density
    empty, eps = d.high == 0, _RULES.maps.eps
    theirs = d.values / torch.where(empty, 1, d.total)
    divergence = (theirs * (eps + theirs / (p.shares_of_positive + eps)).log()).sum(dim=1, keepdim=True)
    return batch.result(divergence, empty)


def _auc_judd(batch: Batch) -> Tensor:
    below, not_above = batch.ranks()
    n, m = batch.n, batch.fixations.shape[1] - batch.n
    real = torch.arange(below.shape[1], device=n.device) < n
    doubled = torch.where(real, below + not_above, 0).sum(dim=1, keepdim=True)
    # Below the lowest fixated value, which k fixations share.
    lowest = batch.marks.nan_to_num(nan=torch.inf).amin(dim=1, keepdim=True)
    k = torch.where(batch.maps.constant, n, (batch.marks == lowest).sum(dim=1, keepdim=True))
    above, tied = m - not_above[:, :1], not_above[:, :1] - below[:, :1]
    last_step = above + tied * (k.to(batch.maps.values.dtype) / (k + 1))
    area = (doubled + last_step) / (2 * n * m).clamp(min=1)
    return batch.result(area, (n == 0) | (m == 0))


def _auc_borji(batch: Batch) -> Tensor:
    thresholds = _thresholds(batch)
    m = torch.full_like(batch.n, batch.fixations.shape[1])
    area = _stepped_area(batch, batch.all_survivors(thresholds), m)
    return batch.result(torch.where(batch.maps.constant, 0.5, area), batch.n < 2)


def _sauc(batch: Batch) -> Tensor:
    m = batch.others.sum(dim=1, keepdim=True)
    area = _stepped_area(batch, batch.survivors(batch.maps.at(batch.others), _thresholds(batch)), m)
    return batch.result(torch.where(batch.maps.constant, 0.5, area), (batch.n == 0) | (m == 0))


def _thresholds(batch: Batch) -> Tensor:
    levels = [k / _RULES.gaze.auc_steps for k in range(_RULES.gaze.auc_steps + 1)]
    return torch.tensor(levels, dtype=batch.maps.values.dtype, device=batch.n.device)


def _stepped_area(batch: Batch, alarms: Tensor, m: Tensor) -> Tensor:
    """Area below the line through (0, 0) and the rates at the ascending thresholds; of m negatives.

    The lowest threshold is 0, which all values reach: there the line is at (1, 1).
    """
    hits = batch.survivors(batch.marks, _thresholds(batch))
    beyond = torch.zeros_like(m)
    widths = -torch.diff(alarms, append=beyond)
    doubled = (widths * (hits + torch.cat((hits[:, 1:], beyond), dim=1))).sum(dim=1, keepdim=True)
    return doubled.to(batch.maps.values.dtype) / (2 * batch.n * m).clamp(min=1)


def _ig(batch: Batch) -> Tensor:
    p, b = batch.maps, batch.baseline
    gain = ((_RULES.maps.eps + p.shares) / (_RULES.maps.eps + b.shares)).log2()
    return batch.result(batch.fixated(gain), batch.n == 0)


_METRICS: dict[str, Callable[[Batch], Tensor]] = {
    "cc": _cc,
    "nss": _nss,
    "sim": _sim,
    "kld": _kld,
    "auc_judd": _auc_judd,
    "auc_borji": _auc_borji,
    "sauc": _sauc,
    "ig": _ig,
}
