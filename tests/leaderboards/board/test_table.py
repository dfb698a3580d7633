from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videosal.leaderboards.board.table import (
    Cell,
    Column,
    Row,
    Table,
    letters,
    make_cell,
    one_line,
    print_value,
    rank_cells,
)

UP = Column("x_cc", "X", "CC", higher_is_better=True)
DOWN = Column("x_kld", "X", "KLD", higher_is_better=False)
SIZE = Column("model_size_mb", "", "Model size (MB)", digits=0)


def ranks(column: Column, values: list[float | None]) -> list[str | None]:
    return [cell.rank for cell in rank_cells(column, [make_cell(value, column) for value in values])]


def partial(value: float, n_frames: int) -> Cell:
    return make_cell(value, UP, flags=("partial",), n_frames=n_frames)


def test_best_and_second_follow_the_direction() -> None:
    assert ranks(UP, [0.1, 0.3, 0.2]) == [None, "best", "second"]
    assert ranks(DOWN, [0.1, 0.3, 0.2]) == ["best", None, "second"]


def test_ties_share_the_mark_and_leave_the_second_to_the_next_figure() -> None:
    assert ranks(UP, [0.3, 0.3, 0.2, 0.2, 0.1]) == ["best", "best", "second", "second", None]


def test_figures_that_print_alike_are_ties() -> None:
    assert ranks(UP, [0.50041, 0.50039, 0.4]) == ["best", "best", "second"]
    assert ranks(UP, [0.50051, 0.50049]) == ["best", "second"]


def test_undefined_and_absent_figures_get_no_mark() -> None:
    assert ranks(UP, [math.nan, 0.2, None, 0.1]) == [None, "best", None, "second"]


def test_a_figure_alone_gets_no_mark() -> None:
    assert ranks(UP, [0.2, None]) == [None, None]


def test_attributes_get_no_mark() -> None:
    assert ranks(SIZE, [1.0, 2.0]) == [None, None]


def test_minus_zero_and_tiny_figures() -> None:
    assert ranks(UP, [-0.0001, 0.0, -0.5]) == ["best", "best", "second"]
    assert ranks(UP, [0.0001, 0.0, 0.001]) == ["second", None, "best"]


def test_infinite_figures_are_ranked_last_where_lower_is_better() -> None:
    assert ranks(DOWN, [math.inf, 2.0, 3.0]) == [None, "best", "second"]


def test_a_partial_figure_does_not_compete_with_whole_ones() -> None:
    cells = rank_cells(UP, [partial(0.9, 20), make_cell(0.5, UP), make_cell(0.4, UP)])
    assert [cell.rank for cell in cells] == [None, "best", "second"]


def test_partial_figures_compete_where_they_stand_for_equally_many_frames() -> None:
    assert [cell.rank for cell in rank_cells(UP, [partial(0.9, 20), partial(0.8, 20)])] == ["best", "second"]
    assert [cell.rank for cell in rank_cells(UP, [partial(0.9, 20), partial(0.8, 30)])] == [None, None]


def test_figures_compete_with_those_that_were_scored_alike() -> None:
    cells = [make_cell(value, UP, identity=identity) for value, identity in ((0.9, "x"), (0.8, ""), (0.7, "x"))]
    assert [cell.rank for cell in rank_cells(UP, cells)] == ["best", None, "second"]
    partly = [partial(0.95, 20), *(make_cell(value, UP, identity="x") for value in (0.8, 0.7)), partial(0.9, 20)]
    assert [cell.rank for cell in rank_cells(UP, partly)] == ["best", "best", "second", "second"]


def test_figures_that_maps_leave_undefined_never_compete() -> None:
    cells = [make_cell(0.9, UP, flags=("undefined",)), make_cell(0.5, UP), make_cell(0.4, UP)]
    assert [cell.rank for cell in rank_cells(UP, cells)] == [None, "best", "second"]


def test_incomplete_figures_never_compete() -> None:
    cells = [make_cell(value, UP, flags=("incomplete",), n_frames=5) for value in (0.1, 0.2)]
    assert [cell.rank for cell in rank_cells(UP, cells)] == [None, None]


@given(st.lists(st.floats(0.001, 5), min_size=2, max_size=12), st.booleans())
def test_marks_agree_with_the_rounded_values(values: list[float], higher: bool) -> None:
    column = Column("x", "X", "x", higher_is_better=higher)
    cells = rank_cells(column, [make_cell(value, column) for value in values])
    printed = [round(value, 3) for value in values]
    best = max(printed) if higher else min(printed)
    rest = [value for value in printed if value != best]
    second = (max if higher else min)(rest) if rest else None
    expected = ["best" if value == best else "second" if value == second else None for value in printed]
    assert [cell.rank for cell in cells] == expected


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.5288, 3, "0.529"),
        (3.01, 3, "3.010"),
        (643.4, 0, "643"),
        (164.0, 1, "164.0"),
        (0.0004, 3, "<0.001"),
        (0.4, 0, "<1"),
        (0.0, 1, "0.0"),
        (-0.0001, 3, "0.000"),
        (-0.25, 3, "-0.250"),
        (math.inf, 3, "inf"),
        ("448x448", None, "448\N{MULTIPLICATION SIGN}448"),
        ("any\nsize", None, "any size"),
    ],
)
def test_print_value(value: float | str, digits: int | None, text: str) -> None:
    assert print_value(value, digits) == text


def test_a_cell_without_a_value_still_says_what_its_run_lacks() -> None:
    cell = make_cell(math.nan, UP, flags=("partial", "incomplete"))
    assert (cell.value, cell.text, cell.signs) == (None, "", "†‡")


def test_one_line() -> None:
    assert one_line(" a\n\tb\x00\x1b[0m ") == "a b[0m"


def test_letters() -> None:
    assert letters(28)[:2] + letters(28)[25:] == ["a", "b", "z", "aa", "ab"]
    assert len(set(letters(1000))) == 1000


def test_arrows() -> None:
    assert (UP.arrow, DOWN.arrow, SIZE.arrow) == ("↑", "↓", "")


def test_groups_and_sections_keep_the_order() -> None:
    other = Column("y_cc", "Y", "CC", higher_is_better=True)
    rows = [Row("p", "as reported", (), (), ()), Row("r", "scored", (), (), ()), Row("s", "scored", (), (), ())]
    table = Table((SIZE, SIZE, UP, DOWN, other), tuple(rows), ())
    assert table.groups() == [("", [SIZE]), ("", [SIZE]), ("X", [UP, DOWN]), ("Y", [other])]
    assert table.sections() == [("as reported", rows[:1]), ("scored", rows[1:])]
