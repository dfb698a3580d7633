from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from videosal.datasets import dataset_adapter, load_dataset
from videosal.errors import DatasetError, FileError, InputError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.datasets.conftest import CopyMaker
    from videosal.datasets import Video

NAME = "news_tony_blair_resignation_720x540"  # on the screen: columns 280 to 999, rows 210 to 749


def write_events(root: Path, viewing: str, rows: list[tuple[float, float, int, float, float, int]]) -> None:
    """Write an event file: (x, y, event) of the left eye, then of the right one."""
    folder = root / NAME / "event_data"
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        f"{frame}\t{lx}\t{ly}\t1500.0\t{le}\t{rx}\t{ry}\t1500.0\t{re}\r\n"
        for frame, (lx, ly, le, rx, ry, re) in enumerate(rows, 1)
    ]
    (folder / f"{viewing}_{NAME}.txt").write_bytes("".join(lines).encode())


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    write_events(
        tmp_path,
        "diem1s01.asc_3",
        [(280.0, 210.0, 1, 282.0, 212.0, 1), (640.0, 480.0, 1, 640.0, 480.0, 2), (100.0, 480.0, 1, 120.0, 480.0, 1)],
    )
    write_events(
        tmp_path,
        "diem2s1.asc_7",
        [(281.0, 211.0, 1, 281.0, 211.0, 1), (0.0, 0.0, 0, 0.0, 0.0, 0), (999.5, 749.5, 1, 999.5, 749.5, 1)],
    )
    return tmp_path


def test_the_sets() -> None:
    splits = {split.name: (split.videos, split.frames) for split in dataset_adapter("diem").splits()}
    assert splits["i"] == (20, 6_000)
    assert splits["ii"] == (17, 27_414)
    assert splits["iii"] == (20, None)
    assert splits["train"][0] == 64


def test_the_first_set_is_300_frames_of_each(make_copy: CopyMaker) -> None:
    root, *_ = make_copy("diem one file", count=303)
    assert len(load_dataset("diem:ii", root)[0].frame_names) == 303
    dataset = load_dataset("diem:i", root)
    assert dataset[0].frame_names[-1] == "00300"
    assert len(dataset[0].frame_names) == 300
    assert dataset[0].density("00301") is None
    assert dataset[0].fixation_points("00301") is None
    assert load_dataset("diem:iii", root).fingerprint() != dataset.fingerprint()


def test_raw_gaze_is_the_mean_of_both_eyes_on_a_centred_video(raw: Path) -> None:
    (video,) = load_dataset("diem:iii", raw)
    assert video.size == (540, 720)
    assert video.frame_names == ("00001", "00002", "00003")
    points = video.fixation_points("00001")
    assert points is not None
    assert points.tolist() == [[1, 1], [1, 1]]  # repeats are kept
    mask = video.fixations("00001")
    assert mask is not None
    assert np.argwhere(mask).tolist() == [[1, 1]]
    observers = video.observer_points("00001")
    assert observers is not None
    viewings = [f"diem1s01.asc_3_{NAME}", f"diem2s1.asc_7_{NAME}"]
    assert {viewing: found.tolist() for viewing, found in observers.items()} == {key: [[1, 1]] for key in viewings}
    empty = video.fixation_points("00002")
    assert empty is not None
    assert empty.shape == (0, 2)
    assert video.observer_points("00002") == {}
    density = video.density("00002")
    assert density is not None
    assert not density.any()
    assert video.fixation_points("00004") is None


def test_points_outside_are_dropped_or_clamped_and_the_recipe_says_which(raw: Path) -> None:
    dropped, clamped = load_dataset("diem:iii", raw), load_dataset("diem:iii", raw, outside="clamp", sigma=20.0)
    inside, both = dropped[0].fixation_points("00003"), clamped[0].fixation_points("00003")
    assert inside is not None
    assert both is not None
    assert inside.tolist() == [[539, 719]]
    assert both.tolist() == [[270, 0], [539, 719]]
    assert "sigma 50 px" in dropped.recipe
    assert "dropped" in dropped.recipe
    assert "sigma 20 px" in clamped.recipe
    assert "clamped" in clamped.recipe
    assert dropped.fingerprint() != clamped.fingerprint()
    assert clamped.sibling("i").recipe == clamped.recipe


def test_the_density_is_the_stated_gaussian(raw: Path) -> None:
    density = load_dataset("diem:iii", raw, sigma=20.0)[0].density("00001")
    assert density is not None
    assert density[1, 1] == 255
    assert density[21, 1] == round(255 * np.exp(-0.5))


def test_wrong_options_and_files(raw: Path) -> None:
    with pytest.raises(InputError, match="outside of diem is 'wrap'"):
        load_dataset("diem:iii", raw, outside="wrap")
    with pytest.raises(InputError, match="sigma of diem is -1"):
        load_dataset("diem:iii", raw, sigma=-1)
    with pytest.raises(InputError, match="diem has no option 'sgima': did you mean sigma"):
        load_dataset("diem:iii", raw, sgima=3)
    (file,) = (raw / NAME / "event_data").glob("diem2*")
    file.write_text("1\t2\t3\n")
    with pytest.raises(FileError, match="3 columns in 1 rows, expected 9"):
        load_dataset("diem:iii", raw)[0].fixations("00001")
    file.write_text("a\tb\n")
    with pytest.raises(FileError, match="not a readable DIEM event file"):
        load_dataset("diem:i", raw)[0].density("00001")


def test_a_set_that_the_copy_lacks(raw: Path) -> None:
    with pytest.raises(DatasetError, match=r"no video of diem:ii \(it holds 1 of diem:i, 1 of diem:iii\)"):
        load_dataset("diem:ii", raw)


def test_real_gaze_falls_onto_the_video(shared: Path) -> None:
    root = shared / "samples/diem-raw-gaze/data/samples"
    dropped, clamped = load_dataset("diem:train", root), load_dataset("diem:train", root, outside="clamp")
    assert [len(video.frame_names) for video in dropped] == [2785, 3180]
    for few, many in zip(dropped, clamped, strict=True):
        assert 0.99 < count_points(few) / count_points(many) < 1
    observers = dropped[0].observer_points("00100")
    assert observers is not None
    assert len(observers) == 44


def count_points(video: Video) -> int:
    return sum(len(points) for frame in video.frame_names if (points := video.fixation_points(frame)) is not None)
