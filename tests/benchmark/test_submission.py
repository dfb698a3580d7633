from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from videosal.benchmark import submission
from videosal.errors import InputError, PredictionError
from videosal.leaderboards import pack_submission

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two videos of the split with two and three frames instead of 300 of some hundred."""
    videos = [
        submission._ListedVideo("0701", ("0001", "0002")),
        submission._ListedVideo("0702", ("0001", "0002", "0003")),
    ]
    monkeypatch.setattr(submission, "_listed_videos", lambda split: videos)


@pytest.fixture
def maps(tmp_path: Path) -> Path:
    generator = np.random.default_rng(0)
    for video, count in (("701", 2), ("0702", 3)):
        folder = tmp_path / "mine" / video
        folder.mkdir(parents=True)
        for number in range(1, count + 1):
            cv2.imwrite(str(folder / f"{number}.png"), generator.integers(0, 256, (9, 16), np.uint8))
    return tmp_path / "mine"


def unpack(archive: Path, name: str) -> Any:
    with zipfile.ZipFile(archive) as packed:
        return cv2.imdecode(np.frombuffer(packed.read(name), np.uint8), cv2.IMREAD_UNCHANGED)


def test_the_archive_has_the_names_of_the_server_and_the_same_maps(maps: Path, tmp_path: Path) -> None:
    packed = pack_submission(maps, tmp_path / "out")
    assert (packed.archive, packed.videos, packed.frames, packed.converted) == (tmp_path / "out/mine.zip", 2, 5, 0)
    with zipfile.ZipFile(packed.archive) as archive:
        assert archive.namelist() == [
            "mine/0701/0001.png",
            "mine/0701/0002.png",
            "mine/0702/0001.png",
            "mine/0702/0002.png",
            "mine/0702/0003.png",
        ]
    stored = unpack(packed.archive, "mine/0701/0002.png")
    assert stored.dtype == np.uint8
    assert np.array_equal(stored, np.asarray(cv2.imread(str(maps / "701" / "2.png"), cv2.IMREAD_UNCHANGED)))
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["mine.zip"]


def test_equal_maps_give_an_equal_archive(maps: Path, tmp_path: Path) -> None:
    first, second = (pack_submission(maps, tmp_path / out).archive.read_bytes() for out in ("a", "b"))
    assert first == second


def test_other_formats_become_8_bit(maps: Path, tmp_path: Path) -> None:
    (maps / "701" / "1.png").unlink()
    np.save(maps / "701" / "1.npy", np.linspace(0, 1, 144).reshape(9, 16))
    packed = pack_submission(maps, tmp_path / "out", name="a-b")
    assert packed.converted == 1
    stored = unpack(packed.archive, "a-b/0701/0001.png")
    assert (stored.min(), stored.max()) == (0, 255)


def test_what_is_missing_or_too_much_is_listed(maps: Path, tmp_path: Path) -> None:
    (maps / "0702" / "2.png").unlink()
    cv2.imwrite(str(maps / "0702" / "4.png"), np.zeros((9, 16), np.uint8))
    with pytest.raises(PredictionError, match=r"1 frames have no map \(0702/0002\); 1 files .*4\.png"):
        pack_submission(maps, tmp_path / "out")
    for file in (maps / "701").iterdir():
        file.unlink()
    with pytest.raises(PredictionError, match=r"1 of 2 videos have no map \(0701\)"):
        pack_submission(maps, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_wrong_input(maps: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="dry run"):
        pack_submission(maps, tmp_path / "out", split="train")
    with pytest.raises(InputError, match="no name for an archive"):
        pack_submission(maps, tmp_path / "out", name="a/b")
    (maps / "701" / "1.png").unlink()
    np.save(maps / "701" / "1.npy", np.full((9, 16), np.nan))
    with pytest.raises(PredictionError, match="NaN or infinity"):
        pack_submission(maps, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_the_facts_list_300_test_videos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    videos = submission._listed_videos("test")
    assert (len(videos), videos[0].name, videos[-1].name) == (300, "0701", "1000")
    assert sum(len(video.frame_names) for video in videos) == 176_192
    assert videos[0].frame_names[0] == "0001"


def test_maps_are_found_by_the_rule_of_score(maps: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    expected = pack_submission(maps, tmp_path / "one").archive.read_bytes()
    for video in maps.iterdir():
        for file in sorted(video.iterdir()):
            file.rename(video / f"frame{int(file.stem) - 1}.png")
    with pytest.raises(PredictionError, match=r"seem to begin at 0.*--first-frame 0"):
        pack_submission(maps, tmp_path / "two")
    assert pack_submission(maps, tmp_path / "two", first_frame=0).archive.read_bytes() == expected
    (maps / "701/frame1.png").rename(maps / "701/frame1.npz")
    with pytest.raises(
        PredictionError, match=r"1 frames have no map \(0701/0002\); files are not read: 1 that end in \.npz"
    ):
        pack_submission(maps, tmp_path / "three", first_frame=0)
    stacks = tmp_path / "stacks"
    stacks.mkdir()
    for video, count in (("0701", 2), ("0702", 3)):
        np.save(stacks / f"{video}.npy", np.random.default_rng(1).integers(0, 256, (9, 16, count), np.uint8))
    pack_submission(stacks, tmp_path / "four")
    assert "the axes of 2 of 2 arrays are taken as rows, columns, frames" in caplog.text


def test_the_maps_of_another_video_are_not_packed(maps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    videos = [submission._ListedVideo("0703", ("0001", "0002"))]
    monkeypatch.setattr(submission, "_listed_videos", lambda split: videos)
    with pytest.raises(PredictionError, match="holds no map of 1 videos"):
        pack_submission(maps / "701", tmp_path / "out")
    with pytest.raises(PredictionError, match="holds no map of 1 videos"):  # a video of another split
        pack_submission((maps / "701").rename(tmp_path / "0001"), tmp_path / "out")
