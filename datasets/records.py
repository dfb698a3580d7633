"""What a data set gives to the rest of the suite: Dataset -> Video -> GroundTruth."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from videosal.datasets.density_grid import average_frames
from videosal.datasets.files.images import frame_number
from videosal.datasets.files.luma import GRAY16, numbers_of
from videosal.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from videosal.datasets.files.contents import FileStamp
    from videosal.datasets.files.frames import FrameSequence
    from videosal.datasets.files.luma import Coding


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """Gaze data of one frame.

    Attributes
    ----------
    density : ndarray, shape (H, W), or None
        Continuous map as it is stored (uint8 in 0..255 for DHF1K). None where the copy has none for this frame.
    fixations : ndarray, shape (H, W), dtype bool, or None
        True where a pixel was fixated. None where the copy has none for this frame.
    """

    density: NDArray[Any] | None
    fixations: NDArray[Any] | None


class Video(ABC):
    """One video: its frames on demand, and the gaze data of its frames.

    Attributes
    ----------
    name : str
        Name within its data set, unique there; prediction folders are called by it.
    """

    name: str

    @property
    @abstractmethod
    def frame_names(self) -> tuple[str, ...]:
        """Names of the frames with ground truth (stems of its files), in the order of the video."""

    @property
    @abstractmethod
    def size(self) -> tuple[int, int]:
        """Height and width of the ground truth in pixels."""

    @property
    def gaze_size(self) -> tuple[int, int]:
        """Height and width of the frame that the fixations lie in; some releases give them at another size."""
        return self.size

    def lacking(self) -> dict[str, tuple[str, ...]]:
        """Frames that lack a ``density map`` or ``fixations``, by which of both they lack."""
        return {}

    def odd_fixations(self) -> str | None:
        """Say which file of fixations can hardly be one and why, judged by a few frames; None where nothing is odd."""
        return None

    def truth_of(self, frame: str) -> dict[str, str]:
        """Name the files that hold the ``density`` and the ``fixations`` of a frame, where they are known."""
        del frame
        return {}

    @property
    @abstractmethod
    def frames(self) -> FrameSequence:
        """All frames, RGB, decoded on demand; raises `DatasetError` where the copy holds none."""

    def frame_size(self) -> tuple[int, int]:
        """Height and width of the first frame, as it is shown; raises what reading it raises."""
        height, width, _ = self.frames[0].shape
        return height, width

    @abstractmethod
    def density(self, frame: str) -> NDArray[Any] | None:
        """Read the density map of the frame called `frame`."""

    @abstractmethod
    def fixations(self, frame: str) -> NDArray[Any] | None:
        """Read the fixation map of the frame called `frame`."""

    @abstractmethod
    def fingerprint(self) -> str:
        """Text that changes when the ground truth of this video changes, as far as names and sizes of files tell."""

    def truth_files(self) -> list[FileStamp]:
        """The files that hold the ground truth; none where it comes from elsewhere, and `fingerprint` alone tells.

        They are as they were when they were first asked for.
        """
        return []

    def truth_files_now(self) -> list[FileStamp]:
        """The same as they are now, where that can be looked at."""
        return self.truth_files()

    def frame_files(self) -> list[FileStamp]:
        """The files that hold the frames; none where they come from elsewhere."""
        return []

    def fixation_points(self, frame: str) -> NDArray[np.int64] | None:
        """Read the fixations of the frame called `frame` as points.

        Returns
        -------
        ndarray, shape (n, 2), dtype int64, or None
            (row, col); a point occurs as often as it was fixated where the source tells, else once.
        """
        mask = self.fixations(frame)
        return None if mask is None else mask_points(mask)

    def observer_points(self, frame: str) -> dict[str, NDArray[np.int64]] | None:
        """Read the fixations of the frame called `frame` for each observer, for an inter-observer baseline.

        Returns
        -------
        dict of str to ndarray, shape (n, 2), or None
            The (row, col) of each observer who fixates in the frame; None where the source does not tell them apart.
        """
        del frame
        return None

    def observer_files(self) -> list[FileStamp]:
        """The files that `observer_points` reads; none where the source does not tell observers apart."""
        return []

    def coded_density(self, frame: str) -> tuple[NDArray[Any], Coding] | None:
        """Read the density map of the frame called `frame` as levels of luma, where it lies in a video; else None."""
        del frame
        return None

    def stored_density(self, frame: str, luma: str = GRAY16) -> NDArray[Any] | None:
        """Read the density map of the frame called `frame`, decoded by a protocol's rule where it lies in a video.

        Parameters
        ----------
        frame : str
        luma : {"gray16", "png"}
            How levels become numbers where the map lies in a video; see `videosal.datasets.files.luma`.
        """
        coded = self.coded_density(frame)
        return self.density(frame) if coded is None else numbers_of(coded, luma)

    def stored_fixations(self, frame: str) -> NDArray[Any] | None:
        """Read the fixations of the frame called `frame` as they are stored, which is the cheapest to score.

        Returns
        -------
        ndarray, shape (H, W) or (n, 2), or None
            A mask, nonzero where a pixel was fixated, or points as in `fixation_points`.
        """
        return self.fixations(frame)

    def mean_density(self) -> NDArray[np.float64]:
        """Average the density maps of up to 32 evenly spaced frames, each scaled to sum 1, on a common grid.

        Returns
        -------
        ndarray, shape (90, 160), dtype float64
            Sums to 1, or to 0 where the video has no density map but empty ones.
        """
        return average_frames(self.frame_names, self.density)

    @property
    def recipe(self) -> str:
        """How ground truth that is not as released was made (``density=...``); empty where all is read as released."""
        return ""

    def ground_truth(self, frame: str) -> GroundTruth:
        """Read both maps of the frame called `frame`."""
        return GroundTruth(self.density(frame), self.fixations(frame))

    def frame_positions(self) -> list[int]:
        """For each ground-truth frame, the index of its image in `frames`.

        Raises
        ------
        DatasetError
            A frame with ground truth has no image.
        """
        frames = self.frames
        positions = []
        for order, name in enumerate(self.frame_names, 1):
            number = frame_number(name)
            position = frames.position(order if number is None else number)
            if position is None and frames.position(0) is not None:
                raise DatasetError(
                    f"video {self.name}: frame {name} has ground truth but no image; the images seem to be numbered "
                    f"from 0 and the ground truth from 1: number the images as the ground truth ({len(frames)} images)"
                )
            if position is None:
                raise DatasetError(
                    f"video {self.name}: frame {name} has ground truth but no image "
                    f"({len(frames)} images for {len(self.frame_names)} frames): extract the frames again"
                )
            positions.append(position)
        return positions


@dataclass(frozen=True, slots=True)
class Split:
    """A named part of a data set.

    Attributes
    ----------
    name, title : str
        As in ``dhf1k:val``, and as printed above a table's columns.
    videos, frames : int or None
        Expected counts of a full copy; None where no full copy is known.
    ground_truth : bool
        False where the gaze data is withheld.
    """

    name: str
    title: str
    videos: int | None = None
    frames: int | None = None
    ground_truth: bool = True


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a split a copy holds; the expected counts are None where they are unknown."""

    videos_found: int
    videos_expected: int | None
    frames_found: int
    frames_expected: int | None

    @property
    def partial(self) -> bool:
        """Whether the copy holds less than the full split."""
        return any(
            expected is not None and found < expected
            for found, expected in (
                (self.videos_found, self.videos_expected),
                (self.frames_found, self.frames_expected),
            )
        )


def mask_points(mask: NDArray[Any]) -> NDArray[np.int64]:
    """Return the (row, col) of what is not zero in a map (H, W), in order: `numpy.argwhere`, many times as fast."""
    return np.stack(np.divmod(np.flatnonzero(mask), mask.shape[1]), axis=1).astype(np.int64, copy=False)


class Dataset(Sequence[Video]):
    """One split of one copy of a data set; iterating gives its videos.

    Attributes
    ----------
    name, title : str
        Name of the data set as in ``dhf1k:val``, and as it is printed.
    split : Split
        Which part this is, and what a full copy holds.
    root : Path
        Folder of the copy.
    """

    def __init__(
        self,
        name: str,
        title: str,
        split: Split,
        root: Path,
        videos: Iterable[Video],
        sibling: Callable[[str], Dataset],
    ) -> None:
        self.name = name
        self.title = title
        self.split = split
        self.root = root
        self.videos = tuple(videos)
        self._sibling = sibling
        self._by_name = {video.name: video for video in self.videos}

    @property
    def full_name(self) -> str:
        """Name with split, ``dhf1k:val``."""
        return f"{self.name}:{self.split.name}"

    def sibling(self, split: str) -> Dataset:
        """Return another split of the same copy; raise `DatasetError` where the copy holds none of it."""
        return self._sibling(split)

    def video(self, name: str) -> Video:
        """Return the video called `name`."""
        return self._by_name[name]

    def coverage(self) -> Coverage:
        """Count what the copy holds of the split."""
        return Coverage(
            len(self.videos),
            self.split.videos,
            sum(len(video.frame_names) for video in self.videos),
            self.split.frames,
        )

    @property
    def recipe(self) -> str:
        """How the ground truth was made where it is not read as released; part of a result's signature.

        Such as ``density=sum of Gaussians sigma 50 px|fixations=both eyes fixate, points outside dropped``. Empty where
        every video is as released.
        """
        return " & ".join(sorted({video.recipe for video in self.videos if video.recipe}))

    def notes(self) -> list[str]:
        """Say in sentences what a reader of scores on this copy should know of its ground truth."""
        made = Counter(video.recipe.replace("|", "; ") for video in self.videos if video.recipe)
        notes = [
            f"ground truth of {count} of {len(self)} videos of {self.full_name} is made here: {recipe}"
            for recipe, count in sorted(made.items())
        ]
        lacking: dict[str, list[str]] = {}
        for video in self.videos:
            for what, frames in video.lacking().items():
                lacking.setdefault(what, []).extend(f"{video.name}/{frame}" for frame in frames)
        total = sum(len(video.frame_names) for video in self.videos)
        for what, names in lacking.items():
            shown = ", ".join(names[:3]) + (" and so on" if len(names) > 3 else "")
            notes.append(
                f"{len(names)} of {total} frames of this copy have no {what}, and metrics that need it have no value "
                f"there ({shown})"
            )
        if odd := [reason for video in self.videos if (reason := video.odd_fixations())]:
            notes.append(f"fixations of {len(odd)} of {len(self)} videos of this copy look wrong: {odd[0]}")
        other = [video for video in self.videos if video.gaze_size != video.size]
        if other:
            (height, width), (rows, columns) = other[0].size, other[0].gaze_size
            notes.append(
                f"fixations of {len(other)} of {len(self)} videos have another size than the density maps "
                f"({other[0].name}: {columns}x{rows} and {width}x{height}): each is scored at its own size"
            )
        return notes

    def fingerprint(self) -> str:
        """Hash of the names and sizes of all ground-truth files of the split."""
        digest = hashlib.sha256()
        for video in self.videos:
            digest.update(f"{video.name}\0{video.fingerprint()}\n".encode())
        return digest.hexdigest()[:16]

    def __len__(self) -> int:
        return len(self.videos)

    @overload
    def __getitem__(self, index: int) -> Video: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Video]: ...
    def __getitem__(self, index: int | slice) -> Video | Sequence[Video]:
        return self.videos[index]

    def __repr__(self) -> str:
        return f"<Dataset {self.full_name} at {self.root}: {len(self)} videos>"
