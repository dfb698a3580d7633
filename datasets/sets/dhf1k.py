"""DHF1K: Wang et al., "Revisiting Video Saliency: A Large-scale Benchmark and a New Model", CVPR 2018.

The release has irregularities that the layouts take into account: a stray key frame beside ``maps``, a folder ``maps``
of MATLAB files inside ``fixation``, 3-digit names of videos beside 4-digit names of annotations, and no annotation of
the test videos.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from videosal.datasets.layout_adapter import LayoutAdapter, read_facts
from videosal.datasets.layouts import BY_KIND, ONE_SPLIT, PER_SPLIT, Found, Layout, LayoutMatch
from videosal.datasets.records import Split
from videosal.datasets.sets.dhf1k_gaze import read_gaze
from videosal.datasets.sources.gaze_points import PointFixations
from videosal.datasets.sources.recipes import DHF1K, Recipe

if TYPE_CHECKING:
    from videosal.datasets.sources.map_sources import FixationSource

_GAZE = "exportdata_train/{folder}/*_Trail{video}.txt"

OFFICIAL = Layout(
    "official release (also UNISAL, TASED, ViP, HD2S)",
    densities=("annotation/{video}/maps",),
    fixations=("annotation/{video}/fixation", "annotation/{video}/fixations", "annotation/{video}/fixation/maps"),
    frames=(
        "annotation/{video}/images",  # UNISAL
        "video/{video}",  # TASED
        "video_png/{video}",  # ViP
        "frames/{video}",  # HD2S
        "{folder}/{video}/images",
        "video/{video}.*",
    ),
    observers=(_GAZE,),
)
RAW_GAZE = Layout("raw gaze without maps", fixations=(_GAZE,), frames=("video/{video}.*", "video/{video}"))


class Dhf1k(LayoutAdapter):
    """Videos 1-600 train, 601-700 validation, 701-1000 test without public ground truth."""

    name = "dhf1k"
    title = "DHF1K"
    layouts = (OFFICIAL, PER_SPLIT, ONE_SPLIT, BY_KIND, RAW_GAZE)
    recipe: ClassVar[Recipe | None] = DHF1K
    numbers: ClassVar[dict[str, range]] = {"train": range(1, 601), "val": range(601, 701), "test": range(701, 1001)}

    def splits(self) -> tuple[Split, ...]:
        """The three splits with the counts of the full release."""
        known = {split: self.known_videos(split) for split in self.numbers}
        return tuple(
            Split(
                split,
                f"{self.title} {split}",
                videos=len(videos),
                frames=sum(count or 0 for count in videos.values()),
                ground_truth=self.has_truth(split),
            )
            for split, videos in known.items()
        )

    def has_truth(self, split: str) -> bool:
        """Whether the gaze data of a split is public."""
        return split != "test"

    def known_videos(self, split: str) -> dict[str, int | None]:
        """The videos of a split with their numbers of frames."""
        counts = read_facts("dhf1k")["n_frames"]
        return {f"{number:04d}": counts[number - 1] for number in self.numbers[split]}

    def belongs(self, split: str, video: str) -> bool:
        """Whether the number of a video is in a split."""
        return int(video) in self.numbers[split]

    def video_name(self, text: str) -> str | None:
        """Take 1 to 4 digits, padded or not."""
        return f"{int(text):04d}" if re.fullmatch(r"[0-9]{1,4}", text) else None

    def is_key_frame(self, name: str) -> bool:
        """The release has one picture beside ``maps``, called like a frame."""
        return re.fullmatch(r"[0-9]{4}\.png", name) is not None

    def frame_name(self, video: str, number: int) -> str:
        """Four digits."""
        del video
        return f"{number:04d}"

    def open_fixations(self, copy: LayoutMatch, name: str, places: list[Found]) -> FixationSource | None:
        """Read maps, or raw gaze where that is all there is."""
        if copy.layout is RAW_GAZE:
            return self.open_observers(copy, name, places) if places else None
        return super().open_fixations(copy, name, places)

    def open_observers(self, copy: LayoutMatch, name: str, places: list[Found]) -> FixationSource | None:
        """Read raw gaze."""
        del copy
        facts = read_facts("dhf1k")
        files = tuple(place.path for place in places)
        n_frames = facts["n_frames"][int(name) - 1]
        return PointFixations(files, tuple(facts["size_hw"]), read_gaze, (n_frames,), note="raw gaze samples")
