from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from tests.datasets.conftest import write_video
from tests.datasets.files.test_headers import write_huge_png
from videosal.datasets import inspect_copy
from videosal.errors import DatasetError, InputError, UnknownNameError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import TreeMaker
    from tests.datasets.conftest import CopyMaker, Tree, Truth
    from videosal.datasets import Dataset, Inspection

ABSENT = "videos are missing"  # the trees hold one video


def said(inspection: Inspection, severity: str = "problem") -> list[str]:
    """Return the texts of the findings, without those that say that the copy holds one video."""
    found = [finding for finding in inspection.findings if finding.severity == severity]
    return [f"{finding.text} {list(finding.names)}" for finding in found if ABSENT not in finding.text]


def test_the_sample_is_clean(sample: Dataset) -> None:
    for deep in (False, True):
        inspection = inspect_copy("sample", sample.root, deep=deep)
        assert inspection.problems == ()
        assert {split.name: (split.found, split.expected) for split in inspection.splits} == {
            "train": (3, 3),
            "test": (5, 5),
        }
        assert not [finding for finding in inspection.findings if finding.kind == "stray"]  # key frames are none
        assert sum(finding.kind == "zero" for finding in inspection.findings) == (2 if deep else 0)


def test_one_picture_beside_the_maps_is_the_key_frame_of_the_release(dhf1k_tree: TreeMaker) -> None:
    root = dhf1k_tree((601, 602))
    video = root / "annotation/0601"
    shutil.copy(video / "images/0002.png", video / "0002.png")
    assert not [finding for finding in inspect_copy("dhf1k:val", root).findings if finding.kind == "stray"]
    shutil.copy(video / "images/0001.png", video / "0001.png")
    [strays] = [finding for finding in inspect_copy("dhf1k:val", root).findings if finding.kind == "stray"]
    assert strays.names == ("annotation/0601/0001.png", "annotation/0601/0002.png")


def test_a_whole_copy_in_every_layout_has_only_its_absent_videos(any_copy: tuple[Path, Tree, Truth]) -> None:
    root, tree, truth = any_copy
    inspection = inspect_copy(tree.dataset, root, deep=True)
    (video,) = inspection.videos
    assert video.frames == 4
    assert video.densities == 4
    assert video.fixations or video.mats == 4
    assert (video.first, video.last, video.size) == (truth.numbers[0], truth.numbers[-1], (18, 32))
    fewer = "4 frames with ground truth"
    problems = [finding for finding in inspection.problems if not finding.text.startswith(fewer)]
    assert [finding.kind for finding in problems] == ["videos"]
    (split,) = inspection.splits
    assert split.found == 1
    assert split.expected == len(split.missing) + 1
    assert inspection.places["densities"]


@pytest.fixture
def copy(make_copy: CopyMaker) -> Path:
    """A copy in DHF1K's release layout whose video has the 4 frames that are expected, but for the count."""
    return make_copy("dhf1k unisal")[0] / "annotation" / "0601"


def problems(folder: Path, *, deep: bool = False) -> list[str]:
    texts = said(inspect_copy("dhf1k:val", folder.parents[1], deep=deep))
    return [text for text in texts if "in the known copy" not in text]


def test_missing_files_are_counted_with_their_numbers(copy: Path) -> None:
    assert problems(copy) == []
    (copy / "maps/0004.png").unlink()
    (copy / "fixation/0002.png").unlink()
    (copy / "fixation/maps/0001.mat").unlink()
    (copy / "images/0003.png").unlink()
    assert problems(copy) == [
        "1 of 4 frames have no density map ['4']",
        "1 of 4 frames have no fixation map ['2']",
        "1 of 4 frames have no MATLAB file of fixations ['1']",
        "1 of 4 frames with ground truth have no image ['3']",
    ]


def test_a_gap_and_a_late_start(copy: Path) -> None:
    for folder, suffix in (("maps", "png"), ("fixation", "png"), ("fixation/maps", "mat"), ("images", "png")):
        for number in (1, 3):
            (copy / folder / f"{number:04d}.{suffix}").unlink()
    assert problems(copy) == [
        "1 numbers are missing between 2 and 4 ['3']",
        "the first number is 2, expected 1 []",
    ]


def test_half_extracted_copies(copy: Path) -> None:
    (folder,) = [
        finding.text for finding in inspect_copy("dhf1k:val", copy.parents[1]).problems if finding.kind == "count"
    ]
    assert folder == "4 frames with ground truth, 739 in the known copy"
    (copy / "maps/0002.png").write_bytes(b"")
    (copy / "maps/0003.png").write_bytes((copy / "maps/0003.png").read_bytes()[:-20])
    (copy / "fixation/maps/0001.mat").write_bytes((copy / "fixation/maps/0001.mat").read_bytes()[:-9])
    assert problems(copy) == [
        "1 files: each is truncated (a MATLAB file shorter than its header says) ['mats/0001.mat']",
        "1 files: each is empty (0 bytes) ['densities/0002.png']",
        "1 files: each is truncated (a PNG without its end) ['densities/0003.png']",
    ]
    shutil.rmtree(copy / "maps")
    shutil.rmtree(copy / "fixation")
    (split,) = inspect_copy("dhf1k:val", copy.parents[1]).splits
    assert split.found == 0


def test_what_is_absent_altogether(copy: Path) -> None:
    shutil.copytree(copy, copy.with_name("0602"))
    for file in (copy / "maps").iterdir():
        file.unlink()
    shutil.rmtree(copy / "images")
    shutil.rmtree(copy / "fixation")
    assert problems(copy) == [
        f"no {what}, which other videos of the copy have []" for what in ("density maps", "fixations", "frames")
    ]
    shutil.rmtree(copy)
    shutil.rmtree(copy.with_name("0602") / "fixation")
    shutil.rmtree(copy.with_name("0602") / "images")
    assert problems(copy) == ["the copy holds no fixations, and NSS, the AUCs and IG need them []"]
    notes = said(inspect_copy("dhf1k:val", copy.parents[1]), "note")
    assert "the copy holds no frames, and running a model needs them []" in notes


def test_densities_that_are_made_are_a_note(copy: Path) -> None:
    shutil.move(copy / "maps", copy / "renamed")
    assert problems(copy) == []
    notes = said(inspect_copy("dhf1k:val", copy.parents[1]), "note")
    assert "the copy holds no density maps; they are made from the fixations: sum of Gaussians" in notes[0]


def test_sizes(copy: Path) -> None:
    cv2.imwrite(str(copy / "fixation/0002.png"), np.zeros((9, 16), np.uint8))
    for number in range(1, 5):
        cv2.imwrite(str(copy / f"images/{number:04d}.png"), np.zeros((36, 64, 3), np.uint8))
    assert problems(copy) == ["1 files are not 32x18 as the others ['fixations/0002.png 16x9']"]
    notes = said(inspect_copy("dhf1k:val", copy.parents[1]), "note")
    assert "frames of 64x36, ground truth of 32x18 []" in notes


def test_only_decoding_finds_what_is_wrong_inside(copy: Path) -> None:
    cv2.imwrite(str(copy / "maps/0001.png"), np.zeros((18, 32), np.uint8))
    cv2.imwrite(str(copy / "fixation/0002.png"), np.arange(18 * 32, dtype=np.uint8).reshape(18, 32))
    savemat(copy / "fixation/maps/0003.mat", {"I": np.ones((18, 32), np.uint8)})
    savemat(copy / "fixation/maps/0004.mat", {"I": np.ones((9, 16), np.uint8)})
    data = bytearray((copy / "maps/0004.png").read_bytes())
    data[len(data) // 2] ^= 0xFF
    (copy / "maps/0004.png").write_bytes(data)
    assert len(problems(copy)) == 1  # a few fixation maps are looked at in any case
    assert "fixation/0002.png holds 256 values" in problems(copy)[0]
    found = problems(copy, deep=True)
    assert len(found) == 4
    assert "0004.mat does not have the size of the other maps []" in found
    assert any("0004.png: not a readable PNG: it is damaged" in text for text in found)
    assert any(text.startswith("1 fixation maps can hardly be such: the first holds 256 values") for text in found)
    assert "image and MATLAB file of 2 fixation maps disagree ['0002', '0003']" in found
    notes = said(inspect_copy("dhf1k:val", copy.parents[1], deep=True), "note")
    assert "1 density maps are all zero ['0001']" in notes


def test_names_that_are_none_and_videos_that_are_no_ones(copy: Path) -> None:
    shutil.copytree(copy, copy.with_name("video-601"))
    shutil.copytree(copy, copy.with_name("1001"))
    texts = said(inspect_copy("dhf1k:val", copy.parents[1]))
    assert any(text.startswith("1 videos belong to no split ['1001']") for text in texts)
    assert any("places have the form of a video and the name of none ['annotation/video-601/" in text for text in texts)


def test_hostile_files_neither_crash_nor_hang_it(copy: Path) -> None:
    root = copy.parents[1]
    before = problems(copy)
    (root / "annotation" / "loop").symlink_to(".")
    (copy / "images" / "0099.png").symlink_to("0099.png")
    (copy / "maps" / "\x1b[31m\n.png").touch()
    (root / os.fsdecode(b"\xff\xfe")).mkdir()
    (root / "[a-z]*{video}").mkdir()
    os.mkfifo(copy / "maps" / "0005.png")
    (root / "video").mkdir()
    os.mkfifo(root / "video" / "601.AVI")
    assert problems(copy) == before
    write_huge_png(copy / "maps" / "0003.png", 5000, 10000)
    (copy / "fixation" / "0004.png").write_bytes(b"")
    texts = problems(copy, deep=True)
    assert "1 files are not 32x18 as the others ['densities/0003.png 10000x5000']" in texts
    assert "1 files: each is empty (0 bytes) ['fixations/0004.png']" in texts


def test_a_video_file_that_was_cut_short_or_is_none(copy: Path) -> None:
    pytest.importorskip("av")
    shutil.rmtree(copy / "images")
    file = copy.parents[1] / "video" / "601.AVI"
    file.parent.mkdir()
    write_video(file, np.zeros((4, 32, 64, 3), np.uint8), "ffv1", "bgr0", "rgb24")
    assert problems(copy) == []
    whole = file.read_bytes()
    file.write_bytes(whole[:-50])
    assert "1 files: each is truncated (a video shorter than its header says) ['frames/601.AVI']" in problems(copy)
    file.write_bytes(b"nonsense" * 9)
    assert any("601.AVI: not a readable video file" in text for text in problems(copy))
    write_video(file, np.zeros((3, 32, 64, 3), np.uint8), "ffv1", "bgr0", "rgb24")
    assert problems(copy) == ["1 of 4 frames with ground truth have no image ['4']"]


@pytest.mark.parametrize("deep", [False, True])
def test_frames_on_their_side_are_a_problem(copy: Path, deep: bool) -> None:
    for file in (copy / "images").iterdir():
        cv2.imwrite(str(file), np.ascontiguousarray(cv2.imread(str(file)).swapaxes(0, 1)))
    assert problems(copy, deep=deep) == ["frames of 18x32, ground truth of 32x18: one of them lies on its side []"]


def test_photographs_are_judged_as_they_are_shown(copy: Path) -> None:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6  # turn it by a quarter
    for file in (copy / "images").iterdir():
        Image.open(file).transpose(Image.Transpose.ROTATE_90).save(file, exif=exif)
    assert problems(copy) == []


def test_null_frames_of_an_avi_file_stand_for_the_picture_before_them(copy: Path) -> None:
    shutil.rmtree(copy / "images")
    file = copy.parents[1] / "video" / "601.AVI"
    write_video(file, np.zeros((4, 32, 64, 3), np.uint8), "ffv1", "bgr0", "rgb24", times=[0, 1, 2, 5])
    assert problems(copy, deep=True) == []
    write_video(file, np.zeros((2, 32, 64, 3), np.uint8), "ffv1", "bgr0", "rgb24", times=[0, 3])
    assert "2 of 4 frames with ground truth have no image ['3', '4']" in problems(copy)
    write_video(file, np.zeros((3, 32, 64, 3), np.uint8), "ffv1", "bgr0", "rgb24", times=[0, 1, 3])
    assert problems(copy, deep=True) == []


def test_a_split_without_ground_truth_is_judged_by_its_frames(copy: Path) -> None:
    shutil.copytree(copy / "images", copy.parents[1] / "video" / "0701")
    (split,) = inspect_copy("dhf1k:test", copy.parents[1]).splits
    assert (split.found, split.expected) == (1, 300)


def test_missing_shots_are_a_note_and_missing_clips_a_problem(make_copy: CopyMaker) -> None:
    root, tree, _ = make_copy("hollywood2 release")
    inspection = inspect_copy(tree.dataset, root)
    missing = {finding.severity: finding for finding in inspection.findings if finding.kind == "videos"}
    assert all(not name.startswith("actioncliptest00004") for name in missing["problem"].names)
    assert all(name.startswith("actioncliptest00004") for name in missing["note"].names)
    (split,) = inspect_copy(tree.dataset, root, unit="clip").splits
    assert (split.found, split.expected, len(split.missing)) == (1, 884, 883)


def test_progress_ends_where_it_should(copy: Path) -> None:
    calls: list[tuple[int, int, str]] = []
    inspect_copy("dhf1k:val", copy.parents[1], progress=lambda *call: calls.append(call))
    assert calls == [(739, 739, "0601")]


def test_what_cannot_be_inspected(tmp_path: Path, copy: Path) -> None:
    with pytest.raises(DatasetError, match="no DHF1K in"):
        inspect_copy("dhf1k", copy.parents[2] / "copy" / "annotation" / "0601")
    with pytest.raises(DatasetError, match="does not exist"):
        inspect_copy("dhf1k", tmp_path / "gone")
    with pytest.raises(UnknownNameError, match="did you mean val"):
        inspect_copy("dhf1k:vla", copy.parents[1])
    with pytest.raises(InputError, match="dhf1k has no option 'unit'"):
        inspect_copy("dhf1k", copy.parents[1], unit="clip")


def test_files_that_go_on_behind_their_end_are_noted(copy: Path) -> None:
    file = copy / "maps/0002.png"
    file.write_bytes(file.read_bytes() + bytes(5000))
    inspection = inspect_copy("dhf1k:val", copy.parents[1])
    assert "1 files have more than 1 KB behind their end, which is not read ['densities/0002.png']" in said(
        inspection, "note"
    )
    assert problems(copy) == []


def test_a_density_with_nan_is_found_by_decoding(copy: Path) -> None:
    density = np.ones((18, 32), np.float32)
    density[0, 0] = np.nan
    cv2.imwrite(str(copy / "maps/0002.tif"), density)
    (copy / "maps/0002.png").unlink()
    assert problems(copy, deep=True) == ["1 density maps hold NaN or infinity, which cannot be scored ['0002']"]
