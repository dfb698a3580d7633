from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from videosal.benchmark import run, score
from videosal.benchmark.maps.origin import read_origin
from videosal.errors import FileError, PredictionError, RunError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import TreeMaker


@pytest.fixture
def data(dhf1k_tree: TreeMaker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    monkeypatch.chdir(tmp_path)
    return {"dataset": "dhf1k:val", "root": dhf1k_tree((601, 602)), "metrics": ["cc"]}


def test_scoring_saved_maps_takes_name_and_provenance(data: dict[str, Any], tmp_path: Path) -> None:
    live = run("motion", **data, save_maps=tmp_path / "maps")
    saved = score(tmp_path / "maps", **data)
    assert (saved.name, saved.kind, saved.model) == ("motion", "predictions", live.model)
    assert saved.path.name == "motion-dhf1k-val-maps"  # beside the run of the model itself
    assert live.identity is not None
    assert saved.identity is not None
    assert saved.identity.code == live.identity.code
    assert score(tmp_path / "maps", **data, name="mine").model is None


def test_an_archive_of_saved_maps_says_what_made_them(data: dict[str, Any], tmp_path: Path) -> None:
    run("motion", **data, save_maps=tmp_path / "maps")
    shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path / "maps")
    assert score(tmp_path / "packed.zip", **data).model is not None


def test_altered_maps_are_nobodys(data: dict[str, Any], tmp_path: Path) -> None:
    run("motion", **data, save_maps=tmp_path / "maps")
    cv2.imwrite(str(tmp_path / "maps/0602/0001.png"), np.eye(18, 32, dtype=np.uint8) * 255)
    saved = score(tmp_path / "maps", **data)
    assert saved.name == "motion"
    assert saved.model is None
    assert any(note.startswith("maps of 1 of 2 videos are not as motion saved them (0602)") for note in saved.notes)


def test_copied_maps_are_known_by_their_content(data: dict[str, Any], tmp_path: Path) -> None:
    run("motion", **data, save_maps=tmp_path / "maps")
    shutil.copytree(tmp_path / "maps", tmp_path / "copied", copy_function=shutil.copyfile)
    assert score(tmp_path / "copied", **data).model is not None


def test_a_folder_with_the_maps_of_another_model_is_refused(data: dict[str, Any], tmp_path: Path) -> None:
    run("motion", **data, save_maps=tmp_path / "maps")
    before = (tmp_path / "maps/0601/0001.png").read_bytes()
    with pytest.raises(RunError, match=r"holds the maps of another model \(motion: motion\): give another --save-maps"):
        run("center", **data, save_maps=tmp_path / "maps")
    with pytest.raises(RunError, match="motion at another depth"):
        run("motion", **data, save_maps=tmp_path / "maps", float_maps=True, out=tmp_path / "float")
    assert (tmp_path / "maps/0601/0001.png").read_bytes() == before
    run("center", **data, save_maps=tmp_path / "maps", existing="overwrite")  # it replaces them all
    origin = read_origin(tmp_path / "maps")
    assert origin is not None
    assert origin.name == "center"


def test_maps_that_nobody_claimed_are_not_written_over(data: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "maps/0601").mkdir(parents=True)
    (tmp_path / "maps/0601/0001.png").write_bytes(b"mine")
    with pytest.raises(RunError, match=r"holds maps \(0601/0001\.png\) and no maps\.json"):
        run("center", **data, save_maps=tmp_path / "maps")
    assert (tmp_path / "maps/0601/0001.png").read_bytes() == b"mine"


def test_shards_save_into_one_folder(data: dict[str, Any], tmp_path: Path) -> None:
    for part in (1, 2):
        run("motion", **data, save_maps=tmp_path / "maps", shard=f"{part}/2")
    origin = read_origin(tmp_path / "maps")
    assert origin is not None
    assert set(origin.videos) == {"0601", "0602"}


@pytest.mark.parametrize(("text", "message"), [("{", "is damaged"), ('{"schema": 9}', "later version")])
def test_a_damaged_file_is_named(data: dict[str, Any], tmp_path: Path, text: str, message: str) -> None:
    run("motion", **data, save_maps=tmp_path / "maps")
    (tmp_path / "maps/maps.json").write_text(text)
    with pytest.raises((FileError, PredictionError), match=rf"maps\.json.* {message}"):
        score(tmp_path / "maps", **data)


def test_it_names_no_place_on_disk(data: dict[str, Any], tmp_path: Path) -> None:
    run("motion", **data, save_maps=tmp_path / "maps")
    assert str(tmp_path) not in json.dumps(json.loads((tmp_path / "maps/maps.json").read_text()))
