"""Hollywood-2 as it is given out with DHF1K, with the gaze of Mathe and Sminchisescu (PAMI 2015).

One folder per shot of a clip (``actioncliptest00001_2``); a frame is numbered as in the clip
(``actioncliptest00001_00074.png``), so a shot rarely begins at 1. Copies differ in how many shots they have.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from videosal.datasets.joined_video import JoinedVideo
from videosal.datasets.layout_adapter import LayoutAdapter, read_facts
from videosal.datasets.layouts import BY_KIND, ONE_SPLIT, PER_SPLIT
from videosal.datasets.records import Split
from videosal.datasets.sources.recipes import HOLLYWOOD2_UCF, Recipe
from videosal.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from videosal.datasets.records import Video


@dataclass(frozen=True)
class Hollywood2(LayoutAdapter):
    """823 training and 884 test clips, cut into shots.

    Attributes
    ----------
    unit : {"shot", "clip"}
        What a video is: a shot, as the release has it, or a clip, its shots joined in the order of their frames.
    """

    name = "hollywood2"
    title = "Hollywood-2"
    layouts = (PER_SPLIT, ONE_SPLIT, BY_KIND)
    recipe: ClassVar[Recipe | None] = HOLLYWOOD2_UCF

    unit: Literal["shot", "clip"] = "shot"

    def __post_init__(self) -> None:
        if self.unit not in ("shot", "clip"):
            raise InputError(f"the unit of hollywood2 is {self.unit!r}, expected shot or clip")

    def splits(self) -> tuple[Split, ...]:
        """Both splits; how many shots a full training set has is not known."""
        shots = self._shots("test")
        n_test = len(self.known_videos("test"))
        n_train = read_facts("hollywood2")["clips"]["train"] if self.unit == "clip" else None
        return (
            Split("train", f"{self.title} train", videos=n_train),
            Split("test", f"{self.title} test", videos=n_test, frames=sum(shots.values())),
        )

    def known_videos(self, split: str) -> dict[str, int | None]:
        """The shots (or clips) of a split, with their numbers of frames where a copy has been counted."""
        shots = self._shots(split)
        if self.unit == "shot":
            return dict(shots)
        total = read_facts("hollywood2")["clips"][split]
        known: dict[str, int | None] = {f"actionclip{split}{clip:05d}": None for clip in range(1, total + 1)}
        for shot, count in shots.items():
            clip = clip_of(shot)
            known[clip] = (known[clip] or 0) + count
        return known

    def belongs(self, split: str, video: str) -> bool:
        """Whether the name says the split."""
        return video.startswith(f"actionclip{split}")

    def group(self, video: str) -> str:
        """The clip: copies are not cut into the same shots."""
        return clip_of(video)

    def video_name(self, text: str) -> str | None:
        """Take the name of a shot."""
        return text if re.fullmatch(r"actionclip(train|test)[0-9]{5}_[0-9]+", text) else None

    def frame_name(self, video: str, number: int) -> str:
        """Clip and number of the frame in the clip, without the shot."""
        return f"{clip_of(video)}_{number:05d}"

    def videos(self, split: str, root: Path) -> Sequence[Video]:
        """Open the shots, or join them to clips."""
        shots = super().videos(split, root)
        if self.unit == "shot":
            return shots
        clips: dict[str, list[Video]] = defaultdict(list)
        for shot in shots:
            clips[clip_of(shot.name)].append(shot)
        return [JoinedVideo(clip, tuple(parts)) for clip, parts in clips.items()]

    def _shots(self, split: str) -> dict[str, int]:
        """Number of frames of each shot of the copy that has been counted."""
        return {
            f"actionclip{split}{int(clip):05d}_{shot}": count
            for clip, (_, _, *rest) in read_facts("hollywood2")[split].items()
            for shot, count in zip(rest[::3], rest[2::3], strict=True)
        }


def clip_of(shot: str) -> str:
    """Return the name of the clip that a shot is cut from."""
    return shot.rpartition("_")[0]
