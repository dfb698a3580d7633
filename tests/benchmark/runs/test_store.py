from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

from videosal.benchmark.runs import store
from videosal.benchmark.scoring.video_scores import VideoScores
from videosal.datasets.files.contents import FileStamp
from videosal.errors import RunError

if TYPE_CHECKING:
    from pathlib import Path


def result(video: str = "0601") -> VideoScores:
    return VideoScores(
        video,
        "0123456789abcdef",
        ["0001", "0002"],
        ["ok", "missing"],
        {"cc": [0.1 + 0.2, math.nan]},
        [("0602", "0003")],
        ["uint8"],
        [FileStamp("maps/0001.png", 5, 17, "aa")],
        [FileStamp("0601/0001.png", 6, 18, "bb")],
    )


@pytest.mark.parametrize("video", ["0601", "a/b", "..", "ü %20", "x" * 100])
def test_a_video_result_comes_back_bit_for_bit_inside_the_run(tmp_path: Path, video: str) -> None:
    run = tmp_path / "run"
    run.mkdir()
    store.write_video(run, result(video))
    read = store.read_video(run, video)
    assert read is not None
    assert read.scores["cc"][0] == 0.1 + 0.2
    assert math.isnan(read.scores["cc"][1])
    assert replace(read, scores={}) == replace(result(video), scores={})
    assert len(list((run / "videos").iterdir())) == 1
    assert store.read_video(run, "another") is None


INFO = {
    **dict.fromkeys(("name", "kind", "dataset", "split", "title", "protocol", "signature"), "x"),
    "aggregation": "frame",
    "metrics": ["cc"],
    "videos": ["0601"],
    "notes": [],
    "sessions": [{}],
    "coverage": {"videos_found": 1, "videos_expected": None, "frames_found": 2, "frames_expected": None},
}


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"video": "0601"}', "null"])
def test_a_damaged_result_is_named(tmp_path: Path, damage: str) -> None:
    store.write_video(tmp_path, result())
    (tmp_path / "videos/0601.json").write_text(damage)
    with pytest.raises(RunError, match=r"0601\.json is damaged .* delete it"):
        store.read_video(tmp_path, "0601")


def test_lists_of_unequal_length_are_damage(tmp_path: Path) -> None:
    broken = result()
    broken.frames.append("0003")
    store.write_video(tmp_path, broken)
    with pytest.raises(RunError, match="damaged"):
        store.read_video(tmp_path, "0601")


def test_run_info_is_checked(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="gone is not a run: it does not exist"):
        store.read_info(tmp_path / "gone")
    with pytest.raises(RunError, match=r"is not a run: it has no run\.json"):
        store.read_info(tmp_path)
    store.write_info(tmp_path, INFO)
    assert store.read_info(tmp_path) == {"schema": store.SCHEMA, **INFO}
    (tmp_path / "run.json").write_text('{"schema": 99}')
    with pytest.raises(RunError, match="has schema 99, this version reads"):
        store.read_info(tmp_path)
    (tmp_path / "run.json").write_text('{"name"')
    with pytest.raises(RunError, match=r"run\.json is damaged"):
        store.read_info(tmp_path)


def test_merged_scores_are_equal_bytes_for_equal_work(tmp_path: Path) -> None:
    columns = {"video": ["ü", "b"], "cc": [0.5, math.nan], "frame_index": [0, 1]}
    contents = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        store.write_scores(tmp_path / name, columns, {"schema": 1, "name": "x"})
        contents.append((tmp_path / name / "scores.h5").read_bytes())
    assert contents[0] == contents[1]
    with h5py.File(tmp_path / "a" / "scores.h5") as file:
        assert file["frames/video"][0].decode() == "ü"
        np.testing.assert_array_equal(file["frames/cc"][:], columns["cc"])
        assert file["frames/frame_index"].dtype == np.int64
        assert dict(file.attrs) == {"schema": 1, "name": "x"}
    store.drop_merged(tmp_path / "a")
    assert not (tmp_path / "a" / "scores.h5").exists()


def test_a_write_that_fails_leaves_the_old_file_and_no_scrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write_info(tmp_path, INFO | {"name": "old"})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(RunError, match=r"cannot write .*run\.json \(No space left on device\)"):
        store.write_info(tmp_path, {"name": "new"})
    assert store.read_info(tmp_path)["name"] == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["run.json"]
