"""A video that lies on disk in parts: its densities, its fixations, its frames, each from a source of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videosal.datasets.files.contents import stamp_file
from videosal.datasets.files.fixation_maps import describe_odd_fixations
from videosal.datasets.files.frame_files import frame_images
from videosal.datasets.files.frames import VIDEO_SUFFIXES, FrameSequence, ImageFrames, VideoFileFrames
from videosal.datasets.files.headers import frame_size
from videosal.datasets.files.video.video_files import VideoFile
from videosal.datasets.records import Video
from videosal.datasets.sources.map_sources import DensityFiles, DensityStack, FixationFiles
from videosal.datasets.spacing import evenly_spaced
from videosal.errors import DatasetError, FileError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from videosal.datasets.files.contents import FileStamp
    from videosal.datasets.files.luma import Coding
    from videosal.datasets.sources.map_sources import DensitySource, FixationSource

FrameName = Callable[[str, int], str]

_JUDGED = 5  # fixation maps of a video that are looked at, evenly spaced, whether they can be such


@dataclass(frozen=True)
class StoredVideo(Video):
    """One video of a copy.

    Attributes
    ----------
    name : str
        Name within the data set.
    naming : callable
        Gives the name of a frame from the name of the video and the frame's number.
    densities : DensitySource or None
        Where its density maps come from.
    gaze : FixationSource or None
        Where its fixations come from.
    frame_source : Path or None
        Folder of its frames, or a video file.
    observed : FixationSource or None
        Fixations that tell the observers apart, where `gaze` does not.
    last : int or None
        The last frame that belongs to the split.
    """

    name: str
    naming: FrameName
    densities: DensitySource | None
    gaze: FixationSource | None
    frame_source: Path | None
    observed: FixationSource | None = None
    last: int | None = None

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Number of each frame that has a density map or fixations, by name, ascending."""
        sources = [source for source in (self.densities, self.gaze) if source is not None]
        numbers = sorted({number for source in sources for number in source.numbers})
        return {self.naming(self.name, n): n for n in numbers if self.last is None or n <= self.last}

    @cached_property
    def frame_names(self) -> tuple[str, ...]:
        """Names of the frames that have a density map or fixations, in order."""
        return tuple(self.numbers)

    @cached_property
    def size(self) -> tuple[int, int]:
        """Height and width of the ground truth."""
        for source in (self.densities, self.gaze):
            if source is not None and source.numbers:
                return source.size
        raise DatasetError(f"video {self.name}: no ground truth")

    @cached_property
    def gaze_size(self) -> tuple[int, int]:
        """Height and width of the fixation maps."""
        return self.gaze.size if self.gaze is not None and self.gaze.numbers else self.size

    def lacking(self) -> dict[str, tuple[str, ...]]:
        """Frames without a file of a kind."""
        sources = {"density map": self.densities, "fixations": self.gaze}
        known = {what: () if source is None else frozenset(source.numbers) for what, source in sources.items()}
        frames = {
            what: tuple(frame for frame, n in self.numbers.items() if n not in numbers)
            for what, numbers in known.items()
        }
        return {what: names for what, names in frames.items() if names}

    def odd_fixations(self) -> str | None:
        """Say what is wrong with the first fixation map of a few that can hardly be one."""
        gaze = self.gaze
        if isinstance(gaze, FixationFiles) and not gaze.files:
            some = next(iter(gaze.jpegs.values()), None)
            return some and f"{some} is a JPEG, which blurs the points of a fixation map, and is not read"
        numbers = list(self.numbers.values())
        places = sorted(evenly_spaced(len(numbers), _JUDGED), key=lambda place: abs(place - len(numbers) // 2))
        reasons = (self._judge(numbers[place]) for place in places)
        return next((reason for reason in reasons if reason is not None), None)

    def _judge(self, number: int) -> str | None:
        """Say why the fixation map of a frame can hardly be one; None where it can, or where there is none."""
        try:
            found = self.gaze.original(number) if self.gaze is not None else None
            reason = None if found is None else describe_odd_fixations(found[1])
            if found is None or reason is None:
                return None
            densities = self.densities if isinstance(self.densities, DensityFiles | DensityStack) else None
            other = None if densities is None else densities.read(number)
        except FileError:  # a damaged file is told where it is scored, and by the doctor
            return None
        swapped = other is not None and other.any() and describe_odd_fixations(other) is None
        return f"{found[0]} {reason}{'; the folders of maps and fixations seem to be swapped' if swapped else ''}"

    def truth_of(self, frame: str) -> dict[str, str]:
        """Name the files that hold the ground truth of a frame."""
        number = self.numbers.get(frame)
        sources = {"density": self.densities, "fixations": self.gaze}
        files = {what: s.path_of(number) for what, s in sources.items() if s is not None and number is not None}
        return {what: file for what, file in files.items() if file}

    @cached_property
    def frames(self) -> FrameSequence:
        """The frames, from images or from the video file."""
        images = self._images()
        if isinstance(images, Path):
            return VideoFileFrames(images, wanted=max(self.numbers.values(), default=0))
        return ImageFrames(images)

    def frame_size(self) -> tuple[int, int]:
        """Height and width of the first frame, from its header where it is an image."""
        images = self._images()
        return VideoFile(images).size if isinstance(images, Path) else frame_size(images[0])

    def _images(self) -> list[Path] | Path:
        """List the images of the frames, or name the video file."""
        source = self.frame_source
        if source is not None and source.suffix.lower() in VIDEO_SUFFIXES and source.is_file():
            return source
        if source is None or not (files := frame_images(source)):
            raise DatasetError(
                f"video {self.name}: this copy has no frames, and running a model needs them (neither images nor a "
                "video file): videosal verify says where they are looked for"
            )
        return files

    def density(self, frame: str) -> NDArray[Any] | None:
        """Read or make the density map of a frame."""
        number = self.numbers.get(frame)
        return None if number is None or self.densities is None else self.densities.read(number)

    def coded_density(self, frame: str) -> tuple[NDArray[Any], Coding] | None:
        """Decode the density map of a frame where it lies in a video."""
        number = self.numbers.get(frame)
        return None if number is None or self.densities is None else self.densities.levels(number)

    def fixations(self, frame: str) -> NDArray[Any] | None:
        """Read the fixations of a frame as a boolean mask."""
        number = self.numbers.get(frame)
        return None if number is None or self.gaze is None else self.gaze.mask(number)

    def stored_fixations(self, frame: str) -> NDArray[Any] | None:
        """Read the fixations of a frame as a map that is nonzero where fixated, or as points."""
        number = self.numbers.get(frame)
        return None if number is None or self.gaze is None else self.gaze.stored(number)

    def fixation_points(self, frame: str) -> NDArray[np.int64] | None:
        """Read the fixations of a frame as (row, col), repeats kept where the source has them."""
        number = self.numbers.get(frame)
        return None if number is None or self.gaze is None else self.gaze.points(number)

    def observer_points(self, frame: str) -> dict[str, NDArray[np.int64]] | None:
        """Read the fixations of a frame for each observer."""
        number = self.numbers.get(frame)
        for source in (self.gaze, self.observed):
            if number is not None and source is not None and (found := source.observers(number)) is not None:
                return found
        return None

    def observer_files(self) -> list[FileStamp]:
        """The files of the fixations, and those of observers where they have files of their own."""
        return [stamp for source in (self.gaze, self.observed) if source is not None for stamp in source.stamps()]

    def fingerprint(self) -> str:
        """Names and sizes of the ground-truth files, the recipe, and which frames count."""
        parts = [f"{stamp.name}:{stamp.size}" for stamp in self.truth_files()]
        return " ".join([*parts, self.recipe, "" if self.last is None else f"..{self.last}"]).strip()

    def truth_files(self) -> list[FileStamp]:
        """The files of the densities, then those of the fixations."""
        return list(self._first_look)

    def truth_files_now(self) -> list[FileStamp]:
        """The same, looked at anew."""
        return [stamp for source in (self.densities, self.gaze) if source is not None for stamp in source.stamps()]

    @cached_property
    def _first_look(self) -> list[FileStamp]:
        return self.truth_files_now()

    def frame_files(self) -> list[FileStamp]:
        """The images, or the video file; none where the copy has no frames."""
        source = self.frame_source
        if source is None:
            return []
        return [stamp_file(str(file)) for file in ([source] if source.is_file() else frame_images(source))]

    @property
    def recipe(self) -> str:
        """How ground truth that is made here is made."""
        return "|".join(s.recipe for s in (self.densities, self.gaze) if s is not None and s.recipe)
