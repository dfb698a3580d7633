"""DHF1K: Wang et al., "Revisiting Video Saliency: A Large-scale Benchmark and a New Model", CVPR 2018.

Read are the official release (``annotation/0001/{maps,fixation}``, frames from ``video/``) and the ACLNet arrangement
(``train/0001/{images,maps,fixation}``, also under ``val``, ``test`` and their longer names), with the release's
irregularities: the stray key frame beside ``maps``, the folder ``maps`` of MATLAB files inside ``fixation``, 3-digit
video names beside 4-digit annotation names.
"""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import TYPE_CHECKING, ClassVar

from videosal.datasets.catalogue import DatasetAdapter
from videosal.datasets.folder_video import FolderVideo
from videosal.datasets.frames import VIDEO_SUFFIXES
from videosal.datasets.images import image_files
from videosal.datasets.records import Split
from videosal.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Folders in which the folders of the videos lie, "" being the root itself (ViNet, or one split alone).
CONTAINERS = ("annotation", "", "train", "training", "val", "validation", "test", "testing", "eval")
FRAME_CONTAINERS = ("video", "video_png", "frames")
FRAME_FOLDERS = ("images", "frames")
DENSITY_FOLDERS = ("maps",)
FIXATION_FOLDERS = ("fixation", "fixations")


class Dhf1k(DatasetAdapter):
    """Videos 1-600 train, 601-700 validation, 701-1000 test without public ground truth."""

    name = "dhf1k"
    title = "DHF1K"
    numbers: ClassVar[dict[str, range]] = {"train": range(1, 601), "val": range(601, 701), "test": range(701, 1001)}

    def splits(self) -> tuple[Split, ...]:
        """The three splits with the counts of the full release."""
        counts = json.loads(resources.files(__package__).joinpath("facts/dhf1k.json").read_text())["n_frames"]
        return tuple(
            Split(
                split,
                f"DHF1K {split}",
                videos=len(numbers),
                frames=sum(counts[number - 1] for number in numbers),
                ground_truth=split != "test",
            )
            for split, numbers in self.numbers.items()
        )

    def videos(self, split: str, root: Path) -> list[FolderVideo]:
        """Find the videos of a split: the number decides, never the folder that holds it."""
        found = _video_folders(root)
        if not found:
            raise DatasetError(_wrong_layout(root))
        videos = [_open_video(root, number, found[number]) for number in self.numbers[split] if number in found]
        withheld = next(known for known in self.splits() if known.name == split).ground_truth is False
        return [video for video in videos if video.frame_names or withheld]


def _video_folders(root: Path) -> dict[int, list[Path]]:
    """Map each video number to the folders that hold a copy of it."""
    found: dict[int, list[Path]] = {}
    for container in CONTAINERS:
        for folder in _numbered_folders(root / container):
            if any((folder / part).is_dir() for part in (*DENSITY_FOLDERS, *FIXATION_FOLDERS, *FRAME_FOLDERS)):
                found.setdefault(int(folder.name), []).append(folder)
    return found


def _numbered_folders(container: Path) -> Iterator[Path]:
    if container.is_dir():
        for folder in sorted(container.iterdir()):
            if re.fullmatch(r"\d{1,4}", folder.name) and folder.is_dir():
                yield folder


def _open_video(root: Path, number: int, copies: list[Path]) -> FolderVideo:
    """Describe a video of which `copies` are there; the copy with the most ground truth counts."""
    candidates = [
        FolderVideo(
            f"{number:04d}",
            densities=_first_folder(copy, DENSITY_FOLDERS),
            fixations_png=(fixations := _first_folder(copy, FIXATION_FOLDERS)),
            fixations_mat=fixations and _first_folder(fixations, ("maps",)),
            frame_source=_find_frames(root, number, [copy, *copies]),
        )
        for copy in copies
    ]
    return max(candidates, key=lambda video: len(video.frame_names))


def _first_folder(parent: Path, names: tuple[str, ...]) -> Path | None:
    return next((parent / name for name in names if (parent / name).is_dir()), None)


def _find_frames(root: Path, number: int, copies: list[Path]) -> Path | None:
    """Find the frames of a video: beside its maps, in another copy, or in the folder of the videos."""
    names = dict.fromkeys((f"{number:04d}", f"{number:03d}", f"{number}"))
    folders = [copy / part for copy in copies for part in FRAME_FOLDERS]
    folders += [root / container / name for container in FRAME_CONTAINERS for name in names]
    for folder in folders:
        if folder.is_dir() and image_files(folder):
            return folder
    for name in names:
        for file in sorted((root / "video").glob(f"{name}.*")):
            if file.suffix.lower() in VIDEO_SUFFIXES:
                return file
    return None


def _wrong_layout(root: Path) -> str:
    """Say what was looked for, what was found, and where the data set seems to be."""
    entries = sorted(entry.name + ("/" if entry.is_dir() else "") for entry in root.iterdir())
    shown = ", ".join(entries[:8]) + (f" and {len(entries) - 8} more" if len(entries) > 8 else "")
    text = (
        f"no DHF1K in {root}: looked for annotation/0001/maps/ (official release) and train/0001/maps/ "
        f"(ACLNet arrangement); found {shown or 'an empty folder'}"
    )
    nearby = [*(child for child in root.iterdir() if child.is_dir()), root.parent, root.parent.parent]
    better = next((folder for folder in nearby if _video_folders(folder)), None)
    return f"{text}: did you mean --root {better}?" if better else f"{text}: give the folder that holds annotation/"
