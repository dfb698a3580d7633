from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import cv2
import h5py
import numpy as np
import pandas as pd
import pytest

from videosal import score
from videosal.datasets import load_dataset
from videosal.datasets.pack.packed import pack_dataset
from videosal.datasets.pack.packed_maps import _open_map
from videosal.errors import DatasetError, FileError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MapMaker, TreeMaker
    from videosal.datasets import Dataset


@pytest.fixture
def dataset(dhf1k_tree: TreeMaker) -> Dataset:
    root = dhf1k_tree((601, 602, 603))
    cv2.imwrite(str(root / "annotation/0601/fixation/0002.png"), np.zeros((18, 32), np.uint8))
    (root / "annotation/0602/maps/0001.png").unlink()
    (root / "annotation/0603/fixation/0003.png").unlink()
    return load_dataset("dhf1k:val", root)


@pytest.fixture
def pack(dataset: Dataset, tmp_path: Path) -> Path:
    file = tmp_path / "packs" / "val.h5"
    pack_dataset(dataset, file)
    return file


def test_a_pack_holds_the_same_ground_truth(dataset: Dataset, pack: Path) -> None:
    packed = load_dataset("dhf1k:val", pack)
    assert packed.fingerprint() == dataset.fingerprint()
    assert packed.coverage() == dataset.coverage()
    for video, original in zip(packed, dataset, strict=True):
        assert (video.name, video.frame_names, video.size) == (original.name, original.frame_names, original.size)
        assert video.fingerprint() == original.fingerprint()
        for frame in original.frame_names:
            for got, wanted in (
                (video.density(frame), original.density(frame)),
                (video.fixations(frame), original.fixations(frame)),
                (video.fixation_points(frame), original.fixation_points(frame)),
                (video.mean_density(), original.mean_density()),
            ):
                assert (got is None) == (wanted is None)
                if got is not None and wanted is not None:
                    assert got.dtype == wanted.dtype
                    np.testing.assert_array_equal(got, wanted)


def test_scores_and_results_are_the_same(
    dataset: Dataset, pack: Path, prediction_folder: MapMaker, tmp_path: Path
) -> None:
    maps = prediction_folder(dataset)
    from_files = score(maps, "dhf1k:val", dataset.root, out=tmp_path / "run")
    seen: list[str] = []
    again = score(maps, "dhf1k:val", pack, out=tmp_path / "run", progress=lambda done, total, video: seen.append(video))
    assert seen == []  # a result from the files is a result from the pack
    from_pack = score(maps, "dhf1k:val", pack, out=tmp_path / "pack", workers=2)
    pd.testing.assert_frame_equal(from_pack.frames, from_files.frames, check_exact=True)
    assert again.frames.equals(from_files.frames)
    assert (tmp_path / "pack/scores.h5").read_bytes() == (tmp_path / "run/scores.h5").read_bytes()


def test_a_pack_of_changed_or_other_data_is_refused(dataset: Dataset, pack: Path) -> None:
    with pytest.raises(DatasetError, match="holds dhf1k:val, not dhf1k:train"):
        load_dataset("dhf1k:train", pack)
    with pytest.raises(DatasetError, match="holds no frames: give the folder"):
        len(load_dataset("dhf1k:val", pack)[0].frames)
    with pytest.raises(DatasetError, match="holds one split, and train is needed"):
        load_dataset("dhf1k:val", pack).sibling("train")
    (dataset.root / "annotation/0601/maps/0001.png").unlink()
    with pytest.raises(DatasetError, match="has changed since: pack it again"):
        load_dataset("dhf1k:val", pack)
    assert len(load_dataset("dhf1k:val", pack, check_pack=False)) == 3


def test_what_is_no_pack_is_named(dataset: Dataset, tmp_path: Path) -> None:
    import h5py

    (tmp_path / "text.h5").write_text("text")
    with pytest.raises(FileError, match=r"text\.h5: not a readable HDF5"):
        load_dataset("dhf1k:val", tmp_path / "text.h5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(FileError, match=r"other\.h5: not a pack"):
        load_dataset("dhf1k:val", tmp_path / "other.h5")
    with pytest.raises(DatasetError, match=r"must end in \.h5"):
        pack_dataset(dataset, tmp_path / "pack.bin")
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match=r"cannot make the folder .*file \("):
        pack_dataset(dataset, tmp_path / "file" / "pack.h5")
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_pack_of_another_version_is_refused(pack: Path) -> None:
    with h5py.File(pack, "r+") as file:
        file.attrs["schema"] = 1
    with pytest.raises(DatasetError, match="written by another version of videosal: pack the data set again"):
        load_dataset("dhf1k:val", pack)


def test_damage_anywhere_in_a_pack_is_found_or_changes_nothing(dataset: Dataset, pack: Path) -> None:
    def content(path: Path) -> list[str]:
        return [
            f"{video.name} {frame} {video.density(frame)} {video.fixation_points(frame)} {video.mean_density().sum()}"
            for video in load_dataset("dhf1k:val", path, check_pack=False)
            for frame in video.frame_names
        ]

    whole, data, refused = content(pack), pack.read_bytes(), 0
    draw = np.random.default_rng(0)
    for number in range(150):
        damaged = bytearray(data)
        damaged[draw.integers(len(data))] ^= 1 << int(draw.integers(8))
        file = pack.with_name(f"{number}.h5")
        file.write_bytes(bytes(damaged))
        try:
            found = content(file)
        except (FileError, DatasetError) as error:
            found, refused = whole if file.name in str(error) else [str(error)], refused + 1
        assert found == whole, number
    assert refused > 20


@pytest.mark.parametrize("array", ["points", "offsets", "density_rows", "mean_density", "frames", "about"])
def test_every_array_of_a_pack_has_a_checksum(pack: Path, array: str) -> None:
    with h5py.File(pack) as file:
        assert file["videos/00000"][array].fletcher32


@pytest.mark.parametrize(("array", "value"), [("points", 99), ("points", -1), ("offsets", 10**9)])
def test_points_outside_the_frame_or_the_list_are_refused(pack: Path, array: str, value: int) -> None:
    with h5py.File(pack, "r+") as file:
        file["videos/00000"][array][0, 1] = value
    video = load_dataset("dhf1k:val", pack, check_pack=False)[0]
    with pytest.raises(FileError, match=r"val\.h5: 0601: the pack is damaged, a point lies outside: pack the data set"):
        video.fixation_points(video.frame_names[0])


def test_runs_that_would_be_written_beside_a_map_are_refused() -> None:
    start, end = np.array([3], np.int32), np.array([9], np.int32)
    good = struct.pack("<3i4s", 4, 4, 1, b"|u1") + start.tobytes() + end.tobytes() + bytes(6)
    assert _open_map(good, "a.h5").shape == (4, 4)
    for first, last in ((3, 1 << 30), (-9, -3), (9, 3), (3, 8)):
        bad = good[:16] + struct.pack("<ii", first, last) + bytes(6)
        with pytest.raises(FileError, match=r"a\.h5: the density map is damaged"):
            _open_map(bad, "a.h5")
