"""A video whose ground truth lies as one file per frame in folders, as in every image-based release."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from videosal.datasets.frames import VIDEO_SUFFIXES, FrameSequence, ImageFrames, VideoFileFrames
from videosal.datasets.images import image_files, natural_key, read_map
from videosal.datasets.records import Video
from videosal.errors import DatasetError, FileError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_FIXATION_SUFFIXES = frozenset({".png", ".bmp", ".tif", ".tiff"})  # a JPEG of a fixation map is no fixation map
_FIXATION_KEYS = ("I",)


@dataclass(frozen=True)
class FolderVideo(Video):
    """One video of an image-based release.

    Attributes
    ----------
    name : str
        Name within the data set.
    densities : Path or None
        Folder of the density maps.
    fixations_png, fixations_mat : Path or None
        Folders of the fixation maps as images and as MATLAB files; a frame that has both is read from its image.
    frame_source : Path or None
        Folder of the frames, or a video file.
    """

    name: str
    densities: Path | None
    fixations_png: Path | None
    fixations_mat: Path | None
    frame_source: Path | None

    @cached_property
    def _density_files(self) -> dict[str, Path]:
        return {file.stem: file for file in _list(self.densities, image_files)}

    @cached_property
    def _fixation_files(self) -> dict[str, Path]:
        mats = _list(self.fixations_mat, lambda folder: image_files(folder, frozenset({".mat"})))
        images = _list(self.fixations_png, lambda folder: image_files(folder, _FIXATION_SUFFIXES))
        return {file.stem: file for file in [*mats, *images]}

    @cached_property
    def frame_names(self) -> tuple[str, ...]:
        """Stems of the density and fixation files, in the order of their numbers."""
        return tuple(sorted({*self._density_files, *self._fixation_files}, key=natural_key))

    @cached_property
    def size(self) -> tuple[int, int]:
        """Height and width of the first ground-truth map."""
        truth = self.ground_truth(self.frame_names[0])
        first = truth.density if truth.density is not None else truth.fixations
        if first is None:
            raise DatasetError(f"video {self.name}: no ground truth")
        return int(first.shape[0]), int(first.shape[1])

    @cached_property
    def frames(self) -> FrameSequence:
        """The frames, from images or from the video file."""
        source = self.frame_source
        if source is not None and source.suffix.lower() in VIDEO_SUFFIXES:
            return VideoFileFrames(source)
        if source is None or not (files := image_files(source)):
            raise DatasetError(
                f"video {self.name}: this copy has no frames, and running a model needs them (looked for images in a "
                f"folder images/ beside the maps, in video/{self.name}/, and for a video file in video/)"
            )
        return ImageFrames(files)

    def density(self, frame: str) -> NDArray[Any] | None:
        """Read the density map of a frame, in the file's own dtype."""
        file = self._density_files.get(frame)
        return None if file is None else read_map(file)

    def fixations(self, frame: str) -> NDArray[Any] | None:
        """Read the fixation map of a frame as a boolean mask: any value but zero is a fixation."""
        file = self._fixation_files.get(frame)
        if file is None:
            return None
        stored = read_fixation_mat(file) if file.suffix.lower() == ".mat" else read_map(file)
        return np.asarray(stored != 0)

    def fingerprint(self) -> str:
        """Names and sizes of the ground-truth files."""
        files = [*self._density_files.values(), *self._fixation_files.values()]
        try:
            return " ".join(f"{file.parent.name}/{file.name}:{file.stat().st_size}" for file in files)
        except OSError as error:
            raise FileError(f"{error.filename}: the ground truth has gone ({error.strerror})") from error


def read_fixation_mat(path: Path) -> NDArray[Any]:
    """Read a fixation map from a MATLAB file (format 5) with the key ``I``, as DHF1K stores it.

    Raises
    ------
    FileError
        The file is damaged or holds no such map.
    """
    from scipy.io import loadmat

    try:
        content = loadmat(path)
    except Exception as error:  # a damaged file can raise anything in there
        raise FileError(f"{path}: not a readable MATLAB file ({error})") from error
    for key in _FIXATION_KEYS:
        if key in content and np.ndim(content[key]) == 2:
            return cast("NDArray[Any]", content[key])
    found = ", ".join(key for key in content if not key.startswith("__")) or "nothing"
    raise FileError(f"{path}: holds {found}, expected a fixation map under the key I")


def _list(folder: Path | None, lister: Any) -> list[Path]:
    return lister(folder) if folder is not None else []
