"""DIEM: Mital, Smith, Hill and Henderson, "Clustering of Gaze During Dynamic Scene Viewing is Predicted by Motion",
Cognitive Computation 2011.

Read are the package of STAViS (which lacks three of the test videos), STSANet's arrangement of it, one MATLAB 7.3 file
per video, and the raw release, whose fixations and densities are derived here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from videosal.datasets.layout_adapter import LayoutAdapter, read_facts
from videosal.datasets.layouts import Found, Layout, LayoutMatch
from videosal.datasets.records import Split
from videosal.datasets.sets.diem_events import read_events
from videosal.datasets.sources.gaze_points import PointFixations
from videosal.datasets.sources.recipes import Recipe, SumOfGaussians
from videosal.errors import InputError

if TYPE_CHECKING:
    from videosal.datasets.sources.map_sources import FixationSource

TITLES = {"train": "DIEM train", "i": "DIEM (i)", "ii": "DIEM (ii)", "iii": "DIEM (iii)"}
LAST_FRAME_OF_I = 300

RAW = Layout(
    "raw release",
    fixations=("{video}/event_data",),
    frames=("{video}/video/{video}.*", "{video}/{video}.*"),
)
STAVIS = Layout(
    "STAViS package (also ViNet, TSFP-Net)",
    densities=("annotations/DIEM/{video}/maps", "annotations/{video}/maps"),
    fixations=("annotations/DIEM/{video}", "annotations/{video}"),
    frames=("video_frames/DIEM/{video}", "video_frames/{video}"),
)
STSANET = Layout(
    "STSANet's arrangement of the STAViS package",
    densities=("ann/{video}/maps",),
    fixations=("ann/{video}",),
    frames=("training/{video}", "testing/{video}", "{folder}/{video}/images"),
)
ONE_FILE = Layout(
    "one MATLAB 7.3 file per video (DIEM20)",
    densities=("maps/{video}_fixMaps.mat",),
    fixations=("fixations/maps/{video}_fixPts.mat", "fixations/{video}_fixPts.mat"),
    frames=("video/{video}.*", "videos/{video}.*", "frames/{video}"),
)


@dataclass(frozen=True)
class Diem(LayoutAdapter):
    """64 training videos and the 20 test videos of Borji et al. (ICCV 2013), in the three versions that papers use.

    Attributes
    ----------
    sigma : float
        Of the Gaussians of which raw DIEM's densities are made, in pixels. No value is standard; the default is Rudoy's
        (CVPR 2013) 10 px of frames 256 px wide, on the screen of 1280 px, which is about a degree.
    outside : {"drop", "clamp"}
        What becomes of raw DIEM's points beside the video: left out, or moved to its border.
    """

    name = "diem"
    title = "DIEM"
    layouts = (STAVIS, STSANET, ONE_FILE, RAW)

    sigma: float = 50.0
    outside: Literal["drop", "clamp"] = "drop"

    def __post_init__(self) -> None:
        if self.outside not in ("drop", "clamp"):
            raise InputError(f"outside of diem is {self.outside!r}, expected drop or clamp")
        if not 0 < self.sigma < float("inf"):
            raise InputError(f"sigma of diem is {self.sigma}, expected pixels above 0")

    @property
    def recipe(self) -> Recipe | None:  # type: ignore[override]  # depends on an option here
        """Gaussians of the stated sigma."""
        return SumOfGaussians(self.sigma, repeats=True)

    def splits(self) -> tuple[Split, ...]:
        """The training set and the test sets: i is the first 300 frames of 20 videos, ii 17 videos, iii all of 20."""
        splits = []
        for name, title in TITLES.items():
            counts = list(self.known_videos(name).values())
            total = None if None in counts else sum(count or 0 for count in counts)
            splits.append(Split(name, title, videos=len(counts), frames=total))
        return tuple(splits)

    def known_videos(self, split: str) -> dict[str, int | None]:
        """The videos of a split, with the numbers of frames of the STAViS package."""
        facts = read_facts("diem")
        videos: dict[str, int | None] = facts["train" if split == "train" else "test"]
        if split == "i":
            return dict.fromkeys(videos, LAST_FRAME_OF_I)
        return {name: count for name, count in videos.items() if count is not None} if split == "ii" else dict(videos)

    def last_frame(self, split: str) -> int | None:
        """300 in set i."""
        return LAST_FRAME_OF_I if split == "i" else None

    def video_name(self, text: str) -> str | None:
        """Take the names of the release, with the size at their end."""
        return text if any(text in self.known_videos(split) for split in ("train", "iii")) else None

    def frame_name(self, video: str, number: int) -> str:
        """Five digits."""
        del video
        return f"{number:05d}"

    def open_fixations(self, copy: LayoutMatch, name: str, places: list[Found]) -> FixationSource | None:
        """Read maps, or derive the fixations from the raw release."""
        if copy.layout is not RAW:
            return super().open_fixations(copy, name, places)
        files = tuple(sorted(file for place in places for file in place.path.glob("*.txt")))
        if not files:
            return None
        width, height = (int(text) for text in re.findall(r"\d+", name)[-2:])
        note = (
            f"both eyes fixate, mean of the eyes, points outside {'dropped' if self.outside == 'drop' else 'clamped'}"
        )
        return PointFixations(files, (height, width), read_events, (self.outside,), note=note)
