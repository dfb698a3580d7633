"""Clips of a data set for training: one random clip of each video and epoch, with the ground truth of its target frame.

As the authors of STSANet do it (their ``dataloader.py``), but for three things. A clip may start anywhere that it is
whole, also at the last possible place, in every data set. A video shorter than a clip is lengthened as it is for
inference, by repeating its first and last frame. A sample without fixations is left out alone, not with its batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.utils.data import Dataset as TorchDataset

from videosal.datasets.files.frames import VideoFileFrames
from videosal.errors import DatasetError, InputError
from videosal.models.video.pixels import resize_frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from videosal.datasets import Dataset, Video
    from videosal.models.video.clip_network import ClipNetworkEntry

DENSITY_ONLY = frozenset({"density"})


@dataclass(frozen=True, slots=True)
class ClipFormat:
    """The clips that a network takes; `ClipNetworkEntry` says what each of these means."""

    length: int
    target: int
    input_size: tuple[int, int]
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]

    @classmethod
    def of(cls, entry: ClipNetworkEntry) -> ClipFormat:
        """Take it from an entry, which unlike this record cannot travel to another process."""
        return cls(entry.length, entry.target, entry.input_size, entry.mean, entry.deviation)


@dataclass(frozen=True, slots=True)
class ClipSample:
    """A clip and what is known of its target frame.

    Attributes
    ----------
    video, frame : str
        The target frame: name of its video, and its name there.
    usable : bool
        Whether the ground truth is there and says something. Where it does not, the tensors below are empty.
    clip : Tensor, shape (3, T, h, w), dtype float32
        Normalised frames.
    density : Tensor, shape (H, W), dtype float32
        0 to 1.
    fixations : Tensor, shape (H, W), dtype bool
        False throughout where the copy has no fixations for the frame.
    """

    video: str
    frame: str
    usable: bool
    clip: Tensor
    density: Tensor
    fixations: Tensor


@dataclass(frozen=True, slots=True)
class ClipBatch:
    """The usable ones of some samples, which may be none.

    Attributes
    ----------
    clips : Tensor, shape (B, 3, T, h, w), dtype float32
    densities : Tensor, shape (B, h, w), dtype float32
    fixations : Tensor, shape (B, h, w), dtype bool
    names : tuple of str
        ``VIDEO frame FRAME`` of each, for messages.
    skipped : int
        Samples that were left out.
    """

    clips: Tensor
    densities: Tensor
    fixations: Tensor
    names: tuple[str, ...]
    skipped: int

    def __len__(self) -> int:
        return len(self.names)


class TrainingClips(TorchDataset[ClipSample]):
    """One random clip of each video, or several; a map-style data set of `ClipSample`.

    The ground truth has the network's input size: the density as 8-bit grey to float64, bilinear (OpenCV), in 0 to 1;
    each fixation at the rounded place to which it moves.

    Parameters
    ----------
    dataset : Dataset
        The split to train on, of any adapter.
    form : ClipFormat
        The network's clips.
    seed : int
        Of the choice of clips, 0 or more. The clip of an item depends on the seed, the epoch and the item's index
        alone: it is the same in any order, process, or resumed run.
    needs : set of str
        What the loss is computed from (`Loss.needs`). A frame is usable if all of it is there, the density is not the
        same everywhere, and somebody fixated. Where the copy has no map of fixations, and the loss needs none, the
        density alone decides.
    clips_per_video : int
        Length of an epoch; 1 is the paper's. Item i is of video i modulo the number of videos.

    Raises
    ------
    InputError
        `seed` or `clips_per_video` is out of range.
    DatasetError
        The data set has no videos. While it is read: a video has no frames, or a frame with ground truth no image.
    FileError
        While it is read: a file is missing or damaged.
    """

    def __init__(
        self,
        dataset: Dataset,
        form: ClipFormat,
        *,
        seed: int,
        needs: frozenset[str] = DENSITY_ONLY,
        clips_per_video: int = 1,
    ) -> None:
        if seed < 0:
            raise InputError(f"seed is {seed}, expected 0 or more")
        if clips_per_video < 1:
            raise InputError(f"clips_per_video is {clips_per_video}, expected at least 1")
        if not len(dataset):
            raise DatasetError(f"{dataset.full_name} at {dataset.root} has no videos to train on")
        self.videos = dataset.videos
        self.form = form
        self.epoch = 0
        self._seed = seed
        self._needs = needs
        self._clips_per_video = clips_per_video

    def set_epoch(self, epoch: int) -> None:
        """Choose the clips of an epoch, 0 or more. Do it before the workers of a loader start, as they have copies."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.videos) * self._clips_per_video

    def __getitem__(self, index: int) -> ClipSample:
        if not 0 <= index < len(self):
            raise IndexError(f"clip {index} of {len(self)}")
        video = self.videos[index % len(self.videos)]
        starts = clip_starts(len(video.frames), video.frame_positions(), self.form)
        frame, start = starts[np.random.default_rng([self._seed, self.epoch, index]).integers(len(starts))]
        return read_sample(video, video.frame_names[frame], start, self.form, self._needs, self.form.input_size)


def clip_starts(n_frames: int, positions: Sequence[int], form: ClipFormat) -> list[tuple[int, int]]:
    """List the clips of a video from which one is drawn.

    Parameters
    ----------
    n_frames : int
        Length of the video.
    positions : sequence of int
        For each frame with ground truth, its place in the video (`Video.frame_positions`).
    form : ClipFormat
        Length and target of a clip.

    Returns
    -------
    list of (int, int)
        Index of the target in `positions`, and place in the video of the clip's first frame. The clip is whole; of a
        shorter video it holds every frame, and starts before the first or ends behind the last. Where no frame with
        ground truth is the target of such a clip, all are there, with clips that reach beyond the ends.
    """
    surplus = n_frames - form.length
    starts = [(index, place - form.target) for index, place in enumerate(positions)]
    inside = [(index, start) for index, start in starts if min(0, surplus) <= start <= max(0, surplus)]
    return inside or starts


def read_sample(
    video: Video, frame: str, start: int, form: ClipFormat, needs: frozenset[str], size: tuple[int, int] | None
) -> ClipSample:
    """Read the clip that starts at `start`, and the ground truth of its target `frame`; no frames where it is unusable.

    Parameters
    ----------
    video : Video
        Where to read.
    frame : str
        Name of the frame with ground truth.
    start : int
        Place in the video of the first frame of the clip. Frames before the first and behind the last repeat those.
    form : ClipFormat
        The network's clips.
    needs : set of str
        As in `TrainingClips`.
    size : tuple of int, optional
        Height and width of the ground truth that is wanted. Default: its own.
    """
    density, fixations = video.density(frame), video.fixations(frame)
    if not _usable(density, fixations, needs):
        return ClipSample(video.name, frame, False, torch.empty(0), torch.empty(0), torch.empty(0, dtype=torch.bool))
    first = density if density is not None else fixations
    assert first is not None
    size = size if size is not None else (first.shape[0], first.shape[1])
    return ClipSample(
        video.name,
        frame,
        True,
        _read_clip(video, start, form),
        torch.zeros(size) if density is None else resize_density(density, size),
        torch.zeros(size, dtype=torch.bool) if fixations is None else resize_fixations(fixations, size),
    )


def collate(samples: Iterable[ClipSample]) -> ClipBatch:
    """Put the usable ones of some training samples together."""
    samples = list(samples)
    usable = [sample for sample in samples if sample.usable]
    skipped = len(samples) - len(usable)
    names = tuple(f"{sample.video} frame {sample.frame}" for sample in usable)
    if not usable:
        return ClipBatch(torch.empty(0), torch.empty(0), torch.empty(0, dtype=torch.bool), names, skipped)
    return ClipBatch(
        torch.stack([sample.clip for sample in usable]),
        torch.stack([sample.density for sample in usable]),
        torch.stack([sample.fixations for sample in usable]),
        names,
        skipped,
    )


def resize_density(density: NDArray[Any], size: tuple[int, int]) -> Tensor:
    """Resize a density map (H, W) of any real dtype, bilinear, to a tensor of `size` with values in 0 to 1, float32."""
    import cv2

    values: NDArray[Any] = density.astype(np.float64)
    if density.shape != size:
        values = cv2.resize(values, size[::-1], interpolation=cv2.INTER_LINEAR)
    whole = np.iinfo(density.dtype).max if density.dtype.kind in "iu" else max(float(density.max()), 1e-300)
    return torch.from_numpy(values / whole).float()


def resize_fixations(fixations: NDArray[Any], size: tuple[int, int]) -> Tensor:
    """Move the points of a fixation map (H, W) to a map of `size`, bool: round(coordinate * ratio), clipped."""
    points = np.argwhere(fixations) * (np.array(size) / fixations.shape)
    rows, columns = np.minimum(np.rint(points).astype(np.int64), np.array(size) - 1).T
    mask = torch.zeros(size, dtype=torch.bool)
    mask[rows, columns] = True
    return mask


def _usable(density: NDArray[Any] | None, fixations: NDArray[Any] | None, needs: frozenset[str]) -> bool:
    if "density" in needs and (density is None or density.min() == density.max()):
        return False
    if fixations is None:
        return "fixations" not in needs
    return bool(fixations.any())


def _read_clip(video: Video, start: int, form: ClipFormat) -> Tensor:
    frames = video.frames
    indices = np.clip(np.arange(start, start + form.length), 0, len(frames) - 1)
    try:
        pixels = {index: resize_frame(frames[index], form.input_size) for index in dict.fromkeys(indices.tolist())}
    finally:
        if isinstance(frames, VideoFileFrames):
            frames.close()  # or a data set of video files would hold a decoder for each
    clip = torch.from_numpy(np.stack([pixels[index] for index in indices])).permute(3, 0, 1, 2)
    mean, deviation = (torch.tensor(values).view(3, 1, 1, 1) for values in (form.mean, form.deviation))
    return (clip.float() / 255 - mean) / deviation
