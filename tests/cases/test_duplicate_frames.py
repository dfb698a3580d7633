"""Two files for one frame, or a stray picture, in the folder of frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cases.conftest import Case, Videosal

GOOD = {"CC": 0.7681, "NSS": 2.1700, "KLD": 1.5394, "AUC-J": 0.9234, "s-AUC": 0.7046, "IG": -0.2091}
RUN = "run motion -d dhf1k:val --out out/x --existing overwrite --root"


@pytest.mark.parametrize("copy", ["good", "png_and_jpg", "finder_copies", "poster", "flow_beside"])
def test_the_model_sees_the_frames_of_the_good_copy(case: Case, videosal: Videosal, copy: str) -> None:
    case("duplicate-frames")
    assert videosal(f"{RUN} {copy}").agrees(GOOD)
    assert ("stray" in videosal(f"verify dhf1k:val --root {copy}").out) == (copy != "good")


def test_two_files_for_a_frame_are_refused_and_verified(case: Case, videosal: Videosal) -> None:
    case("duplicate-frames")
    text = "two_paddings/annotation/0601/images: frame 1 has two files, 0001.png and 1.png: keep one of them"
    assert videosal(f"{RUN} two_paddings").fails(text)
    verified = videosal("verify dhf1k:val --root two_paddings")
    assert verified.code == 1
    assert "3 problems" in verified.out
    assert text in verified.out


def test_predict_takes_one_file_for_a_frame(case: Case, videosal: Videosal) -> None:
    case("duplicate-frames")
    assert "wrote 6 maps" in videosal("predict center png_and_jpg/annotation/0601/images --out out/p").out
