from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from videosal.datasets import load_dataset
from videosal.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.datasets.conftest import CopyMaker

HEADER = "Time\tType\tTrial\tL Dia X [px]\tL Dia Y [px]\tL POR X [px]\tL POR Y [px]\tL Event Info\n"


def write_gaze(root: Path, observer: str, trail: str, samples: list[tuple[int, float, float, str]]) -> Path:
    """Write (microseconds, x, y, event) samples on the screen of 1440x900."""
    file = root / "exportdata_train" / observer / f"{observer}_Trail{trail}.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    rows = [f"{9_000_000 + t}\tSMP\t1\t16.0\t16.0\t{x}\t{y}\t{event}\n" for t, x, y, event in samples]
    file.write_text(HEADER + "".join(rows))
    return file


def test_samples_of_fixations_are_mapped_onto_the_video(tmp_path: Path) -> None:
    write_gaze(
        tmp_path,
        "P01",
        "601",
        [
            (0, 720.0, 450.0, "Fixation"),
            (20_000, 720.0, 450.0, "Saccade"),
            (34_000, 0.0, 45.0, "Fixation"),
            (40_000, 720.0, 44.0, "Fixation"),  # in the black above the video
            (99_999_000, 720.0, 450.0, "Fixation"),  # after the video
        ],
    )
    write_gaze(tmp_path, "P02", "601", [(4_000, 1439.9, 854.9, "Fixation"), (8_000, 720.0, 450.0, "-")])
    dataset = load_dataset("dhf1k:val", tmp_path)
    (video,) = dataset
    assert (video.name, video.size, len(video.frame_names)) == ("0601", (360, 640), 739)
    observers = video.observer_points("0001")
    assert observers is not None
    assert {name: points.tolist() for name, points in observers.items()} == {"P01": [[180, 320]], "P02": [[359, 639]]}
    second = video.fixation_points("0002")
    assert second is not None
    assert second.tolist() == [[0, 0]]
    assert "raw gaze samples" in dataset.recipe


def test_beside_the_released_maps_it_only_tells_the_observers_apart(make_copy: CopyMaker) -> None:
    root, tree, truth = make_copy("dhf1k official")
    write_gaze(root, "P01", "601", [(0, 720.0, 450.0, "Fixation")])
    dataset = load_dataset(tree.dataset, root)
    np.testing.assert_array_equal(dataset[0].fixations("0001"), truth.fixations[0] > 0)
    observers = dataset[0].observer_points("0001")
    assert observers is not None
    assert list(observers) == ["P01"]
    assert dataset.recipe == ""


@pytest.mark.parametrize(
    "text", ["", "Time\tX\n1\t2\n", HEADER + "1\t2\n", HEADER + "x\tSMP\t1\t1\t1\t1\t1\tFixation\n"]
)
def test_another_file_is_named(tmp_path: Path, text: str) -> None:
    file = write_gaze(tmp_path, "P01", "601", [])
    file.write_text(text)
    with pytest.raises(FileError, match=r"P01_Trail601\.txt: not a readable gaze file"):
        load_dataset("dhf1k:val", tmp_path)[0].fixations("0001")


def test_the_real_video_and_its_17_observers(shared: Path) -> None:
    pytest.importorskip("av")
    (video,) = load_dataset("dhf1k:train", shared / "samples/dhf1k-002-raw-gaze")
    assert len(video.frames) == len(video.frame_names) == 783
    seen = set()
    for frame in video.frame_names:
        observers = video.observer_points(frame)
        assert observers is not None
        seen |= set(observers)
        for points in observers.values():
            assert (points >= 0).all()
            assert (points < video.size).all()
    assert len(seen) == 17
