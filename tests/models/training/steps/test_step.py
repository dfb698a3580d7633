from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn

from tests.models.training.small_network import normed, plain
from videosal.errors import ModelError
from videosal.models.training.clips import ClipBatch, ClipFormat
from videosal.models.training.hardware.distributed import Processes
from videosal.models.training.losses import parse_loss
from videosal.models.training.steps.step import Stepper, freeze_norms

if TYPE_CHECKING:
    from collections.abc import Callable

    from videosal.models import ClipNetworkEntry

ALONE = Processes(0, 1, "cpu")
LOSS = parse_loss("kld - cc")


def make_batch(count: int, *, skipped: int = 0) -> ClipBatch:
    generator = torch.Generator().manual_seed(count)
    clips = torch.randn(count, 3, 4, 8, 16, generator=generator)
    densities = torch.rand(count, 8, 16, generator=generator)
    names = tuple(f"{index:04d} frame {index + 5:04d}" for index in range(count))
    return ClipBatch(clips, densities, densities > 0.9, names, skipped)


def make_stepper(entry: ClipNetworkEntry, **options: Any) -> Stepper:
    torch.manual_seed(0)
    return Stepper(entry.build(entry.input_size).train(), LOSS, ClipFormat.of(entry), ALONE, **options)


def adam(stepper: Stepper) -> torch.optim.Optimizer:
    return torch.optim.Adam([p for p in stepper.network.parameters() if p.requires_grad], lr=0.01)


def gradients(stepper: Stepper) -> list[Tensor]:
    return [parameter.grad.clone() for parameter in stepper.network.parameters() if parameter.grad is not None]


def test_a_step_is_that_of_a_plain_loop() -> None:
    stepper, batch = make_stepper(normed), make_batch(3, skipped=1)
    plainly = copy.deepcopy(stepper.network)
    optimizer = torch.optim.Adam(plainly.parameters(), lr=0.01)
    ours = adam(stepper)
    for _ in range(2):
        optimizer.zero_grad()
        loss = LOSS(plainly(batch.clips), batch.densities)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = torch.cat([p.grad.flatten() for p in plainly.parameters() if p.grad is not None]).norm()
        optimizer.step()
        done = stepper.step(batch, ours)
        assert done.loss == pytest.approx(loss.item(), rel=1e-6)  # a mean of float32
        assert done.gradient_norm == pytest.approx(norm.item(), rel=1e-5)
        assert (done.clips, done.skipped) == (3, 1)
    for a, b in zip(stepper.network.state_dict().values(), plainly.state_dict().values(), strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("count", [1, 4, 5])
def test_passes_add_up_to_the_gradient_of_the_whole_batch(count: int) -> None:
    """Also where the last pass is smaller, as it is after clips were skipped."""
    whole, parts = make_stepper(plain), make_stepper(plain, micro_batch=2)
    losses = [stepper.step(make_batch(count), adam(stepper)).loss for stepper in (whole, parts)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    for a, b in zip(gradients(whole), gradients(parts), strict=True):
        torch.testing.assert_close(a, b)


def test_a_batch_of_no_clip_changes_nothing() -> None:
    stepper = make_stepper(normed)
    before = copy.deepcopy(stepper.network.state_dict())
    done = stepper.step(make_batch(0, skipped=3), adam(stepper))
    assert math.isnan(done.loss)
    assert (done.clips, done.skipped) == (0, 3)
    assert all(torch.equal(before[name], tensor) for name, tensor in stepper.network.state_dict().items())


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_is_near_and_keeps_float32_weights(precision: str) -> None:
    exact, rough = make_stepper(plain), make_stepper(plain, precision=precision)
    losses = [stepper.step(make_batch(3), adam(stepper)).loss for stepper in (exact, rough)]
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], abs=0.02)
    assert {tensor.dtype for tensor in rough.network.state_dict().values()} == {torch.float32}
    torch.testing.assert_close(gradients(exact), gradients(rough), rtol=0.1, atol=0.02)
    assert rough.scaler.is_enabled() == (precision == "float16")


def test_an_overflow_of_the_scaled_loss_updates_nothing_and_lowers_the_scale() -> None:
    stepper = make_stepper(plain, precision="float16")
    before = copy.deepcopy(stepper.network.state_dict())
    stepper.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**120, enabled=True)
    done = stepper.step(make_batch(2), adam(stepper))
    assert math.isfinite(done.loss)
    assert not math.isfinite(done.gradient_norm)
    assert all(torch.equal(before[name], tensor) for name, tensor in stepper.network.state_dict().items())
    assert stepper.scaler.get_scale() < 2.0**120


def test_frozen_norms_stay_as_they_are() -> None:
    stepper = make_stepper(normed)
    freeze_norms(stepper.network)
    before = copy.deepcopy(stepper.network.state_dict())
    stepper.step(make_batch(3), adam(stepper))
    changed = {name for name, tensor in stepper.network.state_dict().items() if not torch.equal(before[name], tensor)}
    assert changed == {"base1.0.weight", "base1.0.bias", "head.weight", "head.bias"}


def broken_clip(stepper: Stepper, batch: ClipBatch) -> None:
    batch.clips[1, 0, 0, 0, 0] = math.nan


def broken_density(stepper: Stepper, batch: ClipBatch) -> None:
    batch.densities[1] = 1.0  # the same everywhere: CC is undefined


def broken_parameter(stepper: Stepper, batch: ClipBatch) -> None:
    stepper.network.get_parameter("head.weight").data[0, 0, 0, 0, 0] = math.inf


class Explode(nn.Module):
    """Divides by the mean of a clip whose mean is zero."""

    def forward(self, x: Tensor) -> Tensor:
        """Map any to the same shape."""
        return x / x.abs().amax(dim=(1, 2, 3, 4), keepdim=True)


def broken_layer(stepper: Stepper, batch: ClipBatch) -> None:
    first = stepper.network.get_submodule("base1")
    assert isinstance(first, nn.Sequential)
    first.insert(0, Explode())
    batch.clips[1] = 0.0


@pytest.mark.parametrize(
    ("break_it", "text"),
    [
        (broken_clip, "the loss of clip 0001 frame 0006 is nan, because its frames hold nan"),
        (broken_density, "the loss of clip 0001 frame 0006 is nan, because a metric is undefined"),
        (broken_parameter, "the loss of clip 0000 frame 0005 is nan, because the parameter head.weight holds inf"),
        (broken_layer, r"the loss of clip 0001 frame 0006 is nan, because the output of base1\.0 holds nan"),
    ],
)
def test_a_loss_that_is_no_number_names_clip_and_tensor_and_updates_nothing(
    break_it: Callable[[Stepper, ClipBatch], None], text: str
) -> None:
    stepper, batch = make_stepper(plain), make_batch(3)
    break_it(stepper, batch)
    before = copy.deepcopy(list(stepper.network.parameters()))
    with pytest.raises(ModelError, match=text):
        stepper.step(batch, adam(stepper))
    for a, b in zip(before, stepper.network.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0, equal_nan=True)


def test_a_map_without_information_has_a_loss_and_no_gradient() -> None:
    stepper, batch = make_stepper(plain), make_batch(3)
    for parameter in stepper.network.parameters():
        parameter.data.zero_()
    stepper.step(batch, adam(stepper))
    for parameter in stepper.network.parameters():
        assert not parameter.any()


class Kink(torch.autograd.Function):
    """Has a value and no gradient."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """Pass on."""
        return x.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """Break."""
        return gradients[0] * math.nan


def test_a_gradient_that_is_no_number_names_its_parameter() -> None:
    stepper = make_stepper(plain)
    forward = stepper.network.get_submodule("base1").forward
    stepper.network.get_submodule("base1").forward = lambda x: Kink.apply(forward(x))  # type: ignore[no-untyped-call]
    before = copy.deepcopy(list(stepper.network.parameters()))
    with pytest.raises(ModelError, match=r"the gradient of base1\.0\.weight holds nan"):
        stepper.step(make_batch(2), adam(stepper))
    assert all(torch.equal(a, b) for a, b in zip(before, stepper.network.parameters(), strict=True))


def test_maps_of_a_wrong_shape_are_told() -> None:
    stepper = make_stepper(plain)
    stepper.network.forward = lambda clips: clips
    text = r"Small gives \(2, 3, 4, 8, 16\) for clips .* expected maps of shape \(2, 8, 16\)"
    with pytest.raises(ModelError, match=text):
        stepper.step(make_batch(2), adam(stepper))


def test_too_little_memory_is_told() -> None:
    stepper = make_stepper(plain)

    def fail(_: Tensor) -> Tensor:
        raise torch.OutOfMemoryError("4 GiB")

    stepper.network.forward = fail
    with pytest.raises(ModelError, match="cpu has too little memory for a step of 2 clips: give --micro-batch 1"):
        stepper.step(make_batch(2), adam(stepper))
