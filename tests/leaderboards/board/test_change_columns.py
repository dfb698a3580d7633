from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from videosal.leaderboards import Leaderboard

if TYPE_CHECKING:
    import videosal


def test_it_is_offered_as_columns_that_rank_nothing(changing_run: videosal.Run) -> None:
    board = Leaderboard.from_runs([changing_run], change=True)
    assert [column.label for column in board.table.columns] == ["CC", "Change", "Change of truth"]
    assert {column.group for column in board.table.columns} == {"DHF1K val"}
    assert board.table.rows[0].cells[1].value == pytest.approx(0.5, abs=0.05)
