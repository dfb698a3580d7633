from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from videosal.errors import InputError, UnknownNameError
from videosal.metrics.torch import scores as torch_metrics
from videosal.models.training.losses import DIFFERENTIABLE, Loss, parse_loss

GENERATOR = torch.Generator().manual_seed(0)
MAPS = torch.rand(3, 9, 14, generator=GENERATOR, dtype=torch.float64)
DENSITIES = torch.rand(3, 9, 14, generator=GENERATOR, dtype=torch.float64) ** 4
FIXATIONS = torch.rand(3, 9, 14, generator=GENERATOR) < 0.1
BASELINE = np.random.default_rng(0).uniform(0.1, 1, (5, 7))


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("kld - cc", ((1, "kld"), (-1, "cc"))),
        ("kld-cc", ((1, "kld"), (-1, "cc"))),
        (" 1.0*kld - 0.5 * cc - .1*sim ", ((1, "kld"), (-0.5, "cc"), (-0.1, "sim"))),
        ("-nss", ((-1, "nss"),)),
        ("- 2*cc + 1e-3*kld", ((-2, "cc"), (1e-3, "kld"))),
        ("+kld - 10.*ig", ((1, "kld"), (-10, "ig"))),
    ],
)
def test_a_loss_is_read(text: str, terms: Any) -> None:
    assert parse_loss(text).terms == terms


WEIGHTS = st.floats(1e-6, 1e6) | st.just(1.0)


@given(st.lists(st.tuples(WEIGHTS, st.booleans(), st.sampled_from(DIFFERENTIABLE)), min_size=1, max_size=4))
def test_a_loss_is_written_as_it_is_read(parts: list[tuple[float, bool, str]]) -> None:
    loss = Loss(tuple((weight if plus else -weight, name) for weight, plus, name in parts))
    assert parse_loss(str(loss)) == loss


def test_the_paper_is_written_as_the_paper_writes_it() -> None:
    assert str(parse_loss("1.0*kld  -1*cc")) == "kld - cc"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "loss '' is not understood at ''"),
        ("kld -", "loss 'kld -' is not understood at '-'"),
        ("kld cc", "not understood at 'cc'"),
        ("kld - 2cc", "not understood at '- 2cc'"),
        ("kld / cc", "not understood at '/ cc'"),
        ("kld - 0*cc", "weight 0 is not a positive number"),
        ("1e999*kld", "weight 1e999 is not a positive number"),
        ("kld - auc_judd", "auc_judd has no gradient: choose from cc, kld, sim, nss, ig"),
    ],
)
def test_what_is_no_loss_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_loss(text)
    assert message in str(caught.value)


def test_an_unknown_metric_gets_the_nearest_names() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown metric in a loss 'kl': did you mean kld"):
        parse_loss("kl - cc")


def test_a_loss_that_asks_for_less_of_what_is_good_is_doubted(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        parse_loss("kld - cc - sim")
        assert not caplog.records
        parse_loss("kld + cc")
    assert [record.getMessage() for record in caplog.records] == [
        "the loss kld + cc asks for less of cc, where more is better: did you mean - cc?"
    ]


def authors_kl(maps: Tensor, densities: Tensor) -> Tensor:
    """The KL of the authors' code, Section III-E."""
    s, g = (x / x.sum(dim=(1, 2), keepdim=True) for x in (maps, densities))
    epsilon = 2.2204e-16
    return (g * torch.log(epsilon + g / (s + epsilon))).sum(dim=(1, 2))


def authors_cc(maps: Tensor, densities: Tensor) -> Tensor:
    """The CC of the authors' code."""
    a, b = ((x - x.mean(dim=(1, 2), keepdim=True)) / x.std(dim=(1, 2), keepdim=True) for x in (maps, densities))
    return (a * b).sum(dim=(1, 2)) / ((a * a).sum(dim=(1, 2)) * (b * b).sum(dim=(1, 2))).sqrt()


def test_the_loss_of_the_paper_is_that_of_the_authors_code_with_its_gradient() -> None:
    ours, theirs = MAPS.clone().requires_grad_(), MAPS.clone().requires_grad_()
    loss = parse_loss("kld - cc")(ours, DENSITIES)
    expected = authors_kl(theirs, DENSITIES).mean() - authors_cc(theirs, DENSITIES).mean()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-13)
    (gradient,) = torch.autograd.grad(loss, ours)
    (wanted,) = torch.autograd.grad(expected, theirs)
    torch.testing.assert_close(gradient, wanted, rtol=1e-10, atol=1e-15)


def test_float32_maps_give_a_float32_loss_near_that_of_float64() -> None:
    loss = parse_loss("kld - cc")
    single = loss(MAPS.float(), DENSITIES.float())
    assert single.dtype == torch.float32
    assert single.item() == pytest.approx(loss(MAPS, DENSITIES).item(), rel=1e-5)


def test_weights_multiply_and_the_batch_is_averaged() -> None:
    loss = parse_loss("2*kld - 0.5*sim - 3*nss")
    each = (
        2 * torch_metrics.kld(MAPS, DENSITIES)
        - 0.5 * torch_metrics.sim(MAPS, DENSITIES)
        - 3 * torch_metrics.nss(MAPS, FIXATIONS)
    )
    torch.testing.assert_close(loss.each(MAPS, DENSITIES, FIXATIONS), each)
    torch.testing.assert_close(loss(MAPS, DENSITIES, FIXATIONS), each.mean())
    assert loss.needs == {"density", "fixations"}
    assert parse_loss("kld - cc").needs == {"density"}


def test_information_gain_is_over_the_baseline_which_leaves_the_gradient_alone() -> None:
    gradients = []
    losses = []
    for baseline in (BASELINE, np.ones((2, 2)) + np.eye(2)):
        maps = MAPS.clone().requires_grad_()
        loss = Loss(parse_loss("-ig").terms, baseline)(maps, DENSITIES, FIXATIONS)
        losses.append(loss.item())
        gradients.append(torch.autograd.grad(loss, maps)[0])
    assert losses[0] != pytest.approx(losses[1])
    torch.testing.assert_close(*gradients)
    with pytest.raises(InputError, match="baseline is missing, which metric 'ig' needs"):
        parse_loss("-ig")(MAPS, DENSITIES, FIXATIONS)
    assert parse_loss("-ig").needs == {"fixations", "baseline"}


def test_a_broken_map_makes_its_own_loss_nan_and_shows_in_the_mean() -> None:
    maps = MAPS.clone()
    maps[1, 2, 3] = torch.nan
    loss = parse_loss("kld - cc")
    assert loss.each(maps, DENSITIES).isnan().tolist() == [False, True, False]
    assert loss(maps, DENSITIES).isnan()
