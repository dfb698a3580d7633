from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

import videosal
from videosal.leaderboards import Leaderboard

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import TreeMaker


def save(folder: Path, video: str, maps: list[np.ndarray]) -> None:
    (folder / video).mkdir(parents=True)
    for number, saliency in enumerate(maps, 1):
        cv2.imwrite(str(folder / video / f"{number:04d}.png"), saliency)


@pytest.fixture
def run(dhf1k_tree: TreeMaker, tmp_path: Path) -> videosal.Run:
    root = dhf1k_tree((601, 602))
    left, right = np.zeros((18, 32), np.uint8), np.zeros((18, 32), np.uint8)
    left[:, :16], right[:, 16:] = 255, 255
    save(tmp_path / "maps", "0601", [left, right, left])
    save(tmp_path / "maps", "0602", [left, left, left])
    return videosal.score(tmp_path / "maps", "dhf1k:val", root, metrics=["cc"], out=tmp_path / "run")


def test_it_is_offered_as_columns_that_rank_nothing(run: videosal.Run) -> None:
    board = Leaderboard.from_runs([run], change=True)
    assert [column.label for column in board.table.columns] == ["CC", "Change", "Change of truth"]
    assert {column.group for column in board.table.columns} == {"DHF1K val"}
    assert board.table.rows[0].cells[1].value == pytest.approx(0.5, abs=0.05)
