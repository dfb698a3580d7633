"""A data set whose copies follow declared layouts: everything but its names, its counts and its declarations."""

from __future__ import annotations

import json
from abc import abstractmethod
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, ClassVar

from videosal.datasets.catalogue import DatasetAdapter
from videosal.datasets.files.frame_files import has_numbered_file
from videosal.datasets.files.video.video_files import VIDEO_SUFFIXES
from videosal.datasets.layouts import Found, Layout, LayoutMatch, find_copy
from videosal.datasets.sources.map_sources import (
    DensityFiles,
    DensitySource,
    DensityStack,
    DensityVideo,
    FixationFiles,
    FixationSource,
    FixationStack,
    MadeDensities,
)
from videosal.datasets.stored_video import StoredVideo

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from videosal.datasets.records import Video
    from videosal.datasets.sources.recipes import Recipe


class LayoutAdapter(DatasetAdapter):
    """Finds the layout of a copy and opens its videos; a data set says the rest.

    Attributes
    ----------
    layouts : tuple of Layout
        Special ones before general ones.
    recipe : Recipe or None
        How densities are made for videos that have fixations and no densities.
    """

    layouts: ClassVar[tuple[Layout, ...]]
    recipe: ClassVar[Recipe | None] = None

    @abstractmethod
    def video_name(self, text: str) -> str | None:
        """Return the name of the video that the name of a folder or file spells, or None where it spells none."""

    @abstractmethod
    def frame_name(self, video: str, number: int) -> str:
        """Return the name of a frame as the release calls its file."""

    def belongs(self, split: str, video: str) -> bool:
        """Whether a video is in a split: its name decides, never the folder that holds it."""
        return video in self.known_videos(split)

    def is_key_frame(self, name: str) -> bool:
        """Whether a file of this name beside the folders of a video is a part of the release, though no frame's."""
        del name
        return False

    def group(self, video: str) -> str:
        """Return what a video is a part of; copies may differ in the parts, but not in the groups."""
        return video

    def names_in(self, copy: LayoutMatch, split: str) -> list[str]:
        """Names of the videos of a split of which a copy holds anything."""
        return [name for name in copy.videos if self.belongs(split, name)]

    def expected(self, copy: LayoutMatch, split: str) -> dict[str, int | None]:
        """Names of the videos that a full copy of a split holds, with their numbers of frames where known."""
        del copy
        return self.known_videos(split)

    def last_frame(self, split: str) -> int | None:
        """Return the last frame that counts in a split; None where all do."""
        del split
        return None

    def find(self, root: Path) -> LayoutMatch:
        """Return what the copy in `root` holds; raise `DatasetError` where it is none."""
        return find_copy(root, self.title, self.layouts, self.video_name)

    def videos(self, split: str, root: Path) -> Sequence[Video]:
        """Open the videos of a split that have ground truth, or frames where the ground truth is withheld."""
        copy = self.find(root)
        withheld = not next(known for known in self.splits() if known.name == split).ground_truth
        opened = [self.open(copy, name, split) for name in self.names_in(copy, split)]
        return [video for video in opened if withheld or has_truth(video)]

    def open(self, copy: LayoutMatch, name: str, split: str) -> StoredVideo:
        """Put together a video of a copy."""
        gaze = self.open_fixations(copy, name, copy.fixations.get(name, []))
        densities = self.open_densities(copy.densities.get(name, []))
        recipe = self.recipe
        if densities is None and gaze is not None and recipe is not None:
            densities = MadeDensities(gaze, recipe)
        observers = copy.observers.get(name, [])
        observed = self.open_observers(copy, name, observers) if observers else None
        frames = _choose_frames(copy.frames.get(name, []))
        return StoredVideo(name, self.frame_name, densities, gaze, frames, observed, self.last_frame(split))

    def open_densities(self, places: list[Found]) -> DensitySource | None:
        """Choose the source by what the place is: a folder of files, a MATLAB file, or a video file."""
        if not places:
            return None
        path = places[0].path
        if path.is_dir():
            return DensityFiles(_fullest([place.path for place in places]))
        return DensityVideo(path) if path.suffix.lower() in VIDEO_SUFFIXES else DensityStack(path)

    def open_fixations(self, copy: LayoutMatch, name: str, places: list[Found]) -> FixationSource | None:
        """Choose the source by what the place is: folders of files, or a MATLAB file."""
        del copy, name
        if not places:
            return None
        if places[0].path.is_dir():
            return FixationFiles([place.path for place in places])
        return FixationStack(places[0].path)

    def open_observers(self, copy: LayoutMatch, name: str, places: list[Found]) -> FixationSource | None:
        """Open the files that tell the observers apart."""
        del copy, name, places
        return None


@cache
def read_facts(name: str) -> dict[str, Any]:
    """Read the known names and counts of a data set."""
    facts: dict[str, Any] = json.loads(
        resources.files("videosal.datasets.sets").joinpath(f"facts/{name}.json").read_text()
    )
    return facts


def has_truth(video: StoredVideo) -> bool:
    """Whether a video has a frame with ground truth, without listing all of them."""
    for source in (video.densities, video.gaze):
        if isinstance(source, DensityFiles | FixationFiles):
            if any(has_numbered_file(folder) for folder in source.folders):
                return True
        elif source is not None:
            return True
    return False


def _choose_frames(places: list[Found]) -> Path | None:
    """Return the first place that is a video file or a folder with images."""
    for place in places:
        if place.path.is_dir():
            if has_numbered_file(place.path):
                return place.path
        elif place.path.suffix.lower() in VIDEO_SUFFIXES:
            return place.path
    return None


def _fullest(folders: list[Path]) -> list[Path]:
    """Put the folder with the most files first: a video can lie in the folders of two splits, half of it in one."""
    if len(folders) == 1:
        return folders
    return sorted(folders, key=lambda folder: -sum(1 for _ in folder.iterdir()))
