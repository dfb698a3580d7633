"""DeepVS: each frame and the one five later, and a state of the frames before, begun anew every 16 frames.

Source: arXiv 1709.06316, ECCV 2018 and github.com/remega/OMCNN_2CLSTM (``TestDemo.py``); the parts are in
`videosal.models.zoo.deepvs.network`. No torch here.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from videosal.datasets.files.guard.failures import reading
from videosal.errors import FileError
from videosal.models.card import ModelCard
from videosal.models.video.prefetch import PrefetchedFrames
from videosal.models.zoo.system import FIXED, PUBLISHED, SystemEntry, SystemModel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor, nn

    from videosal.models.zoo.deepvs.network import DeepVS

T = TypeVar("T")

_INPUT_SIZE = (448, 448)
_MAPS = 16  # of a call
_GAP = 5  # frames that a call sees behind those that it predicts
_AHEAD = 4  # frames that are decoded while the network works

_OPTIMISER = ("Variable", "beta1_power", "beta2_power")  # the step, and Adam's two powers
_SLOTS = ("/Adam", "/Adam_1")


class DeepVSModel(SystemModel):
    """DeepVS: a call predicts 16 frames, each with the one five later; the state is zero at its start.

    The authors' demo predicts no frame without one five later, leaves out what is behind the last whole call, and
    writes no maps of the first call. Here every frame has a map: behind the video its last frame is repeated, so that
    the last five frames are paired with it, and the last call may be shorter.

    In mode ``published`` what goes into the gates of the LSTM is multiplied by 4, as in the demo; in mode ``fixed`` by
    1, as it is meant. See `videosal.models.zoo.deepvs.network.DeepVS`.
    """

    network: DeepVS

    def __init__(self, entry: SystemEntry, weights: str | Path | None, device: str, mode: str, batch: int) -> None:
        super().__init__(entry, weights, device, mode, batch)
        if mode == FIXED:
            self.network.gate_scale = 1.0

    def predict(self, frames: Sequence[NDArray[np.uint8]]) -> Iterator[NDArray[np.float32]]:
        """Give the map of each frame, (112, 112) float32 in 0 to 1, in order; see `videosal.models.Model`."""
        import torch

        with PrefetchedFrames(frames, prepare_frame, ahead=_AHEAD) as prepared:
            clips = cut_clips(prepared)
            while batch := list(islice(clips, self.batch)):
                # The last clip may be shorter. No map depends on a frame more than five later, so copies do no harm.
                longest = max(map(len, batch))
                filled = [clip + [clip[-1]] * (longest - len(clip)) for clip in batch]
                maps = self.call(torch.stack([torch.stack(clip, dim=1) for clip in filled])).cpu().numpy()
                for clip, of_clip in zip(batch, maps, strict=True):
                    yield from of_clip[: len(clip) - _GAP]


def prepare_frame(frame: NDArray[np.uint8]) -> Tensor:
    """Resize a frame to 448 x 448 (OpenCV, bilinear, proportions not kept) and bring it from 0 and 255 to -1 and 1.

    Parameters
    ----------
    frame : ndarray, shape (H, W, 3), dtype uint8

    Returns
    -------
    Tensor, shape (3, 448, 448), dtype float32
    """
    import cv2
    import torch

    small = cv2.resize(frame, _INPUT_SIZE[::-1], interpolation=cv2.INTER_LINEAR)
    return torch.from_numpy(small).permute(2, 0, 1).float() / 255 * 2 - 1


def cut_clips(frames: Sequence[T]) -> Iterator[list[T]]:
    """Cut a video into clips of 21 frames, of which the first 16 are predicted; each begins 16 after the one before.

    The last clip has fewer frames where the video ends. Behind the video, its last frame is repeated. Each frame is
    read once, in order.
    """
    total = len(frames)
    clip: list[T] = []
    read = 0
    for start in range(0, total, _MAPS):
        stop = min(start + _MAPS, total) + _GAP
        while read < min(stop, total):
            clip.append(frames[read])
            read += 1
        yield clip + [clip[-1]] * (stop - start - len(clip))
        del clip[:_MAPS]


def read_variables(path: Path) -> dict[str, Tensor]:
    """Read the variables of a TensorFlow checkpoint from the file that three lines of Python make of it.

    ::

        reader = tf.train.load_checkpoint("LSTMconv_prefinal_loss05_dp075_075MC100-200000")
        names = reader.get_variable_to_shape_map()
        np.savez("deepvs.npz", **{name: reader.get_tensor(name) for name in names})

    Parameters
    ----------
    path : Path
        The ``.npz`` file. What an optimiser left in it is passed over; objects are never made.

    Returns
    -------
    dict of str to Tensor
        By the names in the checkpoint, with PyTorch's order of axes.

    Raises
    ------
    FileError
        The file is not there, is damaged, or holds objects.
    """
    import torch

    if not path.is_file():
        raise FileError(f"{path}: there is no such file of weights")
    with (
        reading(path, ".npz file of arrays"),
        path.open("rb") as stream,
        np.load(stream, allow_pickle=False) as file,
    ):
        names = [name for name in file.files if name not in _OPTIMISER and not name.endswith(_SLOTS)]
        return {name: torch.from_numpy(np.ascontiguousarray(_turn(file[name]))) for name in names}


def refuse_checkpoint(path: Path) -> dict[str, Tensor]:
    """Say how a TensorFlow checkpoint becomes a file that `read_variables` reads; always raise `FileError`."""
    raise FileError(
        f"{path}: a TensorFlow checkpoint needs TensorFlow to be read: save its variables with numpy.savez once, as "
        "docs/models.md shows, and give the .npz file"
    )


def _turn(variable: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring weights from TensorFlow's order (rows, columns, in, out), or (in, out), to PyTorch's."""
    return variable.transpose(3, 2, 0, 1) if variable.ndim == 4 else variable.T


def _build(input_size: tuple[int, int]) -> nn.Module:
    from videosal.models.zoo.deepvs.network import DeepVS

    return DeepVS()


deepvs = SystemEntry(
    "deepvs",
    ModelCard(
        title="DeepVS",
        reference=(
            "L. Jiang, M. Xu, T. Liu, M. Qiao and Z. Wang, DeepVS: A Deep Learning Based Video Saliency Prediction "
            "Approach, ECCV 2018, and arXiv 1709.06316"
        ),
        year=2018,
        venue="ECCV",
        description="OM-CNN (YOLO-tiny and FlowNet-S) and 2C-LSTM: objects, their motion, and a state over 16 frames.",
        input="21 frames, 448x448, RGB; the first 16 are predicted, each with the frame five later",
        output="112 x 112 (height x width), 0..1; 16 maps",
        parameters=83_726_752,
        licence="MIT, for the code; none stated for the weights",
        input_size="448x448",
        weights=(
            "TensorFlow checkpoint LSTMconv_prefinal_loss05_dp075_075MC100-200000, linked from remega/OMCNN_2CLSTM "
            "(trained on LEDOV); save it as .npz, see docs/models.md"
        ),
        gflops=819.5,
        model_size_mb=344.0,
        runtime_s=0.05,
    ),
    _build,
    _INPUT_SIZE,
    model=DeepVSModel,
    frames=_MAPS + _GAP,
    maps=_MAPS,
    modes=(PUBLISHED, FIXED),
    readers={
        ".npz": read_variables,
        ".index": refuse_checkpoint,
        ".meta": refuse_checkpoint,
        ".data-00000-of-00001": refuse_checkpoint,
    },
)
