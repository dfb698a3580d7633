"""What the tests of all systems share: networks filled by the rule of their golden files, and those files."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

Fill = Callable[["nn.Module"], "nn.Module"]
MakeClip = Callable[..., "Tensor"]


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Run PyTorch in one thread: for small features several only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def golden(shared: Path) -> Callable[[str], Any]:
    """Arrays of a system's golden file by name: ``golden("unisal")``."""
    return lambda name: np.load(shared / "goldens" / "models" / f"{name}.npz")


@pytest.fixture(scope="session")
def facts(shared: Path) -> Callable[[str], dict[str, tuple[int, ...]]]:
    """Keys and shapes of the authors' weights: ``facts("unisal")``."""

    def read(name: str) -> dict[str, tuple[int, ...]]:
        found = json.loads((shared / "facts" / "state_dicts" / f"{name}.json").read_text())
        return {key: tuple(shape) for key, shape in found.items()}

    return read


@pytest.fixture(scope="session")
def filled() -> Fill:
    """Fill a network by its authors' key names, and put it in evaluation mode."""

    def fill(network: nn.Module) -> nn.Module:
        name = cast("Callable[[str], str]", getattr(network, "official_name", str))
        state = {
            key: torch.from_numpy(_fill(name(key), tuple(tensor.shape))).to(tensor.dtype)
            for key, tensor in network.state_dict().items()
        }
        network.load_state_dict(state, assign=True)
        return network.eval()

    return fill


@pytest.fixture(scope="session")
def make_clip() -> MakeClip:
    """Make the golden clip: ``make_clip(frames, height, width, channels=3, t0=0)``, (1, C, T, H, W) float32."""

    def make(frames: int, height: int, width: int, *, channels: int = 3, t0: int = 0) -> Tensor:
        c, t, y, x = np.ogrid[:channels, :frames, :height, :width]
        waves = 0.5 + 0.5 * np.sin(0.13 * x + 0.07 * y * (c + 1) + 0.31 * (t + t0))
        return torch.from_numpy(waves.astype(np.float32))[None]

    return make


class Echo(nn.Module):
    """A network for tests: adds the frames and channels of a clip, each with its own weight, so that order shows."""

    def __init__(self, frames: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(1)
        self.register_buffer("weights", torch.randn(3, frames, generator=generator) / frames)

    def forward(self, clips: Tensor) -> Tensor:
        """Map (B, 3, T, H, W) to (B, H, W) in 0 to 1, clip by clip, so that a batch has the same bits."""
        return torch.stack([torch.einsum("cthw,ct->hw", clip, self.weights).sigmoid() for clip in clips])


@pytest.fixture
def echo_model() -> Callable[..., Any]:
    """Make the model of a system with `Echo` as its network, for 16 x 24: ``echo_model(entry, mode="fixed")``."""

    def make(entry: Any, **options: Any) -> Any:
        small = replace(entry, build=lambda _: Echo(entry.frames), input_size=(16, 24))
        return small(device="cpu", **options)

    return make


def _uniform(key: str, count: int) -> NDArray[np.float64]:
    seed = zlib.crc32(key.encode())
    v = np.sin((np.arange(count) + 1) * 12.9898 + (seed % 100003) * 0.0078233) * 43758.5453
    u: NDArray[np.float64] = v - np.floor(v)
    return u


def _fill(key: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """The tensor of an official key, by the first rule that matches."""
    u = _uniform(key, int(np.prod(shape))).reshape(shape)
    if key.endswith("num_batches_tracked"):
        return np.zeros(shape, np.int64)
    if key.endswith("running_mean"):
        return np.asarray((2 * u - 1) * 0.1)
    if key.endswith(("running_var", "moving_variance")):
        return np.asarray(0.6 + 0.8 * u)
    if key.endswith(("weight", "weights")) and len(shape) >= 2:
        return np.asarray((2 * u - 1) * np.sqrt(6 / np.prod(shape[1:])))
    if key.endswith(("weight", "gamma")):
        return np.asarray((0.8 + 0.4 * u) * (0.25 if "branch2c" in key else 1))  # STRA-Net: else the stacks explode
    if key.endswith("bias"):
        return np.asarray((2 * u - 1) * 0.1)
    if "gaussians" in key:  # UNISAL: mean, logarithm of the deviation
        return np.stack([0.25 + 0.5 * u[..., 0], -1.5 + 1.5 * u[..., 1]], axis=-1)
    if key == "prior.W":  # STRA-Net: means, deviations
        return np.where(np.arange(len(u)) < len(u) // 2, 0.3 + 0.4 * u, 0.05 + 0.25 * u)
    return np.asarray((2 * u - 1) * 0.1)
