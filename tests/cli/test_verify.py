from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from videosal.cli.verify import command
from videosal.datasets import load_dataset
from videosal.errors import DatasetError, PredictionError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MapMaker, TreeMaker
    from videosal.datasets import Dataset


def verify(*args: object) -> tuple[int, str]:
    result = CliRunner().invoke(command, [str(arg) for arg in args], obj={}, standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.return_value or result.exit_code, result.stdout


def test_a_clean_copy_exits_with_0(sample: Dataset) -> None:
    code, text = verify("sample", "--root", sample.root)
    assert code == 0
    assert "layout: official release" in text
    assert "densities: annotation/{video}/maps" in text
    assert "0 problems" in text


def test_problems_exit_with_1_and_are_named(dhf1k_tree: TreeMaker) -> None:
    root = dhf1k_tree((601, 602))
    code, text = verify("dhf1k", "--root", root)
    assert code == 1
    assert "98 videos are missing: 0603, 0604" in text
    assert "train: 600 videos are missing" in text
    code, text = verify("dhf1k:val", "--root", root, "--json")
    content = json.loads(text)
    assert code == 1
    assert content["splits"][0]["found"] == 2
    assert len(content["splits"][0]["missing"]) == 98
    assert content["videos"][0] == {
        "name": "0601",
        "split": "val",
        "frames": 3,
        "densities": 3,
        "fixations": 3,
        "mats": None,
        "first": 1,
        "last": 3,
        "size": [18, 32],
    }
    assert {problem["kind"] for problem in content["problems"]} == {"videos", "count"}


def test_another_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no DHF1K in"):
        verify("dhf1k", "--root", tmp_path)


def test_predictions_are_matched(sample: Dataset, prediction_folder: MapMaker) -> None:
    maps = prediction_folder(sample)
    code, text = verify("sample:test", "--root", sample.root, "--predictions", maps)
    assert code == 0
    assert "predictions" in text
    (maps / "0004/0007.png").unlink()
    (maps / "0005/0001.png").write_bytes(b"")
    (maps / "strange").mkdir()
    (maps / "strange" / "0001.png").write_bytes((maps / "0004/0001.png").read_bytes())
    code, text = verify("sample:test", "--root", sample.root, "--predictions", maps, "--json")
    assert code == 1
    content = json.loads(text)
    found = {problem["text"]: problem["names"] for problem in content["problems"]}
    assert found["1 frames have no map"] == ["0004/0007"]
    assert "0001.png" in found["1 maps cannot be read"][0]
    assert content["videos"][0]["predictions"] == 47
    assert any(note["names"] == ["strange"] for note in content["notes"])


def test_predictions_are_matched_by_the_rule_of_score(
    dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path
) -> None:
    root = dhf1k_tree((601, 602))
    maps = prediction_folder(load_dataset("dhf1k:val", root))
    on = ("dhf1k:val", "--root", root, "--predictions", maps, "--json")
    for video in sorted(maps.iterdir()):
        for number, file in enumerate(sorted(video.iterdir())):
            file.rename(video / f"frame{number}.png")
    with pytest.raises(PredictionError, match=r"seem to begin at 0.*--first-frame 0"):
        verify(*on)
    found = json.loads(verify(*on, "--first-frame", 0)[1])
    assert [video["predictions"] for video in found["videos"]] == [3, 3]
    (maps / "0601/frame0.png").rename(maps / "0601/frame0.npz")
    notes = json.loads(verify(*on, "--first-frame", 0)[1])["notes"]
    assert any(note["text"].startswith("files are not read: 1 that end in .npz: save maps as .png") for note in notes)
    shutil.rmtree(root / "annotation/0601")
    shutil.rmtree(maps / "0602")
    with pytest.raises(PredictionError, match=r"no map of 1 videos"):  # not those of 0601 for 0602
        verify(*on)
    (tmp_path / "arrays").mkdir()
    np.save(tmp_path / "arrays/0602.npy", np.random.default_rng(0).integers(0, 256, (18, 32, 3), np.uint8))
    on = ("dhf1k:val", "--root", root, "--predictions", tmp_path / "arrays", "--json")
    notes = json.loads(verify(*on)[1])["notes"]
    assert any(
        note["text"].startswith("the axes of 1 of 1 arrays are taken as rows, columns, frames") for note in notes
    )


def test_what_maps_look_like_is_a_note_of_verify_too(dhf1k_tree: TreeMaker, prediction_folder: MapMaker) -> None:
    root = dhf1k_tree((601, 602))
    maps = prediction_folder(load_dataset("dhf1k:val", root))
    for file in maps.rglob("*.png"):
        cv2.imwrite(str(file), np.full((18, 32), 7, np.uint8))
    text = verify("dhf1k:val", "--root", root, "--predictions", maps)[1]
    assert "6 of 6 maps that were looked at hold one value and say nothing" in text


def test_maps_of_a_withheld_split_are_matched_with_its_frames(
    dhf1k_tree: TreeMaker, prediction_folder: MapMaker
) -> None:
    root = dhf1k_tree((601,))
    maps = prediction_folder(load_dataset("dhf1k:val", root))
    shutil.move(root / "annotation" / "0601" / "images", root / "video" / "0701")
    shutil.rmtree(root / "annotation")
    (maps / "0601").rename(maps / "0701")
    (maps / "0701" / "0002.png").unlink()
    code, text = verify("dhf1k:test", "--root", root, "--predictions", maps)
    assert code == 1
    assert "1 frames have no map: 0701/0002" in text
