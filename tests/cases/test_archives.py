"""Archives as Windows, bsdtar and scripts make them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.cases.conftest import BASE, SCORE

if TYPE_CHECKING:
    from tests.cases.conftest import Case, Videosal


@pytest.mark.parametrize("archive", ["dot_slash.zip", "backslash.zip"])
def test_archives_score_as_the_folder(case: Case, videosal: Videosal, archive: str) -> None:
    case("archives")
    said = videosal(f"score {archive} {SCORE}")
    assert said.agrees(BASE)
    assert not said.err


def test_links_are_refused(case: Case, videosal: Videosal) -> None:
    case("archives")
    said = videosal(f"score hardlink.tar {SCORE}")
    assert said.fails("hardlink.tar: refused, its member 'maps/0602/0001.png' is a link")


def test_a_replaced_archive_without_times_is_scored_again(case: Case, videosal: Videosal) -> None:
    folder = case("archives")
    command = "score out/m.tar.gz -d dhf1k:val --root ../_base/copy --out out/t"
    shutil.copyfile(folder / "first.tar.gz", folder / "out/m.tar.gz")
    first = videosal(command)
    assert first.agrees({"CC": 0.7176, "NSS": 1.9969, "KLD": 1.2000, "AUC-J": 0.9208, "s-AUC": 0.6642, "IG": 0.4407})
    shutil.copyfile(folder / "second.tar.gz", folder / "out/m.tar.gz")
    assert videosal(command).fails("out/t holds the scores of other maps: 12 of 12 maps are not what was scored")
    again = videosal(f"{command} --existing overwrite")
    assert again.code == 0
    assert again.figures["CC"] < 0  # 255 - map
