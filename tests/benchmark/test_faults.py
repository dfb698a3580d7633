from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from tests.benchmark.soak import soak
from videosal import load_run, score
from videosal.datasets import load_dataset
from videosal.datasets.pack.packed import pack_dataset
from videosal.errors import FileError, PredictionError, RunError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import MapMaker, TreeMaker


@pytest.fixture
def scored(dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path) -> dict[str, Any]:
    root = dhf1k_tree((601, 602, 603))
    maps = prediction_folder(load_dataset("dhf1k:val", root))
    return {"predictions": maps, "dataset": "dhf1k:val", "root": root, "out": tmp_path / "run"}


def test_kills_at_random_moments_lose_nothing() -> None:
    assert soak(kills=10, seed=1) >= 1


def test_a_second_process_on_one_run_directory_is_refused(scored: dict[str, Any]) -> None:
    score(**scored)
    before = (scored["out"] / "scores.h5").read_bytes()
    holder = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from videosal.disk.folder_lock import hold\n"
        f"with hold(Path({str(scored['out'])!r}), 'scoring into'):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", holder], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout as out:
        assert out.readline() == "held\n"
        with pytest.raises(RunError, match="another process is scoring into"):
            score(**scored)
        process.kill()
        process.wait()
    assert score(**scored).complete  # the lock died with its holder
    assert (scored["out"] / "scores.h5").read_bytes() == before


def test_a_map_that_changes_or_vanishes_during_the_run_is_an_error(scored: dict[str, Any]) -> None:
    changed, gone = scored["predictions"] / "0602/0002.png", scored["predictions"] / "0603/0001.png"

    def meddle(done: int, total: int, video: str) -> None:
        if video == "0601":
            cv2.imwrite(str(changed), np.eye(18, 32, dtype=np.uint8) * 9)
        if video == "0602":
            gone.unlink()

    with pytest.raises(PredictionError, match=r"0602/0002\.png changed while video 0602 was scored: run"):
        score(**scored, progress=meddle)
    assert list(load_run(scored["out"]).videos["video"]) == ["0601"]
    with pytest.raises(PredictionError, match=r"0603/0001\.png changed while"):
        score(**scored, progress=meddle)
    assert list(load_run(scored["out"]).videos["video"]) == ["0601", "0602"]


def test_ground_truth_that_turns_unreadable_is_named(scored: dict[str, Any]) -> None:
    density = scored["root"] / "annotation/0602/maps/0003.png"
    density.write_bytes(density.read_bytes()[:50])
    with pytest.raises(FileError, match=r"annotation/0602/maps/0003\.png: the file is truncated"):
        score(**scored, metrics=["cc"])
    assert list(load_run(scored["out"]).videos["video"]) == ["0601"]


def test_content_comparison_sees_what_size_and_time_hide(scored: dict[str, Any], caplog: Any) -> None:
    first = score(**scored, compare="content")
    file = scored["predictions"] / "0602/0001.png"
    before = file.stat()
    other = (scored["predictions"] / "0603/0001.png").read_bytes()
    file.write_bytes(other.ljust(before.st_size, b"\0")[: max(before.st_size, len(other))])
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    second = score(**scored, compare="content")
    assert "the maps of 1 video changed or were added and are scored again: 0602" in caplog.text
    assert not second.frames["cc"].equals(first.frames["cc"])


def test_new_metrics_are_added_without_computing_the_old(
    scored: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from videosal.benchmark.scoring import frame_scores

    asked: list[tuple[str, ...]] = []
    original = frame_scores.score_protocols

    def watch(*args: Any, metrics: Any, **kwargs: Any) -> dict[str, dict[str, float]]:
        asked.append(metrics["standard"])
        return original(*args, metrics=metrics, **kwargs)

    monkeypatch.setattr(frame_scores, "score_protocols", watch)
    score(**scored, metrics=["cc", "nss"])
    both = score(**scored, metrics=["nss", "sauc"])
    assert set(asked[:9]) == {("cc", "nss")}
    assert set(asked[9:]) == {("sauc",)}
    assert both.metrics == ["nss", "sauc", "cc"]
    whole = score(**{**scored, "out": scored["out"].with_name("whole")}, metrics=["nss", "sauc", "cc"])
    assert both.frames.equals(whole.frames)
    assert (both.path / "scores.h5").read_bytes() == (whole.path / "scores.h5").read_bytes()


def test_a_disk_that_is_full_is_an_error_and_the_run_goes_on_later(
    scored: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = os.fsync
    calls = iter(range(100))

    def full(descriptor: int) -> None:
        if next(calls) == 2:
            raise OSError(28, "No space left on device")
        original(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(RunError, match="No space left on device"):
            score(**scored)
    assert not list(scored["out"].rglob("*.tmp"))
    assert list(load_run(scored["out"]).videos["video"]) == ["0601"]
    assert score(**scored).complete


@pytest.mark.skipif(not Path("/dev/full").exists() or shutil.which("mount") is None, reason="needs Linux")
def test_output_that_cannot_be_written_is_named(scored: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="file is in use and is not a run"):
        score(**{**scored, "out": tmp_path / "file"})
    with pytest.raises(RunError, match="cannot make the folder"):
        score(**{**scored, "out": tmp_path / "file" / "run"})
    with pytest.raises(RunError, match="cannot make the folder /proc/run"):
        score(**{**scored, "out": "/proc/run"})


def test_a_clock_set_back_does_not_matter(scored: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    first = score(**scored)
    (scored["out"] / "videos/0602.json").unlink()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    for file in scored["out"].rglob("*.json"):
        os.utime(file, (2**31, 2**31))  # results from the future
    seen: list[str] = []
    again = score(**scored, progress=lambda done, total, video: seen.append(video))
    assert seen == ["0602"]
    assert again.frames.equals(first.frames)


def replace_after(scored_video: str, file: Path) -> Callable[[int, int, str], None]:
    """Return a `progress` that replaces a file by one of the same content, when a video has been scored."""

    def meddle(done: int, total: int, video: str) -> None:
        if video == scored_video:
            content = file.read_bytes()
            file.unlink()
            file.write_bytes(content)
            os.utime(file, ns=(1, 1))

    return meddle


def test_ground_truth_that_is_replaced_before_its_video_is_scored_is_noticed(scored: dict[str, Any]) -> None:
    """Baselines and other videos' fixations were made of what it was."""
    replaced = scored["root"] / "annotation/0602/maps/0001.png"

    with pytest.raises(RunError, match=r"0001\.png changed while it was scored: run again with --existing"):
        score(**scored, metrics=["cc"], progress=replace_after("0601", replaced))


@pytest.mark.parametrize("packed", [False, True])
def test_ground_truth_that_is_replaced_during_the_run_is_noticed(scored: dict[str, Any], packed: bool) -> None:
    """Also where its video has been scored already, and whatever reads it later: baselines, other fixations."""
    density = scored["root"] / "annotation/0601/maps/0001.png"
    if packed:
        pack = scored["root"].with_name("val.h5")
        pack_dataset(load_dataset("dhf1k:val", scored["root"]), pack)
        scored["root"] = pack
    replaced = scored["root"] if packed else density

    with pytest.raises(RunError, match=rf"{replaced.name} changed while it was scored: run again with --existing"):
        score(**scored, metrics=["cc"], progress=replace_after("0602", replaced))
    assert not (scored["out"] / "scores.h5").exists()
    assert score(**scored, metrics=["cc"], existing="overwrite").complete
