"""A packed ground truth: densities and fixations of one split in one HDF5 file.

Scoring the next model then reads the predictions alone from single files. The values are those of the copy that was
packed, bit for bit, and so is the fingerprint: results from a pack and from its source are one and the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from videosal.datasets.pack.packed_video import PackedVideo, open_file, write_video
from videosal.datasets.pack.source import note_source, noted_source
from videosal.datasets.records import Dataset, Split
from videosal.disk.whole_file import make_folder, write_whole_hdf5
from videosal.errors import DatasetError, FileError, VideosalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# 3: maps are kept in runs, and a video's mean density is stored; 4: what the files held is known, and maps that lie in
# a video are kept as its levels, so that each protocol decodes them by its rule; 5: all arrays have checksums.
SCHEMA = 5
SUFFIXES = (".h5", ".hdf5")


def is_pack(path: Path) -> bool:
    """Whether a root names a pack and not a folder."""
    return path.suffix.lower() in SUFFIXES and path.is_file()


def pack_dataset(dataset: Dataset, out: Path, progress: Callable[[int, int, str], None] | None = None) -> None:
    """Write the ground truth of a split to one file, by way of a file beside it.

    Parameters
    ----------
    dataset : Dataset
        The split.
    out : Path
        The file, ``.h5``.
    progress : callable, optional
        Called after each video with the numbers of frames done and in all, and the video's name.

    Raises
    ------
    DatasetError
        The name of the file has another ending.
    RunError
        The file cannot be written.
    """
    if out.suffix.lower() not in SUFFIXES:
        raise DatasetError(f"the pack {out} must end in .h5")
    total, fingerprint = sum(len(video.frame_names) for video in dataset), dataset.fingerprint()

    def fill(file: Any) -> Iterator[None]:
        file.attrs.update(
            schema=SCHEMA,
            dataset=dataset.name,
            split=dataset.split.name,
            fingerprint=fingerprint,
            recipe=dataset.recipe,
        )
        done = 0
        for order, video in enumerate(dataset):
            write_video(file.create_group(f"videos/{order:05d}"), video)
            yield
            done += len(video.frame_names)
            if progress:
                progress(done, total, video.name)

    make_folder(out.parent, error_type=DatasetError)
    write_whole_hdf5(out, fill, error_type=DatasetError)
    note_source(dataset.full_name, fingerprint, dataset.root)


def open_pack(
    path: Path, name: str, title: str, split: Split, source: Callable[[Path], Dataset] | None = None
) -> Dataset:
    """Open a pack as the split that it holds.

    Parameters
    ----------
    path : Path
        The file.
    name, title, split
        Of the data set and the split that are asked for.
    source : callable, optional
        Opens the copy that was packed, from its folder; where that is still there, the pack is checked against it.

    Raises
    ------
    FileError
        It is no pack, or is damaged.
    DatasetError
        It holds another split, or its source has changed since.
    """
    file = open_file(path)
    try:
        held = f"{file.attrs['dataset']}:{file.attrs['split']}"
        if file.attrs["schema"] != SCHEMA:
            raise DatasetError(f"the pack {path} was written by another version of videosal: pack the data set again")
        stored = str(file.attrs["fingerprint"])
        groups = sorted(file["videos"])
    except Exception as error:  # a damaged file can raise anything
        if isinstance(error, VideosalError):
            raise
        raise FileError(f"{path}: not a pack of videosal, or damaged ({error})") from error
    if held != f"{name}:{split.name}":
        raise DatasetError(f"the pack {path} holds {held}, not {name}:{split.name}: pack that split, or give its root")
    folder = noted_source(held, stored) if source is not None else None
    if source is not None and folder is not None and folder.is_dir() and source(folder).fingerprint() != stored:
        raise DatasetError(f"the pack {path} was made from {folder}, which has changed since: pack it again")
    return Dataset(name, title, split, path, [PackedVideo(path, group) for group in groups], _no_sibling(path))


def _no_sibling(path: Path) -> Callable[[str], Dataset]:
    def refuse(split: str) -> Dataset:
        raise DatasetError(f"the pack {path} holds one split, and {split} is needed: give the folder of the data set")

    return refuse
