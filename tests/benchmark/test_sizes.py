"""Ground truth whose densities and fixations differ: in size, or in the frames that have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from videosal.benchmark import load_run, score
from videosal.datasets import load_dataset
from videosal.datasets.files.images import read_map
from videosal.datasets.pack.packed import pack_dataset
from videosal.errors import InputError
from videosal.leaderboards import Leaderboard
from videosal.metrics import get_protocol, list_protocols, register_metric, score_frame

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MapMaker, TreeMaker


@pytest.fixture
def two_sizes(dhf1k_tree: TreeMaker) -> Path:
    """A copy with densities of 18x32 and fixations of 36x60."""
    root = dhf1k_tree((601, 602), size=(18, 32))
    for file in root.glob("annotation/*/fixation/*.png"):
        mask = np.zeros((36, 60), np.uint8)
        mask.flat[np.random.default_rng(len(file.name)).choice(mask.size, 9, replace=False)] = 255
        mask[35, 59] = 255  # lies outside of the densities
        cv2.imwrite(str(file), mask)
    return root


@pytest.mark.parametrize("protocol", ["standard", "dhf1k"])
@pytest.mark.parametrize("packed", [False, True], ids=["folder", "pack"])
def test_maps_of_two_sizes_are_each_scored_at_its_own(
    two_sizes: Path, prediction_folder: MapMaker, tmp_path: Path, protocol: str, packed: bool
) -> None:
    dataset = load_dataset("dhf1k:val", two_sizes)
    maps = prediction_folder(dataset)
    root = two_sizes
    if packed:
        pack_dataset(dataset, root := tmp_path / "packed.h5")
    metrics = ["cc", "sim", "kld", "nss", "auc_judd"]
    run = score(maps, "dhf1k:val", root, protocol=protocol, metrics=metrics, out=tmp_path / "run")
    rows = run.frames.set_index(["video", "frame"])
    for video in dataset:
        for frame in video.frame_names:
            image = read_map(maps / video.name / f"{frame}.png")
            wanted = score_frame(image, density=video.density(frame), metrics=metrics[:3], protocol=protocol)
            wanted |= score_frame(image, fixations=video.fixations(frame), metrics=metrics[3:], protocol=protocol)
            assert rows.loc[(video.name, frame), metrics].to_dict() == wanted
    [note] = [note for note in run.notes if "another size" in note]
    assert "fixations of 2 of 2 videos" in note
    assert "0601: 60x36 and 32x18" in note


def test_negatives_and_the_baseline_have_the_size_of_the_fixations(
    two_sizes: Path, prediction_folder: MapMaker, tmp_path: Path
) -> None:
    run = score(prediction_folder(load_dataset("dhf1k:val", two_sizes)), "dhf1k:val", two_sizes, out=tmp_path / "run")
    assert run.frames[["sauc", "ig"]].notna().all(axis=None)


def test_a_metric_that_needs_both_of_one_size_says_video_and_frame(
    two_sizes: Path, prediction_folder: MapMaker, tmp_path: Path
) -> None:
    @register_metric("both", label="B", higher_is_better=True, needs=("density", "fixations"), reference="ours")
    def both(*arrays: object) -> float:
        return float(len(arrays))

    maps = prediction_folder(dataset := load_dataset("dhf1k:val", two_sizes))
    with pytest.raises(InputError, match=r"video 0601, frame 0001: both needs density and fixations of one") as told:
        score(maps, "dhf1k:val", two_sizes, metrics=["both"], out=tmp_path / "run")
    folder = two_sizes / "annotation/0601"
    assert f"32x18 ({folder / 'maps/0001.png'}) and 60x36 ({folder / 'fixation/0001.png'})" in str(told.value)
    pack_dataset(dataset, pack := tmp_path / "packed.h5")
    with pytest.raises(InputError, match=r"video 0601, frame 0001: both needs density and fixations of one") as told:
        score(maps, "dhf1k:val", pack, metrics=["both"], out=tmp_path / "run")
    assert f"32x18 ({pack}) and 60x36 ({pack})" in str(told.value)


def test_a_map_of_another_size_than_the_others_of_its_video_is_named(
    dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path
) -> None:
    root = dhf1k_tree((601, 602))
    maps = prediction_folder(load_dataset("dhf1k:val", root))
    file = root / "annotation/0602/fixation/0003.png"
    cv2.imwrite(str(file), np.eye(36, 60, dtype=np.uint8))
    with pytest.raises(
        InputError, match=r"video 0602, frame 0003 \(.*fixation.0003\.png\): fixations has shape \(36, 60"
    ):
        score(maps, "dhf1k:val", root, metrics=["nss"], out=tmp_path / "run")


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "pack"])
def test_frames_that_lack_a_map_are_counted_in_a_note(
    dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path, packed: bool
) -> None:
    root = dhf1k_tree((601, 602))
    maps = prediction_folder(whole := load_dataset("dhf1k:val", root))
    assert not any("of this copy have no" in note for note in whole.notes())
    (root / "annotation/0601/maps/0002.png").unlink()
    for number in (1, 3):
        (root / f"annotation/0602/fixation/000{number}.png").unlink()
    if packed:
        pack_dataset(load_dataset("dhf1k:val", root), root := tmp_path / "packed.h5")
    run = score(maps, "dhf1k:val", root, out=tmp_path / "run")
    notes = run.notes
    lacking = "have no density map, and metrics that need it have no value there (0601/0002)"
    assert f"1 of 6 frames of this copy {lacking}" in notes
    assert "2 of 6 frames of this copy have no fixations" in "\n".join(notes)
    assert any("0602/0001, 0602/0003" in note for note in notes)
    statuses = run.frames.set_index(["video", "frame"])["status"]
    assert statuses[statuses != "ok"].to_dict() == {
        ("0601", "0002"): "no density",
        ("0602", "0001"): "no fixations",
        ("0602", "0003"): "no fixations",
    }
    for found in (run, load_run(run.path)):
        assert found.summary().loc["cc", ["n", "n_undefined"]].tolist() == [5, 0]
        assert found.summary().loc["nss", ["n", "n_undefined"]].tolist() == [4, 0]
        assert found.coverage.frames_scored == 6
        assert found.videos["n_scored"].tolist() == [3, 3]
        assert found.complete
    table = Leaderboard.from_runs([run]).to_markdown()
    assert "left out, since the copy lacks the ground truth: CC in 1 frame, NSS in 2 frames" in table


def test_what_the_copy_lacks_is_no_zero_where_undefined_values_are(
    dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path
) -> None:
    root = dhf1k_tree((601, 602))
    maps = prediction_folder(load_dataset("dhf1k:val", root))
    (root / "annotation/0601/maps/0002.png").unlink()
    blank = root / "annotation/0601/fixation/0002.png"
    cv2.imwrite(str(blank), np.zeros((18, 32), np.uint8))  # a frame where nobody looked: NSS is undefined
    zero = next(name for name in list_protocols() if get_protocol(name).undefined == "zero")
    run = score(maps, "dhf1k:val", root, protocol=zero, metrics=["cc", "nss"], out=tmp_path / "run")
    frames = run.frames
    assert run.summary().loc["cc", "frame_mean"] == pytest.approx(frames["cc"].sum() / 5)
    assert run.summary().loc["nss", "frame_mean"] == pytest.approx(frames["nss"].sum() / 6)
    assert run.summary()["n_undefined"].to_dict() == {"cc": 0, "nss": 1}
    assert run.frame_table.counts.loc["0601"].to_dict() == {"cc": 2, "nss": 3}


def test_points_without_a_density_are_scored_at_the_size_of_the_ground_truth(
    dhf1k_tree: TreeMaker, tmp_path: Path
) -> None:
    """A pack knows fixations as points, which do not tell the size of their frame."""
    root = dhf1k_tree((601,), n_frames=2)
    (root / "annotation/0601/maps/0002.png").unlink()
    pack_dataset(load_dataset("dhf1k:val", root), pack := tmp_path / "packed.h5")
    folder = tmp_path / "maps" / "0601"
    folder.mkdir(parents=True)
    for frame in ("0001", "0002"):
        image = np.random.default_rng(1).integers(0, 256, (50, 70), np.uint8)
        cv2.imwrite(str(folder / f"{frame}.png"), image)
    found = [
        score(folder.parent, "dhf1k:val", source, metrics=["nss"], out=tmp_path / f"run{index}").frames["nss"].to_list()
        for index, source in enumerate((root, pack))
    ]
    assert found[0] == found[1]
