"""Several videos that make one: the shots of a clip."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from videosal.datasets.files.frames import FrameSequence, JoinedFrames
from videosal.datasets.files.luma import GRAY16
from videosal.datasets.records import Video
from videosal.errors import DatasetError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from videosal.datasets.files.contents import FileStamp
    from videosal.datasets.files.luma import Coding


@dataclass(frozen=True)
class JoinedVideo(Video):
    """A clip and its shots.

    Attributes
    ----------
    name : str
        Name of the clip.
    shots : tuple of Video
        In any order; they are joined in the order of their first frames.
    """

    name: str
    shots: tuple[Video, ...]

    @cached_property
    def parts(self) -> tuple[Video, ...]:
        """The shots in the order of their first frames."""
        return tuple(sorted(self.shots, key=lambda shot: shot.frame_names[:1]))

    @cached_property
    def frame_names(self) -> tuple[str, ...]:
        """The frames of all shots; raises `DatasetError` where two shots have the same, as in renumbered copies."""
        if len(self._shot_of) != sum(len(part.frame_names) for part in self.parts):
            raise DatasetError(
                f"clip {self.name}: two of its shots have frames of the same name, so the copy was renumbered and "
                "their order is lost: score it shot by shot"
            )
        return tuple(self._shot_of)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the first shot."""
        return self.parts[0].size

    @property
    def gaze_size(self) -> tuple[int, int]:
        """That of the first shot."""
        return self.parts[0].gaze_size

    def lacking(self) -> dict[str, tuple[str, ...]]:
        """Those of all shots."""
        found: dict[str, tuple[str, ...]] = {}
        for part in self.parts:
            for what, frames in part.lacking().items():
                found[what] = found.get(what, ()) + frames
        return found

    def odd_fixations(self) -> str | None:
        """That of the first shot that has something odd."""
        return next((reason for part in self.parts if (reason := part.odd_fixations())), None)

    @cached_property
    def frames(self) -> FrameSequence:
        """The frames of all shots."""
        return JoinedFrames([part.frames for part in self.parts])

    def frame_size(self) -> tuple[int, int]:
        """That of the first shot."""
        return self.parts[0].frame_size()

    def density(self, frame: str) -> NDArray[Any] | None:
        """Read from the shot that has the frame."""
        return self._shot_of[frame].density(frame)

    def fixations(self, frame: str) -> NDArray[Any] | None:
        """Read from the shot that has the frame."""
        return self._shot_of[frame].fixations(frame)

    def coded_density(self, frame: str) -> tuple[NDArray[Any], Coding] | None:
        """Read from the shot that has the frame."""
        return self._shot_of[frame].coded_density(frame)

    def stored_density(self, frame: str, luma: str = GRAY16) -> NDArray[Any] | None:
        """Read from the shot that has the frame."""
        return self._shot_of[frame].stored_density(frame, luma)

    def stored_fixations(self, frame: str) -> NDArray[Any] | None:
        """Read from the shot that has the frame."""
        return self._shot_of[frame].stored_fixations(frame)

    def fixation_points(self, frame: str) -> NDArray[np.int64] | None:
        """Read from the shot that has the frame."""
        return self._shot_of[frame].fixation_points(frame)

    def observer_points(self, frame: str) -> dict[str, NDArray[np.int64]] | None:
        """Read from the shot that has the frame."""
        return self._shot_of[frame].observer_points(frame)

    def fingerprint(self) -> str:
        """Those of the shots, in their order."""
        return "\n".join(f"{part.name} {part.fingerprint()}" for part in self.parts)

    def truth_files(self) -> list[FileStamp]:
        """Those of the shots, in their order."""
        return [stamp for part in self.parts for stamp in part.truth_files()]

    def truth_files_now(self) -> list[FileStamp]:
        """Those of the shots, in their order."""
        return [stamp for part in self.parts for stamp in part.truth_files_now()]

    def frame_files(self) -> list[FileStamp]:
        """Those of the shots, in their order."""
        return [stamp for part in self.parts for stamp in part.frame_files()]

    @property
    def recipe(self) -> str:
        """That of the shots, and that they are joined."""
        recipes = {part.recipe for part in self.parts if part.recipe}
        return "|".join([*sorted(recipes), "unit=clip"])

    @cached_property
    def _shot_of(self) -> dict[str, Video]:
        return {frame: part for part in self.parts for frame in part.frame_names}
