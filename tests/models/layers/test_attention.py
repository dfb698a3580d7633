from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from videosal.models.layers.attention import Attention, ChunkedAttention


def tensors(steps: int, height: int, width: int, *, e: int = 3, c: int = 5) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    shape = (steps, height, width)
    return [torch.randn((2, k, *shape), generator=generator, dtype=torch.float64) for k in (e, e, c)]


def test_it_is_what_its_formula_says() -> None:
    query, key, value = tensors(2, 3, 4)
    found = Attention()(query, key, value).numpy()
    for b in range(2):
        q, k, v = (x[b].flatten(1).numpy() for x in (query, key, value))
        similarity = np.exp(q.T @ k)
        expected = v @ (similarity / similarity.sum(axis=1, keepdims=True)).T
        np.testing.assert_allclose(found[b].reshape(5, -1), expected, rtol=1e-12)


def test_in_chunks_it_is_the_same() -> None:
    inputs = tensors(2, 16, 40)  # 1280 queries: two chunks and a half
    torch.testing.assert_close(ChunkedAttention()(*inputs), Attention()(*inputs), rtol=1e-13, atol=1e-13)


def test_memory_layout_does_not_matter() -> None:
    inputs = tensors(2, 6, 8)
    last = [x.contiguous(memory_format=torch.channels_last_3d) for x in inputs]
    torch.testing.assert_close(Attention()(*last), Attention()(*inputs), rtol=1e-13, atol=1e-13)


class _LargestTensor(TorchDispatchMode):  # type: ignore[no-untyped-call]
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.elements: int = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        if isinstance(result, torch.Tensor):
            self.elements = max(self.elements, result.numel())
        return result


def test_the_similarity_matrix_is_never_whole() -> None:
    def largest(attention: Attention, width: int) -> int:
        inputs = [x[:1] for x in tensors(1, 32, width)]
        with _LargestTensor() as seen:
            attention(*inputs)
        return int(seen.elements)

    assert largest(Attention(), 64) == (32 * 64) ** 2
    assert largest(ChunkedAttention(), 64) == 512 * 32 * 64
    assert largest(ChunkedAttention(), 128) == 2 * largest(ChunkedAttention(), 64)
