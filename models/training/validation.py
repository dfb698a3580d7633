"""Validation while training: windows of a split, scored at the size of the ground truth by the suite's metrics."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch.nn import functional
from torch.utils.data import Dataset as TorchDataset

from videosal.errors import DatasetError, InputError, ModelError
from videosal.metrics import metric_info
from videosal.metrics.torch.scores import score_batch
from videosal.models.training.clips import DENSITY_ONLY, ClipFormat, ClipSample, read_sample
from videosal.models.training.loading import load_clips
from videosal.models.video.inference import exact_inference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from torch import Tensor, nn

    from videosal.datasets import Dataset
    from videosal.models.training.losses import Loss

CHOICES = ("cc", "nss", "sim", "kld", "auc_judd", "auc_borji")  # what the ground truth of one frame is enough for
METRICS = CHOICES[:5]
STRIDES = {"dhf1k": 32, "diem": 32, "ucf": 4, "hollywood2": 64}  # the authors' (``dataloader.py``)


class ValidationClips(TorchDataset[ClipSample]):
    """The windows of a split that are whole, at even distances; ground truth at its own size.

    Parameters
    ----------
    dataset : Dataset
        The split.
    form : ClipFormat
        The network's clips.
    stride : int
        Frames from one window of a video to the next; the first begins with the video. A window whose target has no
        ground truth is left out, and so is a video shorter than a window.
    needs : set of str
        As in `TrainingClips`.

    Raises
    ------
    InputError
        `stride` is less than 1.
    DatasetError
        The split has no such window, or a video of it no frames, or a frame with ground truth no image.
    """

    def __init__(
        self, dataset: Dataset, form: ClipFormat, *, stride: int, needs: frozenset[str] = DENSITY_ONLY
    ) -> None:
        if stride < 1:
            raise InputError(f"stride is {stride}, expected at least 1 frame")
        self.videos = dataset.videos
        self.form = form
        self._needs = needs
        self._windows = [
            (index, name, place - form.target)
            for index, video in enumerate(self.videos)
            for name, place in zip(video.frame_names, video.frame_positions(), strict=True)
            if (place - form.target) % stride == 0 and 0 <= place - form.target <= len(video.frames) - form.length
        ]
        if not self._windows:
            raise DatasetError(
                f"{dataset.full_name} at {dataset.root} has no window of {form.length} frames with ground truth to "
                "validate on: choose another split"
            )

    def __len__(self) -> int:
        return len(self._windows)

    def __getitem__(self, index: int) -> ClipSample:
        video, frame, start = self._windows[index]
        return read_sample(self.videos[video], frame, start, self.form, self._needs, size=None)


def validate(
    network: nn.Module,
    dataset: Dataset,
    form: ClipFormat,
    *,
    loss: Loss,
    metrics: Sequence[str] = METRICS,
    stride: int | None = None,
    device: str = "cpu",
    precision: str = "float32",
    batch: int = 1,
    workers: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, float]:
    """Compute loss and metrics of a network on a split.

    A map is resized, bilinear, to its ground truth, and scored as the network gives it; `videosal.run` scores every
    frame of every video, in 8 bits, which is what tables are made of.

    Parameters
    ----------
    network : Module
        Takes clips (B, 3, T, h, w) on `device` to maps (B, h, w). It runs in evaluation mode, and then has the modes
        that it had.
    dataset : Dataset
        The split.
    form : ClipFormat
        The network's clips.
    loss : Loss
        Its mean over the frames.
    metrics : sequence of str
        Of cc, nss, sim, kld, auc_judd and auc_borji.
    stride : int, optional
        Frames from window to window. Default: the authors' (32 of DHF1K and DIEM, 4 of UCF Sports, 64 of Hollywood-2);
        else the length of a window.
    device, precision : str
        As in `ClipNetworkEntry`.
    batch : int
        Windows at once.
    workers : int
        Processes that read ahead.
    progress : callable, optional
        Told after each batch how many windows of how many are done.

    Returns
    -------
    dict of str to float
        ``loss``; the mean of each metric over the frames for which it is defined (NaN where there is none); ``frames``
        and ``skipped``, how many counted, and how many were left out as their ground truth is not usable.

    Raises
    ------
    InputError
        A metric is none of these, or `stride` is less than 1.
    UnknownNameError
        There is no such metric.
    DatasetError
        The split has no frame to validate on.
    FileError
        A file is missing or damaged.
    ModelError
        The network's maps have another shape.
    """
    check_metrics(metrics)
    clips = ValidationClips(dataset, form, stride=_stride(dataset, form, stride), needs=loss.needs)
    groups = [list(range(first, min(first + batch, len(clips)))) for first in range(0, len(clips), batch)]
    figures: dict[str, list[float]] = {"loss": [], **{name: [] for name in metrics}}
    skipped = done = 0
    with _evaluating(network), exact_inference(device, getattr(torch, precision)):
        for samples in load_clips(clips, groups, workers=workers, join=list):
            usable = [sample for sample in samples if sample.usable]
            for sample, saliency in zip(usable, _predict(network, usable, device), strict=True):
                for name, value in _score(saliency, sample, loss, metrics).items():
                    figures[name].append(value)
            done += len(samples)
            skipped += len(samples) - len(usable)
            if progress is not None:
                progress(done, len(clips))
    if not figures["loss"]:
        raise DatasetError(f"{dataset.full_name} at {dataset.root}: no ground truth of {done} windows can be used")
    means = {name: _mean(values) for name, values in figures.items()}
    return {
        **means,
        "loss": math.fsum(figures["loss"]) / len(figures["loss"]),
        "frames": done - skipped,
        "skipped": skipped,
    }


def check_metrics(names: Sequence[str]) -> None:
    """Raise `InputError` or `UnknownNameError` unless `validate` can compute these metrics."""
    for name in names:
        if name not in CHOICES:
            metric_info(name)
            raise InputError(f"metric {name!r} is none to validate with: choose from {', '.join(CHOICES)}")


def _stride(dataset: Dataset, form: ClipFormat, stride: int | None) -> int:
    return stride if stride is not None else STRIDES.get(dataset.name, form.length)


@contextmanager
def _evaluating(network: nn.Module) -> Iterator[None]:
    """Evaluation mode; afterwards each module has its own again, as some may be frozen."""
    modes = {module: module.training for module in network.modules()}
    network.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training


def _predict(network: nn.Module, samples: Sequence[ClipSample], device: str) -> Tensor:
    if not samples:
        return torch.empty(0, 1, 1)
    maps: Tensor = network(torch.stack([sample.clip for sample in samples]).to(device))
    if maps.ndim != 3 or len(maps) != len(samples):
        raise ModelError(
            f"the network gives maps of shape {tuple(maps.shape)} for {len(samples)} clips, expected "
            f"({len(samples)}, height, width)"
        )
    return maps.float()


def _score(saliency: Tensor, sample: ClipSample, loss: Loss, metrics: Sequence[str]) -> dict[str, float]:
    density, fixations = sample.density.to(saliency.device)[None], sample.fixations.to(saliency.device)[None]
    maps = functional.interpolate(saliency[None, None], density.shape[1:], mode="bilinear", align_corners=False)[0]
    scores = score_batch(maps, density, fixations, metrics=metrics)
    return {"loss": float(loss(maps, density, fixations)), **{name: float(value) for name, value in scores.items()}}


def _mean(values: Sequence[float]) -> float:
    defined = [value for value in values if not math.isnan(value)]
    return math.fsum(defined) / len(defined) if defined else math.nan
