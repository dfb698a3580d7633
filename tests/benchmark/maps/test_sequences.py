from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat

from videosal import score
from videosal.benchmark.maps.inventory import take_inventory
from videosal.benchmark.maps.sequences import open_sequence
from videosal.benchmark.maps.trees import open_tree
from videosal.benchmark.scoring.recorder import stored_numbers
from videosal.datasets import load_dataset
from videosal.datasets.files.images import read_map
from videosal.errors import FileError, PredictionError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tests.conftest import MapMaker, TreeMaker
    from videosal.datasets import Dataset

STACK = np.random.default_rng(0).integers(0, 256, (3, 18, 32), np.uint8)


def write_npy(path: Path, stack: NDArray[np.uint8]) -> Path:
    np.save(path.with_suffix(".npy"), stack)
    return path.with_suffix(".npy")


def write_h5(path: Path, stack: NDArray[np.uint8]) -> Path:
    with h5py.File(path.with_suffix(".h5"), "w") as file:
        file["maps"] = stack
        file["times"] = np.arange(len(stack))
    return path.with_suffix(".h5")


def write_mat73(path: Path, stack: NDArray[np.uint8]) -> Path:
    """MATLAB stores H x W x 1 x T, and HDF5 shows its axes reversed."""
    with h5py.File(path.with_suffix(".mat"), "w") as file:
        file["salmap"] = stack.transpose(0, 2, 1)[:, None]
    return path.with_suffix(".mat")


def write_mat5(path: Path, stack: NDArray[np.uint8]) -> Path:
    savemat(path.with_suffix(".mat"), {"salmap": stack.transpose(1, 2, 0)[:, :, None]})
    return path.with_suffix(".mat")


def write_video(path: Path, stack: NDArray[np.uint8]) -> Path:
    av = pytest.importorskip("av")
    with av.open(str(path.with_suffix(".avi")), "w") as container:
        stream = container.add_stream("ffv1", rate=30)
        stream.height, stream.width, stream.pix_fmt = *stack.shape[1:], "gray"
        for image in stack:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="gray")))
        container.mux(stream.encode(None))
    return path.with_suffix(".avi")


WRITERS = [write_npy, write_h5, write_mat73, write_mat5, write_video]


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("packed", [False, True])
def test_a_file_of_a_whole_video_gives_its_maps(tmp_path: Path, write: object, packed: bool) -> None:
    file = write(tmp_path / "0601", STACK)  # type: ignore[operator]
    root = tmp_path
    if packed:
        root = tmp_path / "maps.zip"
        with zipfile.ZipFile(root, "w") as archive:
            archive.write(file, file.name)
    sequence = open_sequence(open_tree(root), file.name)
    assert len(sequence) == 3
    for index in (0, 1, 2, 1, 0):
        np.testing.assert_array_equal(stored_numbers(sequence.read(index), "gray16"), STACK[index])


@pytest.fixture
def dataset(dhf1k_tree: TreeMaker) -> Dataset:
    return load_dataset("dhf1k:val", dhf1k_tree((601, 602)))


@pytest.mark.parametrize("write", WRITERS)
def test_scores_are_those_of_the_images(
    dataset: Dataset, prediction_folder: MapMaker, tmp_path: Path, write: object
) -> None:
    images = prediction_folder(dataset)
    files = tmp_path / "files"
    files.mkdir()
    for video in dataset:
        stack = np.stack([read_map(images / video.name / f"{frame}.png") for frame in video.frame_names])
        write(files / str(int(video.name)), stack)  # type: ignore[operator]
    expected = score(images, "dhf1k:val", dataset.root, out=tmp_path / "a")
    found = score(files, "dhf1k:val", dataset.root, out=tmp_path / "b")
    pd.testing.assert_frame_equal(found.frames, expected.frames, check_exact=True)


def test_frames_are_matched_in_order_or_by_number(dataset: Dataset, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for length, missing in ((3, []), (2, ["0003"]), (5, [])):
        np.save(folder / "0601.npy", np.zeros((length, 4, 4), np.uint8))
        files = take_inventory(folder, dataset.videos)
        assert [name for name in files.missing if name.startswith("0601")] == [f"0601/{frame}" for frame in missing]
        assert [ref.index for ref in files.files["0601"].values()] == list(range(min(length, 3)))


def test_what_is_no_stack_of_maps_is_named(tmp_path: Path) -> None:
    tree = open_tree(tmp_path)
    np.save(tmp_path / "flat.npy", np.zeros((4, 5)))
    np.save(tmp_path / "complex.npy", np.zeros((2, 4, 5), complex))
    with h5py.File(tmp_path / "two.h5", "w") as file:
        file["a"] = np.zeros((2, 3, 4))
        file["b"] = np.zeros((2, 3, 4))
    (tmp_path / "broken.h5").write_bytes(b"broken")
    (tmp_path / "broken.mat").write_bytes(b"broken" * 50)
    (tmp_path / "broken.avi").write_bytes(b"RIFF" + bytes(50))
    for name, message in {
        "flat.npy": r"shape \(4, 5\)",
        "complex.npy": "complex128",
        "two.h5": "holds a, b, expected a stack of maps named maps",
        "broken.h5": r"not a readable \.h5 file",
        "broken.mat": "not a readable MATLAB file",
        "broken.avi": "not a readable video",
    }.items():
        with pytest.raises((FileError, PredictionError), match=message):
            len(open_sequence(tree, name))


def test_real_matlab_73_axes(shared: Path) -> None:
    folder = shared / "samples/matlab73-shuffle-maps"
    files = sorted(file for file in folder.rglob("*.mat"))
    assert files
    with h5py.File(files[0]) as file:
        (stored,) = (value for value in file.values() if getattr(value, "ndim", 0) == 2)
        assert stored.shape[0] > stored.shape[1]  # a wide image, its axes reversed


def test_a_chunk_that_unpacks_to_gigabytes_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "0601.h5", "w") as file:
        file.create_dataset("maps", (3000, 1000, 1000), np.uint8, chunks=(2000, 1000, 1000), compression="gzip")
    with pytest.raises(FileError, match=r"0601\.h5: refused, an array in parts of 2000x1000x1000: store it map by map"):
        open_sequence(open_tree(tmp_path), "0601.h5")
