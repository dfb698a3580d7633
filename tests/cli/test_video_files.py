"""Videos as ordinary programs write them, on the command line: what can be decoded counts, not what headers promise."""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.datasets.conftest import write_video
from videosal import load_run
from videosal.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Invoke
    from tests.conftest import TreeMaker

av: Any = pytest.importorskip("av")
COUNTS = {
    "src.mp4": 50,
    "with_audio.mp4": 50,
    "converted.avi": 50,
    "copied.avi": 50,
    "cut.mp4": 27,
    "null_frames.avi": 45,
    "src.m4v": 50,
}


@pytest.fixture
def cases(shared: Path) -> Path:
    folder = shared / "cases"
    if not folder.is_dir():
        pytest.skip("shared/cases is not here")
    return folder


@pytest.mark.parametrize("name", COUNTS)
def test_predict_gives_a_map_of_every_picture(
    cases: Path, tmp_path: Path, invoke: Invoke, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        result = invoke("predict", "center", cases / "video-header-count" / name, "--out", tmp_path / "maps")
    assert result.exit_code == 0, result.output
    assert f"wrote {COUNTS[name]} maps to " in result.output
    assert len(list((tmp_path / "maps").iterdir())) == COUNTS[name]
    assert ("holds null frames (5), which repeat" in caplog.text) == (name == "null_frames.avi")


@pytest.mark.parametrize("name", COUNTS)
def test_run_score_and_verify_go_by_the_pictures(
    cases: Path, tmp_path: Path, invoke: Invoke, dhf1k_tree: TreeMaker, name: str
) -> None:
    """As many frames with ground truth as there are pictures."""
    source = cases / "video-header-count" / name
    root = dhf1k_tree((601,), n_frames=COUNTS[name], frames=None)
    (root / "video").mkdir()
    (tmp_path / "maps").mkdir()
    for folder, stem in ((root / "video", "601"), (tmp_path / "maps", "0601")):
        shutil.copyfile(source, folder / f"{stem}{source.suffix}")
    common = ("dhf1k:val", "--root", root)
    result = invoke("run", "center", "--dataset", *common, "--metrics", "cc", "--out", tmp_path / "run")
    assert result.exit_code == 0, (result.output, result.exception)
    # A copy holds one of a hundred videos; nothing is said against its frames.
    verified = invoke("verify", *common, "--deep")
    assert "no image" not in verified.output
    assert "damage" not in verified.output
    scored = invoke("score", tmp_path / "maps", "--dataset", *common, "--metrics", "cc", "--out", tmp_path / "scored")
    assert "a video in colour" in str(scored.exception)  # all maps were found before the first was decoded


def test_a_video_of_maps_with_a_fine_clock_scores_as_one_with_a_coarse(
    tmp_path: Path, invoke: Invoke, dhf1k_tree: TreeMaker
) -> None:
    """As ``ffmpeg -c copy`` from MP4 to AVI leaves it: the header promises a frame for every tick."""
    root = dhf1k_tree((601,), n_frames=12, size=(36, 64))
    maps = np.random.default_rng(0).integers(0, 255, (12, 36, 64), np.uint8)
    write_video(tmp_path / "coarse/0601.avi", maps, "ffv1", "gray", "gray")
    write_video(tmp_path / "fine/0601.avi", maps, "ffv1", "gray", "gray", times=range(0, 12 * 24, 24))
    with av.open(str(tmp_path / "fine/0601.avi")) as container:
        assert container.streams.video[0].frames > 200
    assert score_cc(tmp_path / "fine", root, invoke) == score_cc(tmp_path / "coarse", root, invoke)


def score_cc(maps: Path, root: Path, invoke: Invoke) -> list[float]:
    out = maps.with_name(f"run-{maps.name}")
    result = invoke("score", maps, "-d", "dhf1k:val", "--root", root, "--metrics", "cc", "--out", out)
    assert result.exit_code == 0, (result.output, result.exception)
    values: list[float] = load_run(out).frames["cc"].tolist()
    return values


def test_null_frames_repeat_the_picture_before_them_where_frames_lack(
    cases: Path, tmp_path: Path, invoke: Invoke, dhf1k_tree: TreeMaker
) -> None:
    root = dhf1k_tree((601,), n_frames=50, frames=None)
    (root / "video").mkdir()
    shutil.copyfile(cases / "video-header-count/null_frames.avi", root / "video/601.avi")
    result = invoke(
        "run", "center", "--dataset", "dhf1k:val", "--root", root, "--metrics", "cc", "--out", tmp_path / "run"
    )
    assert result.exit_code == 0, (result.output, result.exception)
    assert "no image" not in invoke("verify", "dhf1k:val", "--root", root, "--deep").output


def test_map_videos_without_pictures_are_one_line(cases: Path, tmp_path: Path, invoke: Invoke) -> None:
    result = invoke(
        "score", cases / "mp4-without-pictures/maps", "-d", "dhf1k:val", "--root", cases / "_base/copy",
        "--out", tmp_path / "run",
    )  # fmt: skip
    assert isinstance(result.exception, FileError)
    assert str(result.exception) == f"{cases}/mp4-without-pictures/maps/0601.mp4: holds no pictures"


def test_map_videos_with_null_frames(tmp_path: Path, invoke: Invoke, dhf1k_tree: TreeMaker) -> None:
    """A codec that drops pictures that are as the last writes null frames; the map before them counts."""
    root = dhf1k_tree((601,), n_frames=6, size=(36, 64))
    maps = np.random.default_rng(0).integers(0, 255, (6, 36, 64), np.uint8)
    maps[2] = maps[3] = maps[1]
    write_video(tmp_path / "whole/0601.avi", maps, "ffv1", "gray", "gray")
    write_video(tmp_path / "nulls/0601.avi", maps[[0, 1, 4, 5]], "ffv1", "gray", "gray", times=[0, 1, 4, 5])
    assert score_cc(tmp_path / "nulls", root, invoke) == score_cc(tmp_path / "whole", root, invoke)
    assert (
        "0601.avi holds null frames (2), which repeat the map before them"
        in load_run(tmp_path / "run-nulls").info["notes"]
    )


def test_an_ending_that_is_none_of_a_video_lists_those_that_are(tmp_path: Path, invoke: Invoke) -> None:
    (tmp_path / "film.xyz").touch()
    result = invoke("predict", "center", tmp_path / "film.xyz", "--out", tmp_path / "maps")
    assert "film.xyz is neither a folder of frames nor a file that is called like a video (.3g2 .3gp .asf" in str(
        result.exception
    )
