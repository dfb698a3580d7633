"""Which files belong to which video."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from videosal.benchmark.maps.matching.names import unpadded
from videosal.benchmark.maps.sequences import SEQUENCE_SUFFIXES
from videosal.benchmark.maps.trees import ARCHIVE_SUFFIXES, Entry, MapTree
from videosal.datasets.files.images import suffix_of
from videosal.disk.safe_name import safe_name
from videosal.errors import PredictionError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path


@dataclass(slots=True)
class Found:
    """Files of one video: per folder that is called like it, and as one file with all maps."""

    folders: dict[str, list[Entry]] = field(default_factory=dict)
    sequences: list[Entry] = field(default_factory=list)

    def check(self, tree: MapTree, video: str) -> None:
        """Refuse two of them for one video."""
        claims = [*self.folders, *(entry.name for entry in self.sequences)]
        if len(claims) > 1:
            both = " and ".join(tree.locate(claim) for claim in claims[:2])
            raise PredictionError(f"{both} are both video {video}: keep one of them")


def group_by_video(
    tree: MapTree, entries: list[Entry], videos: Sequence[str], others: Collection[str]
) -> tuple[dict[str, Found], list[Entry]]:
    """Sort the files by video; the second value holds those that belong to none."""
    names = {unpadded(name): video for video in videos for name in (safe_name(video), video)}
    found: dict[str, Found] = {}
    left = []
    for entry in entries:
        *folders, file = entry.name.split("/")
        place = next((i for i, folder in enumerate(folders) if unpadded(folder) in names), None)
        if place is not None:
            video = names[unpadded(folders[place])]
            base = "/".join(folders[: place + 1])
            found.setdefault(video, Found()).folders.setdefault(base, []).append(entry)
        elif suffix_of(file) in SEQUENCE_SUFFIXES and (stem := unpadded(PurePosixPath(file).stem)) in names:
            found.setdefault(names[stem], Found()).sequences.append(entry)
        else:
            left.append(entry)
    if not found and (own := _single_video(tree.root, names, videos, others)):
        flat = [entry for entry in left if not any(_is_another(f, own, others) for f in entry.name.split("/")[:-1])]
        return {own: Found(folders={"": flat})}, [entry for entry in left if entry not in flat]
    return found, left


def _single_video(root: Path, names: Mapping[str, str], videos: Sequence[str], others: Collection[str]) -> str | None:
    """Name the video whose maps may lie flat in `root`."""
    stem = root.resolve().name
    for suffix in ARCHIVE_SUFFIXES:
        stem = stem.removesuffix(suffix)
    if own := names.get(unpadded(stem)):
        return own
    return videos[0] if len(videos) == 1 and not _is_another(stem, videos[0], others) else None


def _is_another(folder: str, video: str, others: Collection[str]) -> bool:
    """Whether a folder is called like another video than `video`."""
    if unpadded(folder) == unpadded(video):
        return False
    if others:
        return unpadded(folder) in {unpadded(other) for other in others}
    digits = re.sub(r"\d", "0", video)
    return digits != video and re.sub(r"\d", "0", folder) == digits
