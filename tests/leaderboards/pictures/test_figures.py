from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import pytest

import videosal
from videosal.errors import DatasetError, InputError
from videosal.leaderboards import draw_comparison

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MapMaker, TreeMaker

KEYS = [("0601", "0001"), ("0602", "0003")]


@pytest.fixture
def runs(dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path) -> list[videosal.Run]:
    root = dhf1k_tree((601, 602))
    maps = prediction_folder(videosal.load_dataset("dhf1k:val", root))
    return [
        videosal.score(maps, "dhf1k:val", root, name="$x_1$ \\bad{", metrics=["nss"], out=tmp_path / "one"),
        videosal.run("center", "dhf1k:val", root, metrics=["nss"], out=tmp_path / "two"),
    ]


def test_rows_and_columns_with_labels_and_scores(runs: list[videosal.Run], tmp_path: Path) -> None:
    text = draw_comparison(runs, KEYS, tmp_path / "figure.svg", run_models=True).read_text(encoding="utf-8")
    for label in ("Frame", "Ground truth", "$x_1$", "center", "0601/0001", "0602/0003"):
        assert f">{label}" in text, label
    for run in runs:
        scores = run.frames.set_index(["video", "frame"])["nss"]
        for key in KEYS:
            assert f">NSS {scores[key]:.2f}<" in text
    assert text.count("<image") == 8


@pytest.mark.parametrize("suffix", [".pdf", ".png"])
def test_equal_input_gives_equal_files(runs: list[videosal.Run], tmp_path: Path, suffix: str) -> None:
    files = [draw_comparison(runs, KEYS, tmp_path / f"{name}{suffix}", run_models=True) for name in "ab"]
    assert files[0].read_bytes() == files[1].read_bytes()
    if suffix == ".png":
        picture = cv2.imread(str(files[0]))
        assert picture is not None
        assert picture.shape[1] > 1000


def test_frames_that_a_copy_lacks_are_told(dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path) -> None:
    root = dhf1k_tree((601, 602), frames=None)
    maps = prediction_folder(videosal.load_dataset("dhf1k:val", root))
    run = videosal.score(maps, "dhf1k:val", root, metrics=["nss"], out=tmp_path / "run")
    text = draw_comparison([run], KEYS, tmp_path / "figure.svg").read_text(encoding="utf-8")
    assert text.count(">none<") == 2


def test_wrong_input(runs: list[videosal.Run], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ends in \.pdf"):
        draw_comparison(runs, KEYS, tmp_path / "figure.docx")
    with pytest.raises(InputError, match="a run and a frame"):
        draw_comparison(runs, [], tmp_path / "figure.pdf")
    with pytest.raises(DatasetError, match="no frame 9999 in a video 0601"):
        draw_comparison(runs, [("0601", "9999")], tmp_path / "figure.pdf")
    with pytest.raises(InputError, match="no run here"):
        draw_comparison(runs, KEYS, tmp_path / "figure.pdf", maps={"centre": tmp_path})
