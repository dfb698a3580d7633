"""`videosal predict`: the maps of one video, at its own size, without ground truth."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.benchmark.maps.saved_maps import quantise, save_map
from videosal.datasets.files.frame_files import frame_images
from videosal.datasets.files.frames import VIDEO_SUFFIXES, FrameSequence, ImageFrames, VideoFileFrames
from videosal.disk.whole_file import make_folder
from videosal.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

_log = logging.getLogger(__name__)


def open_frames(source: Path) -> FrameSequence:
    """Open a folder of images or a video file.

    Raises
    ------
    DatasetError
        There is neither.
    """
    if source.is_dir():
        if files := frame_images(source):
            return ImageFrames(files)
        raise DatasetError(f"{source} holds no images: give a folder of frames (PNG, JPEG, BMP, TIFF), or a video file")
    if not source.exists():
        raise DatasetError(f"{source} does not exist")
    if source.suffix.lower() in VIDEO_SUFFIXES:
        return VideoFileFrames(source)
    raise DatasetError(
        f"{source} is neither a folder of frames nor a file that is called like a video "
        f"({' '.join(sorted(VIDEO_SUFFIXES))})"
    )


def predict(
    model: str,
    source: str | Path,
    out: str | Path,
    *,
    weights: str | None = None,
    device: str = "auto",
    model_options: dict[str, Any] | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Iterator[tuple[NDArray[np.uint8], NDArray[Any]]]:
    """Predict the maps of one video, write them, and yield each with its frame.

    Parameters
    ----------
    model, weights, device, model_options
        For `videosal.create_model`.
    source : path
        A folder of images, or a video file.
    out : path
        Folder for one 8-bit PNG per frame, of the frame's size, called like the image, or ``0001.png`` and so on.
    progress : callable, optional
        Called after each frame with the numbers of frames done and in all, and the frame's name.

    Yields
    ------
    (ndarray, ndarray)
        The frame, (H, W, 3) uint8 RGB, and its map, (H, W) uint8 as it is written.

    Raises
    ------
    DatasetError, ModelError, RunError
        The source is no video, the model breaks its contract, or the maps cannot be written.
    """
    from videosal.models import create_model, iterate_predictions

    frames = open_frames(Path(source).expanduser())
    if isinstance(frames, VideoFileFrames) and (lost := len(frames.file.pictures.shown) - len(frames)) > 0:
        _log.warning(
            "%s holds null frames (%d), which repeat the picture before them: they get no map, and maps are numbered "
            "without them",
            source,
            lost,
        )
    made = create_model(model, weights, device, **(model_options or {}))
    folder = Path(out).expanduser()
    make_folder(folder)
    # The model runs ahead of the frame whose map it gives, so the frames for the pictures are read a second time.
    shown = open_frames(Path(source).expanduser())
    for index, saliency in enumerate(iterate_predictions(made, frames)):
        frame = shown[index]
        name = frames.files[index].stem if isinstance(frames, ImageFrames) else f"{index + 1:04d}"
        kept = quantise(_resize(saliency, frame.shape[:2]))
        save_map(folder, name, kept)
        if progress:
            progress(index + 1, len(frames), name)
        yield frame, kept


def _resize(saliency: NDArray[Any], size: tuple[int, ...]) -> NDArray[Any]:
    """Bring a map to the size of its frame: bilinear, which never leaves the range of the map."""
    import cv2

    if saliency.shape == size:
        return saliency
    return np.asarray(cv2.resize(saliency.astype(np.float32), size[::-1], interpolation=cv2.INTER_LINEAR))
