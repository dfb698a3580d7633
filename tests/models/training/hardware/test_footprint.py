from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from tests.models.training.small_network import normed, plain
from videosal.errors import RunError
from videosal.models.training.hardware import footprint
from videosal.models.training.hardware.footprint import estimate_footprint, free_memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from videosal.models.training.recipe import Recipe


def test_weights_gradients_and_moments(recipe_of: Callable[..., Recipe]) -> None:
    found = estimate_footprint(recipe_of(plain))
    network = plain.build(plain.input_size)
    assert found.parameters == sum(parameter.numel() for parameter in network.parameters())
    assert found.weights == 4 * found.parameters
    assert found.update == 12 * found.parameters
    assert found.features is not None
    assert found.total == found.weights + found.update + found.features


def test_features_are_what_the_backward_pass_needs(recipe_of: Callable[..., Recipe]) -> None:
    """Convolution: its input; ReLU, sigmoid: their output."""
    clip, features, out = (4 * count * 8 * 16 for count in (3 * 4, 4 * 4, 1))
    one = estimate_footprint(recipe_of(plain, batch=1)).features
    assert one == clip + features + out
    assert estimate_footprint(recipe_of(plain, batch=5)).features == 5 * one
    assert estimate_footprint(recipe_of(plain, batch=5, micro_batch=2)).features == 2 * one
    norm = estimate_footprint(recipe_of(normed, batch=1)).features
    assert norm is not None
    assert norm > one + features  # its input


def test_checkpoints_make_stsanet_smaller(recipe_of: Callable[..., Recipe]) -> None:
    from videosal.models.stsanet.entries import stsanet

    settings = {"model": "stsanet", "input_size": "96x64", "batch": 1}
    usual = estimate_footprint(recipe_of(stsanet, **settings))
    saving = estimate_footprint(recipe_of(stsanet, **settings, gradient_checkpointing=True))
    assert usual.features is not None
    assert saving.features is not None
    assert saving.features < 0.6 * usual.features


def test_workers_are_refused_where_their_clips_find_no_room(
    recipe_of: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(footprint, "_free_shared_memory", lambda: 40_000)
    clip = (3 * plain.length + 1) * 8 * 16 * 4 + 8 * 16
    batches = 40_000 // clip
    footprint.check_shared_memory(recipe_of(plain, batch=batches // 5, workers=2))
    footprint.check_shared_memory(recipe_of(plain, batch=batches, workers=0))
    with pytest.raises(RunError, match=r"/dev/shm has 0 MB free, a batch of \d clips takes .* --workers 0"):
        footprint.check_shared_memory(recipe_of(plain, batch=batches // 5 + 1, workers=2))
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "8")
    with pytest.raises(RunError, match="for each of 8 processes"):
        footprint.check_shared_memory(recipe_of(plain, batch=batches // 5, workers=2))
    monkeypatch.setattr(footprint, "_free_shared_memory", lambda: None)
    footprint.check_shared_memory(recipe_of(plain, batch=batches, workers=2))


def test_memory_is_free() -> None:
    free = free_memory("cpu")
    assert free is None or free > 1e6
    assert torch.cuda.is_available() or free_memory("meta") is None
