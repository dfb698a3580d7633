"""UNISAL: one small network for images and videos of several data sets.

Source: ECCV 2020 and github.com/rdroste/unisal (``unisal/train.py``, ``unisal/data.py``); the network is in
`videosal.models.zoo.unisal.network`. No torch here.

A video is predicted as several videos of a lower frame rate: every fifth frame (every fourth of Hollywood-2 and UCF
Sports), from each of the first frames on. Each has a recurrent state of its own, from its first frame to its last.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from videosal.models.card import ModelCard
from videosal.models.video.pixels import normalise_pixels, resize_frame
from videosal.models.zoo.recurrent import RecurrentSystem
from videosal.models.zoo.system import PUBLISHED, PreparedFrame, SystemEntry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from videosal.datasets import Dataset

_CALL = 6  # frames of one of the sequences in a call of the network
_DEFAULT = "DHF1K"
_SOURCES = {"hollywood2": "Hollywood", "ucf": "UCFSports"}  # of our data sets that have another
_STEP = {"DHF1K": 5, "Hollywood": 4, "UCFSports": 4, "SALICON": 1}  # from a frame of a sequence to its next
_SIZES = {"Hollywood": (224, 416), "UCFSports": (256, 384)}
_DHF1K_FRAME, _DHF1K_SIZE = (360, 640), (224, 384)
_UNIT, _SIDES, _AREA = 32, range(7, 14), range(100, 121)  # of sizes for frames of any other shape


class UnisalModel(RecurrentSystem):
    """UNISAL on a device, with the parts of one source.

    Attributes
    ----------
    source : str
        ``DHF1K``, ``Hollywood``, ``UCFSports`` or ``SALICON``. The last takes every frame for an image of its own.
    """

    def __init__(
        self, entry: UnisalEntry, weights: str | Path | None, device: str, mode: str, batch: int, source: str | None
    ) -> None:
        from videosal.models.zoo.unisal.network import find_source

        self.source = find_source(source or _DEFAULT)
        self._chosen = source is not None
        super().__init__(entry, weights, device, mode, batch)

    def prepare(self, dataset: Dataset) -> None:
        """Take the source of the data set, where there is one and the option does not say otherwise."""
        if not self._chosen:
            self.source = _SOURCES.get(dataset.name, _DEFAULT)

    @property
    def step(self) -> int:
        """From a frame of a sequence to its next."""
        return _STEP[self.source]

    @property
    def block(self) -> int:
        """Frames in a block: those of one call for each sequence."""
        return _CALL * self.step

    def prepare_frame(self, frame: NDArray[np.uint8]) -> Tensor:
        """Resize a frame as the authors do (PIL, Lanczos) and normalise it: (3, h, w) float32."""
        size = choose_size(self.source, (frame.shape[0], frame.shape[1]))
        return normalise_pixels(resize_frame(frame, size, "lanczos"))

    def predict_block(
        self, frames: list[PreparedFrame], state: list[Tensor | None] | None
    ) -> tuple[list[NDArray[np.float32]], list[Tensor | None]]:
        """Give the maps of a block: distributions over the pixels of the frame, scaled to a maximum of 1.

        The state is a list of those of the sequences. As many of them as `batch` says go through the network at once.
        """
        states = state or [None] * self.step
        maps: dict[int, NDArray[np.float32]] = {}
        for sequences in self._batches(len(frames)):
            found = self._predict_sequences(frames, sequences, states)
            for sequence, of_sequence in zip(sequences, found, strict=True):
                maps.update(zip(range(sequence, len(frames), self.step), of_sequence, strict=True))
        return [maps[index] for index in range(len(frames))], states

    def _batches(self, total: int) -> Iterator[list[int]]:
        """Group the sequences of a block of `total` frames into batches of equal length."""
        sequences = range(min(self.step, total))
        for _, group in groupby(sequences, key=lambda sequence: len(range(sequence, total, self.step))):
            equal = list(group)
            yield from (equal[start : start + self.batch] for start in range(0, len(equal), self.batch))

    def _predict_sequences(
        self, frames: list[PreparedFrame], sequences: list[int], states: list[Tensor | None]
    ) -> NDArray[np.float32]:
        """Give the maps (B, T, H, W) of some sequences of a block, and put what they remember into `states`."""
        import torch

        network: Any = self.network
        clips = torch.stack(
            [torch.stack([frame.pixels for frame in frames[start :: self.step]], dim=1) for start in sequences]
        )
        before = [states[sequence] for sequence in sequences]
        logs, after = self.call(
            clips,
            run=network.predict_sequence,
            state=None if before[0] is None else torch.cat([one for one in before if one is not None]),
            source=self.source,
            static=self.source == "SALICON",
            size=frames[0].size,
        )
        if after is not None:
            for sequence, one in zip(sequences, after.split(1), strict=True):
                states[sequence] = one
        maps: NDArray[np.float32] = (logs - logs.amax(dim=(2, 3), keepdim=True)).exp().cpu().numpy()
        return maps


def choose_size(source: str, frame: tuple[int, int]) -> tuple[int, int]:
    """Return the height and width at which frames of a size are predicted.

    DHF1K's own frames, Hollywood-2 and UCF Sports have sizes of theirs. For all others the authors take sides of 7 to
    13 times 32 pixels, 100 to 120 squares in all, as near to the shape of the frame as there are (288 x 384 for the
    images of SALICON).
    """
    if source == "DHF1K" and frame == _DHF1K_FRAME:
        return _DHF1K_SIZE
    if source in _SIZES:
        return _SIZES[source]
    shape = frame[0] / frame[1]
    sizes = [(rows, columns) for rows in _SIDES for columns in _SIDES if rows * columns in _AREA]
    rows, columns = max(sizes, key=lambda size: min(shape * size[1] / size[0], size[0] / size[1] / shape))
    return rows * _UNIT, columns * _UNIT


@dataclass(frozen=True)
class UnisalEntry(SystemEntry):
    """The entry of UNISAL, which has a source."""

    def __call__(
        self,
        weights: str | Path | None = None,
        device: str = "auto",
        mode: str = PUBLISHED,
        batch: int = 1,
        source: str | None = None,
    ) -> UnisalModel:
        """Make the model that predicts videos.

        Parameters
        ----------
        weights, device, mode, batch
            As `SystemEntry`; `batch` counts sequences, of which a video has four or five.
        source : str, optional
            The data set whose parts of the network predict: ``DHF1K``, ``Hollywood`` (or ``hollywood2``),
            ``UCFSports`` (or ``ucf``), or ``SALICON`` for images that do not depend on each other. Default: that of
            the data set in a run on Hollywood-2 or UCF Sports, else ``DHF1K``, as the authors do.

        Raises
        ------
        ModelError
            The source or the mode is unknown, or the device not there.
        InputError
            `batch` is less than 1.
        FileError
            The weights cannot be read, or do not fit.
        """
        from videosal.models.device import resolve_device

        return UnisalModel(self, weights, resolve_device(device), mode, batch, source)


def _build(input_size: tuple[int, int], source: str = _DEFAULT) -> nn.Module:
    from videosal.models.zoo.unisal.network import UNISAL

    del input_size  # it takes any
    return UNISAL(source)


unisal = UnisalEntry(
    "unisal",
    ModelCard(
        title="UNISAL",
        reference=(
            "R. Droste, J. Jiao and J. A. Noble, Unified Image and Video Saliency Modeling, ECCV 2020, LNCS 12350, "
            "419-435, arXiv 2003.05477"
        ),
        year=2020,
        venue="ECCV",
        description=(
            "MobileNetV2 and a recurrent layer, with norms, priors and smoothing for each data set (option source)."
        ),
        input=(
            "videos of every fifth frame (fourth: Hollywood-2, UCF Sports), RGB, 384x224 (416x224, 384x256), else of "
            "the frame's shape; the state goes from a frame to the next of its video"
        ),
        output="size of the frame, 0..1; one map per frame",
        parameters=3_714_872,
        licence="Apache-2.0, code and weights",
        input_size="384x224",
        weights=("training_runs/pretrained_unisal/weights_best.pth in rdroste/unisal; Apache-2.0, free for any use"),
        gflops=14.4,
        model_size_mb=16.0,
        runtime_s=0.009,
    ),
    _build,
    _DHF1K_SIZE,
    model=UnisalModel,
    frames=_CALL,
    maps=_CALL,
)
