from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from videosal.models.layers.keras_layers import BatchNorm, hard_sigmoid, max_pool_same


def test_hard_sigmoid_is_that_of_keras_2() -> None:
    found = hard_sigmoid(torch.tensor([-9, -2.5, -1, 0, 1, 2.5, 9.0]))
    torch.testing.assert_close(found, torch.tensor([0, 0, 0.3, 0.5, 0.7, 1, 1]))


def test_batch_norm_has_the_epsilon_of_keras() -> None:
    norm = BatchNorm(2).eval()
    norm.load_state_dict(
        {
            "weight": torch.tensor([2.0, 1.0]),
            "bias": torch.tensor([0.5, 0.0]),
            "running_mean": torch.tensor([1.0, 0.0]),
            "running_var": torch.tensor([0.003, 1.0]),
        }
    )
    found = norm(torch.full((1, 2, 1, 1), 3.0)).flatten()
    assert found.tolist() == pytest.approx([2 * 2 / 0.004**0.5 + 0.5, 3 / 1.001**0.5], rel=1e-5)
    assert set(norm.state_dict()) == {"weight", "bias", "running_mean", "running_var"}


def test_batch_norm_learns() -> None:
    norm = BatchNorm(3)
    x = torch.randn(4, 3, 5, 5) + 7
    assert norm(x).mean().abs().item() < 1e-5
    assert norm.running_mean.mean().item() == pytest.approx(0.07, abs=0.01)  # type: ignore[operator]


@given(height=st.integers(1, 12), width=st.integers(1, 12), size=st.integers(1, 4), stride=st.integers(1, 4))
def test_pools_are_padded_as_in_tensorflow(height: int, width: int, size: int, stride: int) -> None:
    feature = np.random.default_rng(0).random((height, width)).astype(np.float32)
    found = max_pool_same(torch.from_numpy(feature)[None, None], size, stride)[0, 0].numpy()
    assert found.shape == (-(-height // stride), -(-width // stride))
    for y, row in enumerate(found):
        for x, value in enumerate(row):
            top, left = (
                start * stride - max((out - 1) * stride + size - length, 0) // 2
                for start, out, length in ((y, len(found), height), (x, len(row), width))
            )
            window = feature[max(top, 0) : top + size, max(left, 0) : left + size]
            assert value == (window.max() if window.size else 0)
