from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import cv2
import numpy as np

from videosal import load_dataset, run
from videosal.benchmark.frame_sides import describe_sides

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.conftest import TreeMaker


def test_a_run_says_that_frames_lie_on_their_side(
    dhf1k_tree: TreeMaker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = dhf1k_tree((601, 602))
    assert describe_sides(load_dataset("dhf1k:val", root).videos) is None
    for file in (root / "annotation/0602/images").iterdir():
        cv2.imwrite(str(file), np.ascontiguousarray(cv2.imread(str(file)).swapaxes(0, 1)))
    with caplog.at_level(logging.WARNING):
        result = run("motion", "dhf1k:val", root, metrics=["cc"], out=tmp_path / "run")
        blind = run("center", "dhf1k:val", root, metrics=["cc"], out=tmp_path / "center")
    note = (
        "the frames of 1 of 2 videos lie on their side beside the ground truth (0602: frames of 18x32, ground truth of "
        "32x18): turn one of them, or the scores mean nothing"
    )
    assert note in result.info["notes"]
    assert note not in blind.info["notes"]  # it looks at no frame
    assert caplog.text.count(note) == 1


def test_frames_that_cannot_be_read_are_told_elsewhere(dhf1k_tree: TreeMaker) -> None:
    root = dhf1k_tree((601, 602), frames=None)
    assert describe_sides(load_dataset("dhf1k:val", root).videos) is None
