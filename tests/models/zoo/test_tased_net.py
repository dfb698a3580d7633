from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from videosal.models import build_network
from videosal.models.video.acceleration import accelerate
from videosal.models.zoo.tased_net.entry import tased_net
from videosal.models.zoo.tased_net.network import AuxiliaryPooling, unpool

Make = Callable[..., Any]


def test_the_golden_map(golden: Any, filled: Any, make_clip: Any) -> None:
    with torch.device("meta"):
        network = build_network("tased-net")
    clip, expected = make_clip(32, 64, 96), golden("tased_net")["map"]
    with torch.inference_mode():
        exact = filled(network).double()(clip.double()).numpy()
        plain = network.float()(clip).numpy()
        fast = accelerate(network)(clip).numpy()
    np.testing.assert_allclose(exact, expected, rtol=0, atol=2e-5)
    # In float32 a few maxima are so near to each other that the CPU's kernels decide which is unpooled (3 of 139,776
    # with oneDNN on an AMD EPYC, 1e-6 apart; none in PyTorch's own kernels). Each moves the pixels around it.
    for rounded in (plain, fast):
        assert np.abs(rounded - expected).mean() < 1e-4
        assert np.median(np.abs(rounded - expected)) < 2e-6


@pytest.fixture
def one_thread() -> Any:
    """PyTorch's max-unpool writes places that two windows share in any order, where several threads do it."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("steps", "kernel"), [(2, 2), (4, 3)])
def test_unpooling_is_that_of_pytorch(one_thread: None, steps: int, kernel: int) -> None:
    torch.manual_seed(0)
    # Few different values, so that there are many ties, as among the zeros behind a ReLU.
    level = torch.randint(0, 4, (2, 5, 4 * steps, 12, 16)).float()
    places, size = AuxiliaryPooling(steps, kernel=kernel)(level)
    x = torch.randn(places.shape)
    found = unpool(x, places, size)

    pad = 1 if kernel == 3 else 0
    merged = functional.max_pool3d(level, (steps, 1, 1))
    window = ((1, kernel, kernel), (1, 2, 2), (0, pad, pad))
    _, indices = functional.max_pool3d(merged, *window, return_indices=True)
    expected = functional.max_unpool3d(x, indices, *window, output_size=list(merged.shape))
    assert torch.equal(found, expected)
    shared = places.flatten(2).sort().values.diff().eq(0).sum()
    assert (shared > 20) == (kernel == 3)  # so the rule for shared places was needed


def test_the_network_against_its_text(one_thread: None) -> None:
    torch.manual_seed(2)
    network: Any = build_network("tased-net").eval()
    for parameter in network.parameters():
        if parameter.dim() > 1:
            nn.init.kaiming_uniform_(parameter, nonlinearity="relu")
    clip = torch.rand(1, 3, 32, 64, 32) * 2 - 1
    with torch.no_grad():
        y3, y2, y1, y0 = network.backbone(clip)
        x = functional.max_unpool3d(network.convtsp1(y0), places(y1, 2, 2, 0), (1, 2, 2), (1, 2, 2))
        x = unpool_by_three(network.convtsp2(x), places(y2, 4, 3, 1))
        x = unpool_by_three(network.convtsp3(x), places(y3, 4, 3, 1))
        expected = network.convtsp4(x)[:, 0, 0]
        found = network(clip)
    assert found.shape == (1, 64, 32)
    assert torch.equal(found, expected)
    assert found.std() > 1e-3


def places(level: Tensor, steps: int, kernel: int, pad: int) -> Tensor:
    merged = functional.max_pool3d(level, (steps, 1, 1))
    _, indices = functional.max_pool3d(merged, (1, kernel, kernel), (1, 2, 2), (0, pad, pad), return_indices=True)
    return torch.as_tensor(indices)


def unpool_by_three(x: Tensor, indices: Tensor) -> Tensor:
    size = [*x.shape[:3], 2 * x.shape[3], 2 * x.shape[4]]
    return functional.max_unpool3d(x, indices, (1, 3, 3), (1, 2, 2), (0, 1, 1), output_size=size)


def test_norms_have_the_published_epsilon() -> None:
    with torch.device("meta"):
        network = build_network("tased-net")
    assert {module.eps for module in network.modules() if isinstance(module, nn.BatchNorm3d)} == {1e-3}


def test_frames_are_resized_without_anti_aliasing(echo_model: Make) -> None:
    frame = np.random.default_rng(0).integers(0, 256, (40, 72, 3), np.uint8)
    found = echo_model(tased_net).prepare_frame(frame).numpy()
    rows, columns = between(40, 16), between(72, 24)
    small = np.einsum("yi,xj,ijc->cyx", rows, columns, frame.astype(float))
    # OpenCV rounds its weights to 1/2048, and the result to 8 bits.
    assert np.abs(found - (2 * small - 255) / 255).max() < 2 * 0.6 / 255
    assert found.dtype == np.float32


def between(source: int, target: int) -> np.ndarray[Any, Any]:
    place = np.clip((np.arange(target) + 0.5) * source / target - 0.5, 0, source - 1)
    return np.asarray(np.clip(1 - np.abs(place[:, None] - np.arange(source)), 0, None))


def test_the_map_is_blurred_and_keeps_its_size(echo_model: Make) -> None:
    saliency = np.zeros((100, 120), np.float32)
    saliency[50, 60] = 1
    found = echo_model(tased_net).finish(saliency, (360, 640))
    assert (found.shape, found.dtype, found[50, 60]) == ((100, 120), np.uint8, 255)
    assert found[50, 67] == int(255 * np.exp(-0.5))  # one sigma of 7 pixels


def test_the_first_frames_go_back_in_time(echo_model: Make) -> None:
    model = echo_model(tased_net)
    assert model.window(3, 63) == list(range(34, 2, -1))
    assert model.window(31, 63) == list(range(32))
    assert model.window(0, 20) == [0] * 32
