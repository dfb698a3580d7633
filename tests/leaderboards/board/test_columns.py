from __future__ import annotations

import pytest

from videosal.errors import TableError, UnknownNameError
from videosal.leaderboards import Leaderboard, list_layouts
from videosal.leaderboards.board.columns import attribute_value, get_layout
from videosal.leaderboards.published.tables import ATTRIBUTES
from videosal.metrics import list_metrics


def test_table1_has_the_attributes_and_metrics_of_the_paper() -> None:
    layout = get_layout("table1")
    assert tuple(column.key for column in layout.attributes) == ATTRIBUTES
    assert layout.metrics == ("cc", "nss", "sim", "auc_judd", "sauc")


def test_table2_has_no_attributes() -> None:
    assert get_layout("table2").attributes == ()


@pytest.mark.parametrize("number", [3, 4, 5, 6])
def test_the_ablations_come_with_the_rows_of_the_paper(number: int) -> None:
    assert get_layout(f"table{number}").metrics == ("cc", "nss", "sim", "auc_judd", "kld")
    table = Leaderboard.from_runs([], layout=f"table{number}").table
    assert all(row.sources[0].startswith(f"stsanet-table{number}") for row in table.rows)
    assert {row.label.partition(",")[0] for row in table.rows} >= {"STSANet"}
    with pytest.raises(TableError, match="nothing to print"):
        Leaderboard.from_runs([], layout=f"table{number}", published=[])


@pytest.mark.parametrize("name", list_layouts())
def test_every_metric_of_a_layout_exists(name: str) -> None:
    assert set(get_layout(name).metrics) <= set(list_metrics())


def test_attributes_are_not_ranked() -> None:
    assert {column.higher_is_better for column in get_layout("table1").attributes} == {None}


def test_unknown_layout_offers_near_ones() -> None:
    with pytest.raises(UnknownNameError, match="unknown table layout 'tabel1': did you mean table1"):
        get_layout("tabel1")


@pytest.mark.parametrize(
    ("value", "expected"),
    [([224, 384], "384x224"), ((224, 384), "384x224"), ("384x224", "384x224"), (3, 3.0), (0.5, 0.5), (None, None)],
)
def test_attribute_value_prints_sizes_width_first(value: object, expected: object) -> None:
    assert attribute_value("input_size", {"input_size": value}) == expected


def test_attribute_value_of_a_model_that_does_not_say() -> None:
    assert attribute_value("gflops", {}) is None
