"""Fixation maps that are read right, and those that can be none, in every form that users have them in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import h5py
import numpy as np
import pytest
from scipy.io import savemat
from scipy.sparse import csc_matrix

from videosal.benchmark import score
from videosal.datasets import load_dataset
from videosal.datasets.doctor.inspect_copy import inspect_copy
from videosal.datasets.files.fixation_maps import describe_odd_fixations
from videosal.datasets.files.headers import image_size
from videosal.datasets.files.images import read_map
from videosal.datasets.files.matlab import find_mat_damage, map_shape, read_mat_map
from videosal.datasets.pack.packed import pack_dataset
from videosal.datasets.sources.map_sources import FixationFiles, FixationStack
from videosal.datasets.stored_video import StoredVideo

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from tests.conftest import MapMaker, TreeMaker

MASK = np.zeros((18, 32))
MASK[[2, 9, 9], [5, 1, 30]] = 1


def _save_v73_sparse(path: Path, mask: NDArray[Any]) -> None:
    matrix = csc_matrix(mask)
    with h5py.File(path, "w") as file:
        group = file.create_group("I")
        group.attrs["MATLAB_sparse"] = np.uint64(mask.shape[0])
        group["data"], group["ir"], group["jc"] = matrix.data, matrix.indices, matrix.indptr


FORMS: dict[str, Callable[[Path], None]] = {
    "sparse": lambda path: savemat(path, {"I": csc_matrix(MASK)}),
    "sparse 7.3": lambda path: _save_v73_sparse(path, MASK),
    "version 4": lambda path: savemat(path, {"I": MASK}, format="4"),
    "NaN around": lambda path: savemat(path, {"I": np.where(MASK == 0, np.nan, 1.0)}),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_matlab_are_the_same_fixations(dhf1k_tree: TreeMaker, form: str) -> None:
    root = dhf1k_tree((601,), n_frames=2)
    folder = root / "annotation/0601/fixation"
    for file in folder.iterdir():
        file.unlink()
        FORMS[form](file.with_suffix(".mat"))
    file = folder / "0001.mat"
    assert find_mat_damage(file) is None
    assert map_shape(file) == MASK.shape
    fixations = load_dataset("dhf1k:val", root)[0].fixations("0001")
    assert fixations is not None
    np.testing.assert_array_equal(fixations, MASK == 1)
    assert not [found for found in inspect_copy("dhf1k:val", root).problems if found.kind in ("damage", "values")]


def test_a_sparse_map_of_nothing_is_read(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.mat", "w") as file:
        group = file.create_group("I")
        group.attrs["MATLAB_sparse"] = np.uint64(4)
        group["jc"] = np.zeros(6, np.uint64)
    np.testing.assert_array_equal(read_mat_map(tmp_path / "a.mat"), np.zeros((4, 5)))


@pytest.mark.parametrize("byte_order", ["<", ">"])
def test_a_file_of_version_4_that_is_cut_short_is_told(tmp_path: Path, byte_order: str) -> None:
    header = np.array([1000 * (byte_order == ">"), 18, 32, 0, 2], f"{byte_order}i4").tobytes()
    whole = header + b"I\0" + MASK.T.astype(f"{byte_order}f8").tobytes()
    (tmp_path / "a.mat").write_bytes(whole)
    assert find_mat_damage(tmp_path / "a.mat") is None
    np.testing.assert_array_equal(read_mat_map(tmp_path / "a.mat"), MASK)
    (tmp_path / "a.mat").write_bytes(whole[:-1])
    assert "truncated" in (find_mat_damage(tmp_path / "a.mat") or "")


def test_an_empty_array_is_a_frame_without_fixations(dhf1k_tree: TreeMaker) -> None:
    root = dhf1k_tree((601,), n_frames=2)
    folder = root / "annotation/0601/fixation"
    for name in ("0001", "0002"):
        (folder / f"{name}.png").unlink()
    savemat(folder / "0001.mat", {"I": np.zeros((0, 0))})
    savemat(folder / "0002.mat", {"I": MASK})
    video = load_dataset("dhf1k:val", root)[0]
    assert video.gaze_size == MASK.shape
    fixations = video.fixations("0001")
    assert fixations is not None
    assert fixations.shape == MASK.shape
    assert not fixations.any()


def test_a_density_in_a_tiff_of_floats_tells_its_size(tmp_path: Path) -> None:
    density = np.random.default_rng(0).random((18, 32)).astype(np.float32)
    cv2.imwrite(str(tmp_path / "a.tif"), density)
    assert image_size(tmp_path / "a.tif") == (18, 32)
    np.testing.assert_array_equal(read_map(tmp_path / "a.tif"), density)


def test_what_a_fixation_map_can_be() -> None:
    assert describe_odd_fixations(MASK) is None
    assert describe_odd_fixations(np.where(MASK == 0, np.nan, 1)) is None
    assert "marks 99% of its pixels as fixated: it seems to be inverted" in str(describe_odd_fixations(1 - MASK))
    assert "holds 3 values" in str(describe_odd_fixations(MASK + np.eye(18, 32)[::-1] * 2))
    below = "holds 3 values, down to -1, and any value but 0 counts as fixated"
    assert describe_odd_fixations(np.where(MASK == 0, -1, 1)) == below


def _invert(root: Path) -> None:
    for file in root.glob("annotation/0601/fixation/*.png"):
        cv2.imwrite(str(file), 255 - read_map(file))


def _copy_as_jpeg(root: Path) -> None:
    for file in root.glob("annotation/0601/fixation/*.png"):
        cv2.imwrite(str(file.with_suffix(".jpg")), read_map(file))
        file.with_suffix(".jpg").replace(file)


def _swap(root: Path) -> None:
    video = root / "annotation/0601"
    (video / "maps").rename(video / "kept")
    (video / "fixation").rename(video / "maps")
    (video / "kept").rename(video / "fixation")


def _only_jpeg(root: Path) -> None:
    for file in root.glob("annotation/0601/fixation/*.png"):
        cv2.imwrite(str(file.with_suffix(".jpg")), read_map(file))
        file.unlink()


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        (_invert, "0601/fixation/0002.png marks 99% of its pixels as fixated: it seems to be inverted"),
        (_copy_as_jpeg, "0601/fixation/0002.png holds "),
        (_swap, "the folders of maps and fixations seem to be swapped"),
        (_only_jpeg, "0601/fixation/0001.jpg is a JPEG, which blurs the points of a fixation map, and is not read"),
    ],
)
def test_score_and_verify_name_the_file_that_can_be_no_fixation_map(
    dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path, spoil: Callable[[Path], None], text: str
) -> None:
    root = dhf1k_tree((601, 602))
    maps = prediction_folder(load_dataset("dhf1k:val", root))
    assert not any("look wrong" in note for note in load_dataset("dhf1k:val", root).notes())
    spoil(root)
    [note] = [note for note in score(maps, "dhf1k:val", root, out=tmp_path / "run").notes if "look wrong" in note]
    assert "fixations of 1 of 2 videos of this copy look wrong: " in note
    assert text in note
    assert any(text in problem.text for problem in inspect_copy("dhf1k:val", root).problems)


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "pack"])
@pytest.mark.parametrize("frame", ["0001", "0003"])
def test_a_few_frames_are_judged_and_not_the_middle_one_alone(
    dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path, frame: str, packed: bool
) -> None:
    root = dhf1k_tree((601, 602))
    maps = prediction_folder(load_dataset("dhf1k:val", root))
    file = root / f"annotation/0602/fixation/{frame}.png"
    cv2.imwrite(str(file), 255 - read_map(file))
    text = f"{file} marks 99% of its pixels as fixated: it seems to be inverted"
    if packed:
        pack_dataset(load_dataset("dhf1k:val", root), source := tmp_path / "packed.h5")
    else:
        source = root
        assert [problem.text for problem in inspect_copy("dhf1k:val", root).problems if problem.kind == "values"] == [
            text
        ]
    run = score(maps, "dhf1k:val", source, metrics=["nss"], out=tmp_path / "run")
    assert f"fixations of 1 of 2 videos of this copy look wrong: {text}" in run.notes


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        (lambda mask: 1.0 - mask, "marks 99% of its pixels as fixated: it seems to be inverted"),
        (lambda mask: np.where(mask == 0, -1.0, 1.0), "holds 3 values"),
        (lambda mask: cv2.GaussianBlur(mask, (0, 0), 3), "holds "),
        (lambda mask: np.where(mask == 0, np.nan, 1.0), None),
    ],
    ids=["inverted", "-1 around", "density", "NaN around"],
)
@pytest.mark.parametrize("form", ["stack", "mat"])
def test_other_forms_are_judged_too(tmp_path: Path, form: str, spoil: Callable[[Any], Any], text: str | None) -> None:
    maps = [MASK, spoil(MASK)]
    if form == "stack":
        with h5py.File(tmp_path / "0001.mat", "w") as file:
            file["fixations"] = np.stack(maps).transpose(0, 2, 1)[:, None]
    else:
        for number, each in enumerate(maps, 1):
            savemat(tmp_path / f"{number:04d}.mat", {"I": each})
    gaze = FixationStack(tmp_path / "0001.mat") if form == "stack" else FixationFiles([tmp_path])
    video = StoredVideo("a", lambda _, number: f"{number:04d}", None, gaze, None)
    said = video.odd_fixations()
    if text is None:
        assert said is None
        np.testing.assert_array_equal(video.fixations("0002"), MASK == 1)
    else:
        assert text in str(said)
        where = f"{tmp_path / '0001.mat'}, frame 2, " if form == "stack" else f"{tmp_path / '0002.mat'} "
        assert str(said).startswith(where)
