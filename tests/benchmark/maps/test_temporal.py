from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import videosal
from videosal.benchmark import measure_change
from videosal.errors import PredictionError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import TreeMaker


def test_change_is_0_for_still_maps_and_1_for_maps_that_share_nothing(changing_run: videosal.Run) -> None:
    table = measure_change(changing_run)
    assert table["prediction"].tolist() == pytest.approx([1, 0], abs=0.05)
    assert table["n"].tolist() == [2, 2]
    assert ((table["truth"] > 0.3) & (table["truth"] <= 1)).all()


def test_a_gap_is_no_neighbour(changing_run: videosal.Run, tmp_path: Path) -> None:
    for video in ("0601", "0602"):
        (tmp_path / "maps" / video / "0002.png").unlink()
    with pytest.raises(PredictionError, match="no two neighbouring maps"):
        measure_change(changing_run)


def test_the_maps_of_a_model_are_made_again_where_that_is_asked_for(dhf1k_tree: TreeMaker, tmp_path: Path) -> None:
    made = videosal.run("center", "dhf1k:val", dhf1k_tree((601,)), metrics=["cc"], out=tmp_path / "center")
    assert measure_change(made, run_models=True)["prediction"].tolist() == [0]
    with pytest.raises(PredictionError, match=r"the maps of 'center' were not saved: .* --run-models"):
        measure_change(made)


def test_saved_maps_are_read(dhf1k_tree: TreeMaker, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    made = videosal.run("center", "dhf1k:val", dhf1k_tree((601,)), metrics=["cc"], out=tmp_path / "c", save_maps=kept)
    assert measure_change(made)["prediction"].tolist() == [0]
