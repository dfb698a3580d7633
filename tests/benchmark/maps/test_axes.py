from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest

from videosal import load_run, score
from videosal.benchmark import RunMaps, measure_change
from videosal.benchmark.maps.axes import fitting_axes
from videosal.benchmark.maps.inventory import take_inventory
from videosal.benchmark.maps.reader import MapReader
from videosal.datasets import load_dataset
from videosal.errors import PredictionError
from videosal.leaderboards import draw_comparison, write_report

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import TreeMaker
    from videosal.datasets import Dataset

THW, HWT, TWH = (0, 1, 2), (2, 0, 1), (0, 2, 1)


@pytest.mark.parametrize(
    ("shape", "frames", "usual", "expected"),
    [
        ((6, 27, 48), 6, THW, [THW]),
        ((27, 48, 6), 6, THW, [HWT]),
        ((6, 48, 27), 6, THW, [TWH]),
        ((48, 27, 6), 6, THW, [(2, 1, 0)]),
        ((6, 27, 48), 6, HWT, [THW]),  # savemat of (T, H, W)
        ((27, 48, 6), 9, THW, [HWT]),  # maps are missing
        ((9, 27, 48), 6, THW, [THW]),  # more maps than frames
        ((27, 48, 6), 48, THW, [HWT]),  # the width is the number of frames by chance
        ((6, 32, 32), 6, THW, [THW]),  # square maps
        ((32, 32, 6), 9, THW, [HWT]),
        ((20, 32, 32), 30, THW, [THW]),
        ((54, 54, 96), 54, THW, [THW]),  # time between rows and columns is not usual
        ((54, 96, 54), 54, THW, [HWT, TWH]),  # neither is usual: rows lie before columns more often
        ((400, 3, 5000), 9, THW, []),
    ],
)
def test_counts_and_proportions_tell_the_axes(
    shape: tuple[int, ...], frames: int, usual: Any, expected: list[Any]
) -> None:
    assert fitting_axes(shape, usual, frames, (54, 96)) == expected


@pytest.fixture
def dataset(dhf1k_tree: TreeMaker) -> Dataset:
    return load_dataset("dhf1k:val", dhf1k_tree((601, 602)))


STACK = np.random.default_rng(0).integers(0, 256, (3, 9, 16), np.uint8)


def save(path: Path, array: Any) -> None:
    if path.suffix == ".npy":
        np.save(path, array)
    elif path.suffix == ".h5":
        with h5py.File(path, "w") as file:
            file["maps"] = array
    else:
        from scipy.io import savemat

        savemat(path, {"maps": array})


@pytest.mark.parametrize("suffix", [".npy", ".h5", ".mat"])
@pytest.mark.parametrize(
    "stored", [STACK, STACK[None], STACK[..., None], STACK[:, None], STACK.transpose(1, 2, 0), STACK.transpose(0, 2, 1)]
)
def test_every_order_gives_the_same_maps(tmp_path: Path, dataset: Dataset, suffix: str, stored: Any) -> None:
    folder = tmp_path / "maps"
    folder.mkdir()
    for video in dataset:
        save(folder / f"{video.name}{suffix}", stored)
    reader = MapReader()
    for files in take_inventory(folder, dataset.videos).files.values():
        for index, ref in enumerate(files.values()):
            np.testing.assert_array_equal(reader.read(ref), STACK[index])


def test_an_array_of_one_frame_is_read(tmp_path: Path, dhf1k_tree: TreeMaker) -> None:
    dataset = load_dataset("dhf1k:val", dhf1k_tree((601, 602), n_frames=1))
    folder = tmp_path / "maps"
    folder.mkdir()
    save(folder / "0601.npy", STACK[None, :1])
    save(folder / "0602.npy", STACK[None, :1])
    files = take_inventory(folder, dataset.videos).files["0602"]
    np.testing.assert_array_equal(MapReader().read(files["0001"]), STACK[0])


def test_a_run_says_that_axes_were_turned_and_maps_were_left_out(
    tmp_path: Path, dataset: Dataset, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "maps"
    folder.mkdir()
    save(folder / "0601.npy", STACK.transpose(1, 2, 0))
    save(folder / "0602.npy", np.concatenate([STACK, STACK]).transpose(1, 2, 0))
    run = score(folder, "dhf1k:val", dataset.root, metrics=["cc"], out=tmp_path / "run")
    note = "the axes of 2 of 2 arrays are taken as rows, columns, frames"
    assert any(text.startswith(note) and "0601.npy has shape (9, 16, 3)" in text for text in run.notes)
    assert "0602.npy (3 of its 6 maps)" in caplog.text


def test_what_fits_two_orders_follows_the_other_files_or_is_told(tmp_path: Path, dhf1k_tree: TreeMaker) -> None:
    dataset = load_dataset("dhf1k:val", dhf1k_tree((601, 602), n_frames=18, size=(18, 32)))
    folder = tmp_path / "maps"
    folder.mkdir()
    for name in ("0601", "0602"):
        save(folder / f"{name}.npy", np.zeros((18, 32, 18), np.uint8))
    unknown = take_inventory(folder, dataset.videos)
    assert ["cannot be told for 2 arrays" in note for note in unknown.notes] == [True]
    save(folder / "0602.npy", np.zeros((9, 16, 18), np.uint8))
    known = take_inventory(folder, dataset.videos)
    assert {ref.axes for files in known.files.values() for ref in files.values()} == {HWT}


def test_what_is_shown_has_the_axes_that_were_scored(
    tmp_path: Path, dhf1k_tree: TreeMaker, caplog: pytest.LogCaptureFixture
) -> None:
    """One array alone does not tell; the other of the same program did when it was scored."""
    dataset = load_dataset("dhf1k:val", dhf1k_tree((601, 602), n_frames=18))
    folder = tmp_path / "maps"
    folder.mkdir()
    stack = np.random.default_rng(0).integers(0, 256, (18, 32, 18), np.uint8)
    save(folder / "0601.npy", stack)
    save(folder / "0602.npy", stack[::2, ::2])
    run = score(folder, "dhf1k:val", dataset.root, metrics=["cc"], out=tmp_path / "run")
    for found in (run, load_run(run.path)):
        shown = RunMaps(found).read(dataset[0], ["0003"])["0003"]
        np.testing.assert_array_equal(shown, stack[..., 2])
    assert "cannot be told" not in caplog.text
    RunMaps(run, folder).read(dataset[0], ["0003"])  # maps that are given anew, of which nothing is known
    assert "which axis is that of the frames cannot be told for 1 arrays" in caplog.text


@pytest.mark.parametrize("verb", ["figure", "report", "change"])
def test_axes_that_cannot_be_told_are_told_wherever_maps_are_read(
    tmp_path: Path, dhf1k_tree: TreeMaker, caplog: pytest.LogCaptureFixture, verb: str
) -> None:
    dataset = load_dataset("dhf1k:val", dhf1k_tree((601, 602), n_frames=18))
    folder = tmp_path / "maps"
    folder.mkdir()
    for name in ("0601", "0602"):
        save(folder / f"{name}.npy", np.random.default_rng(0).integers(0, 256, (18, 32, 18), np.uint8))
    run = score(folder, "dhf1k:val", dataset.root, metrics=["nss"], out=tmp_path / "run")
    note = "which axis is that of the frames cannot be told for 2 arrays; they are taken as rows, columns, frames"
    assert [text for text in run.notes if text.startswith(note)]
    caplog.clear()
    if verb == "figure":
        draw_comparison([run], [("0601", "0001"), ("0602", "0002")], tmp_path / "figure.png")
    elif verb == "report":
        write_report([run], tmp_path / "report.html")
    else:
        measure_change(run)
    assert caplog.text.count(note) == 1


def test_an_array_that_fits_no_order_is_refused(tmp_path: Path, dataset: Dataset) -> None:
    folder = tmp_path / "maps"
    folder.mkdir()
    save(folder / "0601.npy", np.zeros((400, 3, 5000), np.uint8))
    with pytest.raises(PredictionError, match=r"0601\.npy: an array of shape \(400, 3, 5000\), and no order"):
        take_inventory(folder, dataset.videos)
