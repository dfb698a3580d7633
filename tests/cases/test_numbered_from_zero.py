"""Maps or frames numbered from 0 (cv2, enumerate)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cases.conftest import BASE, SCORE

if TYPE_CHECKING:
    from tests.cases.conftest import Case, Videosal


@pytest.mark.parametrize("more", ["", "--allow-missing"])
def test_maps_from_0_are_refused_until_it_is_said_how_they_count(case: Case, videosal: Videosal, more: str) -> None:
    case("numbered-from-zero")
    said = videosal(f"score maps {SCORE} {more}")
    assert said.fails("of 2 of 2 videos (0601, 0602) seem to begin at 0, those of the frames at 1: give --first-frame")


def test_said_how_they_count_they_score_as_the_maps_from_1(case: Case, videosal: Videosal) -> None:
    case("numbered-from-zero")
    assert videosal(f"score maps {SCORE} --first-frame 0").agrees(BASE)
    assert videosal(f"score ../_base/maps {SCORE}").agrees(BASE)


def test_images_from_0_are_told(case: Case, videosal: Videosal) -> None:
    case("numbered-from-zero")
    said = videosal("run motion -d dhf1k:val --root copy --out out/x --existing overwrite")
    assert said.fails("the images seem to be numbered from 0 and the ground truth from 1")
