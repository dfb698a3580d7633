from __future__ import annotations

from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from videosal.models.training.steps.order import epoch_batches


@given(st.integers(0, 40), st.integers(1, 5), st.integers(0, 9), st.integers(0, 9))
def test_every_clip_comes_once(count: int, batch: int, seed: int, epoch: int) -> None:
    groups = epoch_batches(count, batch=batch, seed=seed, epoch=epoch)
    assert sorted(index for group in groups for index in group) == list(range(count))
    assert all(len(group) == batch for group in groups[:-1])


@given(st.integers(0, 40), st.integers(1, 3), st.integers(1, 4))
def test_processes_share_the_steps_of_one_with_the_larger_batch(count: int, batch: int, ranks: int) -> None:
    alone = epoch_batches(count, batch=batch * ranks, seed=3, epoch=1)
    shares = [epoch_batches(count, batch=batch, seed=3, epoch=1, rank=rank, ranks=ranks) for rank in range(ranks)]
    together = [sorted(chain.from_iterable(groups)) for groups in zip(*shares, strict=True)]
    assert together == [sorted(group) for group in alone]
    assert all(len(group) <= batch for groups in shares for group in groups)


def test_the_order_depends_on_seed_and_epoch() -> None:
    orders = [epoch_batches(30, batch=30, seed=seed, epoch=epoch)[0] for seed in (0, 1) for epoch in (0, 1)]
    assert len(set(map(tuple, orders))) == 4
    assert orders[0] == epoch_batches(30, batch=30, seed=0, epoch=0)[0]
