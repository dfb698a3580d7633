"""UCF Sports as it is given out with DHF1K, with the gaze of Mathe and Sminchisescu (PAMI 2015).

A video's folder has a dash before its number and the files an underline: ``Diving-Side-001/maps/
Diving-Side_001_001.png``. The release has one image less than maps per video.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from videosal.datasets.files.frame_files import numbered_files
from videosal.datasets.files.images import IMAGE_SUFFIXES
from videosal.datasets.layout_adapter import LayoutAdapter, read_facts
from videosal.datasets.layouts import BY_KIND, ONE_SPLIT, PER_SPLIT, LayoutMatch
from videosal.datasets.records import Split
from videosal.datasets.sources.recipes import HOLLYWOOD2_UCF, Recipe

if TYPE_CHECKING:
    from videosal.datasets.stored_video import StoredVideo


class Ucf(LayoutAdapter):
    """103 training and 47 test videos, told by their names."""

    name = "ucf"
    title = "UCF Sports"
    layouts = (PER_SPLIT, ONE_SPLIT, BY_KIND)
    recipe: ClassVar[Recipe | None] = HOLLYWOOD2_UCF

    def splits(self) -> tuple[Split, ...]:
        """Both splits with the counts of the release."""
        return tuple(
            Split(split, f"{self.title} {split}", len(videos), sum(count or 0 for count in videos.values()))
            for split in ("train", "test")
            for videos in [self.known_videos(split)]
        )

    def known_videos(self, split: str) -> dict[str, int | None]:
        """The videos of a split with their numbers of images."""
        return {name: count for name, (count, *_) in read_facts("ucf")[split].items()}

    def video_name(self, text: str) -> str | None:
        """Take the name with a dash or an underline before its number."""
        match = re.fullmatch(r"([A-Za-z][A-Za-z-]*)[-_]([0-9]{3})", text)
        return f"{match[1]}-{match[2]}" if match else None

    def frame_name(self, video: str, number: int) -> str:
        """``Diving-Side_001_001`` of the video ``Diving-Side-001``."""
        return f"{video[:-4]}_{video[-3:]}_{number:03d}"

    def open(self, copy: LayoutMatch, name: str, split: str) -> StoredVideo:
        """Leave out the last map where it alone has no image: the official code scores the frames that have one.

        A copy without images is told by the known counts, so that it has the frames of a full one.
        """
        video = super().open(copy, name, split)
        folder = video.frame_source
        if not video.numbers:
            return video
        if folder is not None and folder.is_dir():
            last = max(numbered_files(folder, IMAGE_SUFFIXES), default=0)
        else:
            last = self.known_videos(split).get(name) or 0
        return replace(video, last=last) if max(video.numbers.values()) == last + 1 else video
