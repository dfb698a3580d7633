"""ACLNet: VGG-16 with an attention that was trained on images, and a convolutional LSTM.

Source: CVPR 2018 (arXiv 1801.07424) and the authors' Keras code, which is not in a repository but in an archive; the
network is in `videosal.models.zoo.aclnet.network`. No torch here.

Frames are RGB where the authors take away the mean of B, G, R in this order, and reverse the channels afterwards: the
means of R and B are exchanged. Mode ``published`` does the same (copies of the code that read with OpenCV do not);
mode ``fixed`` gives each channel its own mean. Which of the two the authors' weights were trained with is not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from videosal.errors import FileError
from videosal.models.card import ModelCard
from videosal.models.weights.keras_files import KERAS_SUFFIXES, read_keras
from videosal.models.zoo.letterbox import finish_map, prepare_frame
from videosal.models.zoo.recurrent import RecurrentSystem
from videosal.models.zoo.system import FIXED, PUBLISHED, PreparedFrame, SystemEntry

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn

_SIZE = (256, 320)
_CLIP = 5
# Convolutions in the order of the graph; the LSTM lies before the last.
_VGG = [f"vgg.block{block}_conv{i + 1}" for block, count in enumerate((2, 2, 3, 3, 3), 1) for i in range(count)]
_CONVOLUTIONS = [*_VGG, "att1", "att2", "att3", "att4", "att5", "out"]


class ACLNetModel(RecurrentSystem):
    """ACLNet on a device."""

    def prepare_frame(self, frame: NDArray[np.uint8]) -> Tensor:
        """Make a frame fit into 256 x 320, centred on zeros, and take away the mean: (3, 256, 320) float32, BGR."""
        import torch

        return torch.from_numpy(prepare_frame(frame, _SIZE, self.mode))

    def predict_block(self, frames: list[PreparedFrame], state: Any) -> tuple[list[NDArray[np.float32]], Any]:
        """Give the maps of a block, of the size of the frames, 0 to 255; the state is that of the LSTM."""
        import torch

        network: Any = self.network
        clip = torch.stack([frame.pixels for frame in frames], dim=1)[None]
        maps, state = self.call(clip, run=network.predict_sequence, state=state)
        found = zip(maps[0].cpu().numpy(), frames, strict=True)
        return [finish_map(saliency, frame.size) for saliency, frame in found], state


def read_aclnet(path: Path) -> dict[str, Tensor]:
    """Read ``ACL.h5``: most of its layers have numbers for names, so that their order says which they are.

    Raises
    ------
    FileError
        The file is none of Keras 2, or has another number of layers. The shapes are not looked at.
    """
    import torch

    layers = read_keras(path)
    recurrent = [layer for layer in layers if "recurrent_kernel" in layer.arrays]
    convolutions = [layer for layer in layers if "recurrent_kernel" not in layer.arrays]
    if len(recurrent) != 1 or len(convolutions) != len(_CONVOLUTIONS):
        raise FileError(
            f"{path}: holds {len(convolutions)} convolutions and {len(recurrent)} recurrent layers, but ACLNet has "
            f"{len(_CONVOLUTIONS)} and 1: choose the model that the weights are of"
        )
    state_dict: dict[str, Tensor] = {}
    for name, layer in zip(_CONVOLUTIONS, convolutions, strict=True):
        state_dict |= layer.state_dict(name)
    names = {"kernel": "convlstm.x.weight", "recurrent_kernel": "convlstm.h.weight", "bias": "convlstm.x.bias"}
    arrays = recurrent[0].arrays
    return state_dict | {names.get(kind, kind): torch.from_numpy(array.copy()) for kind, array in arrays.items()}


def _build(input_size: tuple[int, int]) -> nn.Module:
    from videosal.models.zoo.aclnet.network import ACLNet

    del input_size  # it takes any
    return ACLNet()


aclnet = SystemEntry(
    "aclnet",
    ModelCard(
        title="ACLNet",
        reference=(
            "W. Wang, J. Shen, F. Guo, M.-M. Cheng and A. Borji, Revisiting Video Saliency: A Large-scale Benchmark "
            "and a New Model, CVPR 2018, 4894-4903, arXiv 1801.07424"
        ),
        year=2018,
        venue="CVPR",
        description="VGG-16 with an attention that was trained on images, and a convolutional LSTM over the frames.",
        input="one frame after the other, 320x256 with bands of zeros, BGR; the LSTM goes from a frame to the next",
        output="size of the frame, 0..255, blurred; one map per frame",
        parameters=21_982_786,
        licence="none stated, for code and weights",
        input_size="320x256",
        weights=(
            "ACL.h5 (Keras 2) in the archive that the README of wenguanwang/DHF1K links; without a licence, so ask the "
            "authors before you pass it on"
        ),
        gflops=164.0,
        model_size_mb=250.0,
        runtime_s=0.020,
    ),
    _build,
    _SIZE,
    readers=dict.fromkeys(KERAS_SUFFIXES, read_aclnet),
    model=ACLNetModel,
    frames=_CLIP,
    maps=_CLIP,
    modes=(PUBLISHED, FIXED),
)
