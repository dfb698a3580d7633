"""When the learning rate falls, and when training ends.

A schedule is a function of the mean training losses of the epochs so far: a resumed training goes on as it would have.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

DROP = 10  # the learning rate is divided by it
AUTHORS_DROPS = (12, 18, 27, 36, 45, 54, 63, 72)  # epochs, from 0, before which it falls
PAPER_DROPS = 3  # the loss may saturate once more after the last one; then training ends


class Schedule(Protocol):
    """What the trainer asks before each epoch.

    Attributes
    ----------
    fresh_optimizer : bool
        Whether each epoch starts with a new optimiser, so that its moments are forgotten.
    reload_best : bool
        Whether the best weights so far are loaded back where the learning rate falls.
    """

    fresh_optimizer: ClassVar[bool]
    reload_best: ClassVar[bool]

    def count_drops(self, losses: Sequence[float]) -> int | None:
        """Say how often the learning rate has fallen before the next epoch; None where there is no next epoch.

        Parameters
        ----------
        losses : sequence of float
            Mean training loss of each epoch so far; NaN for one without a usable clip.
        """
        ...


@dataclass(frozen=True, slots=True)
class PaperSchedule:
    """Section IV-B: the learning rate falls when the training loss has saturated.

    The paper does not say what saturated means. Here: `patience` epochs, one after the other, none of which has a lower
    mean training loss than every epoch before it. The count starts again where the learning rate falls. Training ends
    when the loss saturates after the third fall, or after `epochs`. One Adam serves all epochs.
    """

    fresh_optimizer: ClassVar[bool] = False
    reload_best: ClassVar[bool] = False

    epochs: int
    patience: int

    def count_drops(self, losses: Sequence[float]) -> int | None:
        """See `Schedule`."""
        drops, waited, lowest = 0, 0, math.inf
        for loss in losses:
            waited = 0 if loss < lowest else waited + 1
            lowest = min(lowest, loss) if not math.isnan(loss) else lowest
            if waited == self.patience:
                drops, waited = drops + 1, 0
        return None if drops > PAPER_DROPS or len(losses) >= self.epochs else drops


@dataclass(frozen=True, slots=True)
class AuthorsSchedule:
    """The authors' train.py: fixed epochs, a new Adam in each, and the best weights loaded back at each fall."""

    fresh_optimizer: ClassVar[bool] = True
    reload_best: ClassVar[bool] = True

    epochs: int

    def count_drops(self, losses: Sequence[float]) -> int | None:
        """See `Schedule`."""
        epoch = len(losses)
        return None if epoch >= self.epochs else sum(epoch >= drop for drop in AUTHORS_DROPS)


def make_schedule(name: str, *, epochs: int, patience: int) -> Schedule:
    """Make the schedule called ``paper`` or ``authors``; only the first knows `patience`."""
    return PaperSchedule(epochs, patience) if name == "paper" else AuthorsSchedule(epochs)
