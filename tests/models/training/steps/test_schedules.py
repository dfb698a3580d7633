from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from videosal.models.training.steps.schedules import AuthorsSchedule, PaperSchedule, make_schedule

LOSSES = st.lists(st.floats(-5, 5) | st.just(math.nan), max_size=60)


def test_the_authors_drop_at_fixed_epochs() -> None:
    """Section 9 of the specification: the first interval is 12 epochs, then every epoch divisible by 9."""
    schedule = AuthorsSchedule(80)
    drops = [schedule.count_drops([0.0] * epoch) for epoch in range(81)]
    falls = [epoch for epoch in range(1, 80) if drops[epoch] != drops[epoch - 1]]
    assert falls == [12, 18, 27, 36, 45, 54, 63, 72]
    assert drops[79] == 8
    assert drops[80] is None


def test_the_paper_drops_when_the_loss_saturates() -> None:
    schedule = PaperSchedule(epochs=100, patience=3)
    falling = [3.0, 2.0, 1.0]
    assert schedule.count_drops([]) == 0
    assert schedule.count_drops([*falling, 1.0, 1.5]) == 0
    assert schedule.count_drops([*falling, 1.0, 1.5, 1.2]) == 1
    assert schedule.count_drops([*falling, 1.0, 1.5, 0.9, 1.0, 1.0]) == 0
    assert schedule.count_drops([*falling, *[1.0] * 5]) == 1
    assert schedule.count_drops([*falling, *[1.0] * 9]) == 3
    assert schedule.count_drops([*falling, *[1.0] * 12]) is None


def test_an_epoch_without_a_loss_is_no_better_one() -> None:
    schedule = PaperSchedule(epochs=100, patience=2)
    assert schedule.count_drops([math.nan, math.nan]) == 1
    assert schedule.count_drops([1.0, math.nan, 0.5, 0.6]) == 0


@given(LOSSES, st.integers(1, 5), st.integers(1, 60))
def test_drops_never_go_back_and_training_ends(losses: list[float], patience: int, epochs: int) -> None:
    for schedule in (PaperSchedule(epochs, patience), AuthorsSchedule(epochs)):
        counts = [schedule.count_drops(losses[:length]) for length in range(len(losses) + 1)]
        known = [count for count in counts if count is not None]
        assert known == sorted(known)
        assert counts[len(known) :] == [None] * (len(counts) - len(known))
        assert len(known) <= epochs


def test_by_name() -> None:
    assert make_schedule("paper", epochs=7, patience=2) == PaperSchedule(7, 2)
    authors = make_schedule("authors", epochs=7, patience=2)
    assert authors == AuthorsSchedule(7)
    assert authors.fresh_optimizer
    assert authors.reload_best
