"""STRA-Net: two residual networks, for frames and for optical flow, with attention and a convolutional GRU.

Source: IEEE TIP 2020 and github.com/ashleylqx/STRA-Net (``demo_test.py``, ``utilities.py``, ``custom_generator.py``);
the network is in `videosal.models.zoo.stra_net.network`. No torch here.

The flow is computed before, by FlowNet2 where the authors' scores are to be had, as one ``.flo`` file from each frame
to the next. The option ``flow`` names a folder with a folder of files for each video of a data set; for
``videosal predict`` it is the folder with the files of that one video. Files are taken in the order of their names.

Two bugs of the authors' code are kept in mode ``published``. They exchange the means of red and blue. And they bring
the flow to the size of the network with ``numpy.resize``, which does not scale it, but fills the new size with the
values from the first row on, again from the start where they do not reach. Mode ``fixed`` has the right means, and
interpolates the flow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.errors import FileError, ModelError
from videosal.models.card import ModelCard
from videosal.models.weights.keras_files import KERAS_SUFFIXES, KerasLayer, order_of, read_keras
from videosal.models.zoo.letterbox import finish_map, prepare_frame
from videosal.models.zoo.recurrent import RecurrentSystem
from videosal.models.zoo.stra_net.optical_flow import FLOWS, find_flows, stack_flows, write_flow
from videosal.models.zoo.system import FIXED, PUBLISHED, PreparedFrame, SystemEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor, nn

_SIZE = (224, 224)
_CLIP = 5
_NUMBERED = {"conv2d": 11, "batch_normalization": 3}  # layers of the feature network without a name of their own


class STRANetModel(RecurrentSystem):
    """STRA-Net on a device."""

    def __init__(
        self, entry: STRANetEntry, weights: str | Path | None, device: str, mode: str, batch: int, flow: Path | None
    ) -> None:
        super().__init__(entry, weights, device, mode, batch)
        self._flow = flow

    def predict(self, frames: Sequence[NDArray[np.uint8]]) -> Iterator[NDArray[Any]]:
        """Give the map of each frame of a video whose flow lies in the folder of the option, see `RecurrentSystem`.

        Raises
        ------
        ModelError
            The option is not given, or the device has too little memory.
        FileError
            There is no flow, not one from each frame to the next, or a file is damaged.
        """
        return self._predict(frames, self._find_folder())

    def predict_video(self, frames: Sequence[NDArray[np.uint8]], name: str) -> Iterator[NDArray[Any]]:
        """Do what `predict` does for a video of a data set: its flow lies in a folder of its name."""
        return self._predict(frames, self._find_folder() / name)

    def prepare_example(self, folder: Path, frames: int, size: tuple[int, int]) -> None:
        """Write flow for a made-up video, random, and take it from there."""
        generator = np.random.default_rng(0)
        for number in range(frames - 1):
            write_flow(folder / f"{number:04d}.flo", generator.normal(0, 5, (*size, 2)).astype(np.float32))
        self._flow = folder

    def prepare_frame(self, frame: NDArray[np.uint8]) -> Tensor:
        """Make a frame fit into 224 x 224, centred on zeros, and take away the mean: (3, 224, 224) float32, BGR."""
        import torch

        return torch.from_numpy(prepare_frame(frame, _SIZE, self.mode))

    def predict_block(
        self, frames: list[PreparedFrame], state: Tensor | None
    ) -> tuple[list[NDArray[np.float32]], Tensor]:
        """Give the maps of a block, of the size of the frames, 0 to 255; the state is that of the GRU."""
        import torch

        network: Any = self.network
        clip = torch.stack([frame.pixels for frame in frames], dim=1)[None]
        maps, state = self.call(clip[:, :3], clip[:, 3:], run=network.predict_sequence, state=state)
        found = zip(maps[0].cpu().numpy(), frames, strict=True)
        return [finish_map(saliency, frame.size) for saliency, frame in found], state

    def _find_folder(self) -> Path:
        if self._flow is None:
            raise ModelError(
                "model 'stra-net' needs the optical flow of each video: compute it, and give the option flow=DIR"
            )
        return self._flow

    def _predict(self, frames: Sequence[NDArray[np.uint8]], folder: Path) -> Iterator[NDArray[Any]]:
        import torch

        if not len(frames):
            return iter(())
        flows = stack_flows(find_flows(folder, len(frames)), len(frames), _SIZE, self.mode)

        def prepare(frame: NDArray[np.uint8]) -> PreparedFrame:
            """Put the flow, 10 channels, behind the 3 of the frame."""
            pixels = torch.cat([self.prepare_frame(frame), torch.from_numpy(next(flows))])
            return PreparedFrame(pixels, (frame.shape[0], frame.shape[1]))

        return self.predict_prepared(frames, prepare)


def read_stra_net(path: Path) -> dict[str, Tensor]:
    """Read a file of the authors: the whole network, or its feature network.

    Layers that Keras numbered have the order in which they were made; their numbers may begin anywhere.

    Raises
    ------
    FileError
        The file is none of Keras 2. Whether all layers are there is not looked at.
    """
    layers = sorted(read_keras(path), key=lambda layer: order_of(layer.name))
    state_dict: dict[str, Tensor] = {}
    numbered = {
        kind: iter([kind, *(f"{kind}_{number}" for number in range(1, count))]) for kind, count in _NUMBERED.items()
    }
    for layer in layers:
        name = next(numbered.get(re.sub(r"_\d+$", "", layer.name), iter(())), None)
        state_dict |= layer.state_dict(_find_name(layer) if name is None else f"feature.{name}")
    renamed = {"gru.weight": "gru.x.weight", "gru.bias": "gru.x.bias", "gru.recurrent_kernel": "gru.h.weight"}
    return {renamed.get(name, re.sub(r"^prior\..*_W$", "prior.W", name)): one for name, one in state_dict.items()}


def find_feature_net(names: Iterable[str]) -> Mapping[str, str] | None:
    """Recognise the weights of the feature network alone, see `NetworkEntry.find_backbone`."""
    names = list(names)
    return {name: name for name in names} if all(name.startswith("feature.") for name in names) else None


def _find_name(layer: KerasLayer) -> str:
    """Name a layer whose name in the file says nothing by what it holds."""
    if "recurrent_kernel" in layer.arrays:
        return "gru"
    if any(kind.endswith("_W") for kind in layer.arrays):
        return "prior"
    if re.match(r"[AM]_", layer.name):
        return f"feature.{layer.name}"
    return "gru_bn" if "gamma" in layer.arrays else "final"


@dataclass(frozen=True)
class STRANetEntry(SystemEntry):
    """The entry of STRA-Net, which needs optical flow."""

    def example_shapes(self, input_size: tuple[int, int]) -> tuple[tuple[int, ...], ...]:
        """Return the shapes of a batch of one clip and of its flow."""
        return ((1, 3, self.frames, *input_size), (1, 2 * FLOWS, self.frames, *input_size))

    def __call__(
        self,
        weights: str | Path | None = None,
        device: str = "auto",
        mode: str = PUBLISHED,
        batch: int = 1,
        flow: Path | None = None,
    ) -> STRANetModel:
        """Make the model that predicts videos.

        Parameters
        ----------
        weights, device, mode, batch
            As `SystemEntry`; no two calls can be made at once, so that `batch` changes nothing.
        flow : Path
            Folder of the optical flow: ``flow/VIDEO/*.flo`` for the videos of a data set, ``flow/*.flo`` for one
            video alone. Nothing can be predicted without.

        Raises
        ------
        ModelError
            The mode is unknown, or the device not there.
        InputError
            `batch` is less than 1.
        FileError
            The weights cannot be read, or do not fit; `flow` is no folder.
        """
        from videosal.models.device import resolve_device

        if flow is not None and not Path(flow).is_dir():
            raise FileError(f"{flow}: is no folder of optical flow")
        return STRANetModel(self, weights, resolve_device(device), mode, batch, None if flow is None else Path(flow))


def _build(input_size: tuple[int, int]) -> nn.Module:
    from videosal.models.zoo.stra_net.network import STRANet

    del input_size  # it takes any
    return STRANet()


stra_net = STRANetEntry(
    "stra-net",
    ModelCard(
        title="STRA-Net",
        reference=(
            "Q. Lai, W. Wang, H. Sun and J. Shen, Video Saliency Prediction Using Spatiotemporal Residual Attentive "
            "Networks, IEEE Transactions on Image Processing 29, 1113-1126, 2020"
        ),
        year=2020,
        venue="IEEE Transactions on Image Processing",
        description="ResNet-50 for frames and for optical flow (option flow), attention, and a convolutional GRU.",
        input=(
            "one frame after the other with five optical flows, 224x224 with bands of zeros, BGR; the GRU goes from a "
            "frame to the next"
        ),
        output="size of the frame, 0..255, blurred; one map per frame",
        parameters=168_020_503,
        licence="none stated, for code and weights",
        input_size="224x224",
        weights=(
            "UHD_dcross_res_matt_res.h5 and others (Keras 2), linked by the README of ashleylqx/STRA-Net; without a "
            "licence, so ask the authors before you pass it on. Flow: FlowNet2, which has weights of its own"
        ),
        gflops=540.0,
        model_size_mb=641.0,
        runtime_s=0.020,
    ),
    _build,
    _SIZE,
    find_feature_net,
    readers=dict.fromkeys(KERAS_SUFFIXES, read_stra_net),
    model=STRANetModel,
    frames=_CLIP,
    maps=_CLIP,
    modes=(PUBLISHED, FIXED),
)
