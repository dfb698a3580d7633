"""MATLAB fixation maps: sparse, version 4, empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from videosal import load_run

if TYPE_CHECKING:
    from tests.cases.conftest import Case, Videosal

GOOD = {"CC": 0.7552, "NSS": 2.0135, "KLD": 3.2356, "AUC-J": 0.9171, "s-AUC": 0.5931, "IG": 0.0432}
COUNTS = "frames with ground truth, "  # the case has 2 frames of each of 2 videos: all that verify may say is that


@pytest.mark.parametrize("copy", ["good", "sparse", "sparse_v73", "v4"])
def test_every_form_scores_alike(case: Case, videosal: Videosal, copy: str) -> None:
    case("mat-files")
    assert videosal(f"score ../_base/maps -d dhf1k:val --root {copy} --out out/x --existing overwrite").agrees(GOOD)


def test_an_empty_array_is_a_frame_without_fixations(case: Case, videosal: Videosal) -> None:
    case("mat-files")
    said = videosal("score ../_base/maps -d dhf1k:val --root empty_in_one --out out/x --existing overwrite")
    assert said.agrees({"CC": GOOD["CC"], "KLD": GOOD["KLD"]})
    assert load_run("out/x").frames["nss"].isna().sum() == 1


@pytest.mark.parametrize("command", ["verify dhf1k:val --root v4 --deep", "verify dhf1k:val --root empty_in_one"])
def test_verify_agrees_with_score(case: Case, videosal: Videosal, command: str) -> None:
    case("mat-files")
    said = videosal(command)
    assert "3 problems" in said.out  # absent videos, and their frames
    assert said.out.count(COUNTS) == 2
    assert "MATLAB" not in said.out
