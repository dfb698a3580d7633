"""The order in which the clips of an epoch are seen."""

from __future__ import annotations

import numpy as np

_ORDER = 20231  # so that it has nothing to do with the places of the clips, which the same seed decides


def epoch_batches(count: int, *, batch: int, seed: int, epoch: int, rank: int = 0, ranks: int = 1) -> list[list[int]]:
    """Shuffle the clips of an epoch and deal them out in batches; the last one may be smaller.

    Parameters
    ----------
    count : int
        Clips of the epoch.
    batch : int
        Clips of a step in each process.
    seed, epoch : int
        They decide the order.
    rank, ranks : int
        Number of this process, from 0, and how many there are. Each step is of the clips of which a single process
        with ``batch * ranks`` would make it; every process has the same number of steps, and may have none of the
        clips of the last.

    Returns
    -------
    list of list of int
        The indices of the clips of each step.
    """
    order = np.random.default_rng([_ORDER, seed, epoch]).permutation(count).tolist()
    together = batch * ranks
    return [order[first : first + together][rank::ranks] for first in range(0, count, together)]
