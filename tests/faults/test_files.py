"""Each damaged or hostile file of the collection that is read, as commands read it."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from videosal import score
from videosal.datasets.doctor.inspect_copy import inspect_copy
from videosal.errors import VideosalError

if TYPE_CHECKING:
    from pathlib import Path

MAPS = {
    "jpeg-cut-with-eoi": ("0002.jpg", "0601/0002.jpg", "0002.jpg: not a readable JPEG: it is cut short"),
    "png-rgba-memory": ("img-1-578-rgba.png", "0601/0002.png", "0002.png: refused, a picture of"),
    "npy-header-tokenerror": ("0001.npy", "0601/0002.npy", "not a readable .npy array"),
    "seq-h5-keyerror": ("0601.h5", "0601.h5", "0601.h5: not a readable"),
    "seq-h5-symboltable": ("0601.h5", "0601.h5", "0601.h5: not a readable"),
    "seq-mat5-indexerror": ("0601.mat", "0601.mat", "0601.mat: "),
    "seq-mat5-zlib": ("0601.mat", "0601.mat", "0601.mat: not a readable MATLAB file: it is"),
    "seq-mat73-read": ("0601.mat", "0601.mat", "0601.mat: not a readable"),
    "seq-mat73-truncated-notimplemented": (
        "0601.mat",
        "0601.mat",
        "0601.mat: not a readable .mat file: it is cut short",
    ),
    "seq-npy-tokenerror": ("0601.npy", "0601.npy", "0601.npy: not a readable .npy array"),
    "trunc-v73stack-0.9": ("0601.mat", "0601.mat", "0601.mat: not a readable .mat file: it is cut short"),
    "seqvideo-no-picture-stream": ("seqvid-1-1-mjpeg.avi", "0601.avi", "0601.avi: holds no pictures"),
}
ARCHIVES = {
    "targz-crc-not-checked": ("flipped.tar.gz", "flipped.tar.gz: not a readable tar archive: it is damaged"),
    "zip-deflate-damaged": ("z-deflate.zip", "0601/0002.npy: not a readable member of a zip archive: it is damaged"),
    "zip-lzma-damaged": ("z-lzma.zip", "0601/0002.npy: not a readable member of a zip archive: it is damaged"),
}


@pytest.fixture
def copy(shared: Path, tmp_path: Path) -> Path:
    """A copy of two videos that may be changed."""
    target = tmp_path / "copy"
    shutil.copytree(shared / "cases/_base/copy", target)
    _make_writable(target)
    return target


def _make_writable(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def videosal(*arguments: object, memory: int = 6 << 30) -> tuple[int, str]:
    """Run the command with bounded memory; return its exit code and what it says on standard error."""
    done = subprocess.run(
        [sys.executable, "-m", "videosal", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (memory, memory)),
        timeout=120,
        check=False,
    )
    return done.returncode, done.stderr


def expect_one_line(result: tuple[int, str], text: str) -> None:
    code, said = result
    assert (code, said.count("\n")) == (2, 1), said
    assert said.startswith("error: "), said
    assert text in said


@pytest.mark.parametrize("fault", MAPS)
def test_a_damaged_map_is_named_and_counted(
    faults: Path, shared: Path, tmp_path: Path, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    name, place, text = MAPS[fault]
    maps = tmp_path / "maps"
    shutil.copytree(shared / "cases/_base/maps", maps)
    _make_writable(maps)
    if "/" in place:
        maps.joinpath("0601/0002.png").unlink()
    else:
        shutil.rmtree(maps / "0601")
    shutil.copy(faults / fault / name, maps / place)
    where = {"dataset": "dhf1k:val", "root": shared / "cases/_base/copy", "metrics": ["cc"], "out": tmp_path / "run"}
    with pytest.raises(VideosalError) as caught:
        score(maps, **where)
    assert "\n" not in str(caught.value)
    if "maps are missing" not in str(caught.value):  # a stack of fewer maps than frames
        assert text in str(caught.value)
    if not fault.startswith(("seq", "trunc", "png")):
        run = score(maps, **where, allow_missing=True)
        assert run.count_status("unreadable") == 1
        assert "0601/0002" in " ".join(run.info["notes"]) or "cannot be read" in caplog.text


@pytest.mark.parametrize("fault", ARCHIVES)
def test_a_damaged_member_is_named_and_counted(
    faults: Path, shared: Path, tmp_path: Path, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    name, text = ARCHIVES[fault]
    where = {"dataset": "dhf1k:val", "root": shared / "cases/_base/copy", "metrics": ["cc"], "out": tmp_path / "run"}
    if fault.startswith("targz"):
        with pytest.raises(VideosalError, match=re.escape(text)):
            score(faults / fault / name, **where)
        assert score(faults / fault / "good.tar.gz", **where, allow_missing=True).count_status("ok")
        return
    for _ in range(2):  # and it can be resumed
        run = score(faults / fault / name, **where, allow_missing=True)
        assert run.count_status("unreadable") == 1
    assert text in caplog.text
    assert "1 maps are damaged and are not scored (0601/0002)" in run.info["notes"]


@pytest.mark.parametrize("fault", ["mat-Link", "mat-bad"])
def test_verify_lists_a_damaged_matlab_file(faults: Path, copy: Path, fault: str) -> None:
    (file,) = (faults / fault).glob("*.mat")
    shutil.copy(file, copy / "annotation/0601/fixation/0001.mat")
    found = [finding.text for finding in inspect_copy("dhf1k:val", copy, deep=True).problems]
    assert any("0001.mat: not a readable MATLAB file" in text for text in found), found


@pytest.mark.parametrize("fault", ["video-no-attribute", "video-utf-8"])
def test_a_damaged_video_is_one_line_or_is_read(faults: Path, tmp_path: Path, fault: str) -> None:
    (file,) = (path for path in (faults / fault).iterdir() if path.name != "README")
    code, said = videosal("predict", "motion", file, "--out", tmp_path / "out")
    assert "Traceback" not in said
    assert code in (0, 2)
    if code == 2:
        expect_one_line((code, said), file.name)


def test_a_flipped_bit_in_weights_is_found(faults: Path) -> None:
    from videosal.errors import FileError
    from videosal.models.weights.checkpoint_files import read_checkpoint

    assert read_checkpoint(faults / "pth-crc-not-checked/original.pth")
    with pytest.raises(FileError, match=r"flipped\.pth: is damaged \(the CRC of \S+data/0 is wrong\)"):
        read_checkpoint(faults / "pth-crc-not-checked/flipped.pth")


def test_a_column_behind_the_last_one_is_refused_at_once(faults: Path) -> None:
    from videosal.errors import FileError
    from videosal.leaderboards.statistics.sheets import read_rows

    with pytest.raises(FileError, match=r"col\.xlsx: not a readable Excel sheet.*column ZZZZZZ"):
        read_rows(faults / "xlsx-column/col.xlsx")


def test_a_bomb_of_a_picture_takes_no_memory(faults: Path, shared: Path, tmp_path: Path) -> None:
    bomb = subprocess.run([sys.executable, faults / "png-bomb/make.py"], capture_output=True, check=True).stdout
    maps = tmp_path / "maps"
    shutil.copytree(shared / "cases/_base/maps", maps)
    _make_writable(maps)
    (maps / "0601/0002.png").write_bytes(bomb)
    root = shared / "cases/_base/copy"
    result = videosal("score", maps, "-d", "dhf1k:val", "--root", root, "--out", tmp_path / "run", memory=3 << 30)
    expect_one_line(result, "0002.png: refused, a picture of 30000x30000")
