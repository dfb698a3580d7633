"""All maps of a video in one array, axes in another order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cases.conftest import SCORE

if TYPE_CHECKING:
    from tests.cases.conftest import Case, Videosal

GOOD = {"CC": 0.6004, "NSS": 1.6671, "KLD": 2.3231, "AUC-J": 0.8943, "s-AUC": 0.6156, "IG": -0.2488}


@pytest.mark.parametrize(
    ("maps", "note"),
    [
        ("good_thw_npy", ""),
        ("hwt_npy", "of 2 of 2 arrays are taken as rows, columns, frames"),
        ("dstack_h5", "of 2 of 2 arrays are taken as rows, columns, frames"),
        ("savemat_thw", "of 2 of 2 arrays are taken as frames, rows, columns"),
        ("matlab_h5write", "of 2 of 2 arrays are taken as frames, columns, rows"),
        ("batch_1thw_npy", ""),
        ("batch_1thw_h5", ""),
    ],
)
def test_every_order_scores_as_the_usual_one(case: Case, videosal: Videosal, maps: str, note: str) -> None:
    case("axis-order-stacks")
    said = videosal(f"score {maps} {SCORE}")
    assert said.agrees(GOOD)
    assert note in said.err if note else not said.err


def test_maps_on_their_side_are_told(case: Case, videosal: Videosal) -> None:
    case("axis-order-stacks")
    said = videosal(f"score transposed_png {SCORE}")
    assert said.code == 0
    assert "12 of 12 maps that were looked at lie on their side" in said.err
