"""Parity with the values that the authors' code gives under the filling rule."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from videosal.models import build_network
from videosal.models.layers.s3d import S3D
from videosal.models.stsanet.network import STSANet
from videosal.models.stsanet.structure import Relations, Structure
from videosal.models.training.losses import parse_loss

if TYPE_CHECKING:
    from types import ModuleType

    from numpy.typing import NDArray

SMALL, FULL = (64, 96), (224, 384)

# Golden name of a point to our module: its output is compared.
POINTS = {
    **{
        f"base{stage + 1}.{place}": f"backbone.conv_blocks.{stage}.{place}"
        for stage, layers in enumerate((4, 2, 5, 2))
        for place in range(layers)
    },
    **{f"maxpooling{stage + 1}": f"backbone.pools.{stage}" for stage in (1, 2, 3)},
    **{f"branch{k}_pre": f"compression.{k}" for k in range(3)},
    **{
        f"stsa{k}.{golden}": f"stsa.{k}.{ours}"
        for k in range(4)
        for golden, ours in {
            "layerI.attn": "layer_1.attention",
            "layerI.out": "layer_1",
            "mid": "reduction",
            "layerII.attn": "layer_2.attention",
            "layerII.out": "layer_2",
        }.items()
    },
    "branch3_beh_0": "alignment",
    **{
        f"amsf{j}.{golden}": f"amsf.{j}{ours}"
        for j in range(3)
        for golden, ours in {
            "spatial_att": ".weighting.spatial_attention",
            "channel_att": ".weighting.channel_attention",
            "weighted": ".weighting",
            "out": "",
        }.items()
    },
    "readout_1": "readout.readout_1",
}


def watch(network: nn.Module, clips: Tensor) -> tuple[NDArray[Any], dict[str, NDArray[Any]]]:
    """Run a network; give its first map and the output of every point."""
    seen: dict[str, NDArray[Any]] = {}

    def keep(name: str) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
            seen[name] = output.numpy().copy()

        return hook

    handles = [network.get_submodule(ours).register_forward_hook(keep(name)) for name, ours in POINTS.items()]
    with torch.no_grad():
        saliency = network(clips)[0].numpy()
    for handle in handles:
        handle.remove()
    return saliency, seen


def check_point(golden: Any, prefix: str, array: NDArray[Any], *, stride: int | None = None) -> None:
    np.testing.assert_array_equal(array.shape, golden[f"{prefix}/shape"], prefix)
    flat = array.ravel()
    stats = [flat.mean(), flat.std(), flat.min(), flat.max()]
    np.testing.assert_allclose(stats, golden[f"{prefix}/stats"], rtol=1e-9, err_msg=prefix)
    if f"{prefix}/first16" in golden.files:
        np.testing.assert_allclose(flat[:16], golden[f"{prefix}/first16"], rtol=1e-10, err_msg=prefix)
    strided = flat[:: max(1, flat.size // 64)][:64] if stride is None else flat[::stride]
    np.testing.assert_allclose(strided, golden[f"{prefix}/strided"], rtol=0, atol=1e-6, err_msg=prefix)


def public_clip(rule: ModuleType, size: tuple[int, int], seed: str = "public") -> Tensor:
    return torch.from_numpy(rule.clip(seed, 32, *size))[None]


def pool_8x8(array: NDArray[Any]) -> NDArray[Any]:
    height, width = array.shape
    pooled: NDArray[Any] = array.reshape(height // 8, 8, width // 8, 8).mean(axis=(1, 3))
    return pooled


def test_the_rule_is_that_of_the_golden_files(rule: ModuleType) -> None:
    key = "public/base1.0.conv_s.weight"
    np.testing.assert_array_equal(rule.uniform(key, 3), [0.873620836461184, 0.7958149746670007, 0.19034108694772778])
    for name, shape, value in (
        ("base1.0.conv_s.weight", (64, 3, 1, 7, 7), 0.15096561545959616),
        ("base1.0.bn_s.weight", (64,), 1.0013029893173127),
        ("inc_0_1.0.weight", (240, 416, 3, 1, 1), -0.012429017743488337),
        ("readout_2.4.weight", (1, 32, 1, 3, 3), 0.035731551537099504),
    ):
        assert rule.fill("public", name, shape).flat[0] == pytest.approx(value, rel=1e-15)


def test_small_float64_at_every_point(golden: Any, rule: ModuleType, small: nn.Module) -> None:
    saliency, seen = watch(small, public_clip(rule, SMALL))
    assert set(POINTS) == {
        key.split("/")[1] for key in golden.files if key.startswith("small/") and key.count("/") == 2
    }
    for point, array in seen.items():
        check_point(golden, f"small/{point}", array)
    np.testing.assert_allclose(saliency, golden["small/output_f64"], rtol=1e-10)
    np.testing.assert_allclose(pool_8x8(saliency), golden["small/output_ds8"], rtol=1e-10)
    np.testing.assert_allclose(saliency.ravel()[:16], golden["small/output_first16_f64"], rtol=1e-10)


def test_small_float32(golden: Any, rule: ModuleType, small: nn.Module) -> None:
    network = copy.deepcopy(small).float()
    with torch.no_grad():
        saliency = network(public_clip(rule, SMALL).float())[0].numpy()
    np.testing.assert_allclose(saliency, golden["small/output_f32"], rtol=0, atol=1e-5)
    np.testing.assert_allclose(saliency, golden["small/output_f64"], rtol=0, atol=1e-5)


PARTS = {
    **{
        f"stsa{k}": (f"stsa.{k}", shape)
        for k, shape in enumerate([(192, 16, 24), (480, 8, 12), (832, 4, 6), (1024, 2, 3)])
    },
    **{f"base{k + 1}": (f"backbone.conv_blocks.{k}", None) for k in range(4)},
}
BASES = {"base1": (3, 16, 32, 48), "base2": (192, 8, 8, 12), "base3": (480, 4, 4, 6), "base4": (832, 4, 2, 3)}
AMSF_INPUTS = [(416, 4, 4, 6), (240, 4, 8, 12), (192, 4, 16, 24)]


def part_input(rule: ModuleType, name: str, shape: tuple[int, ...]) -> Tensor:
    u = rule.uniform(f"public/sub/{name}", int(np.prod(shape))).reshape(1, *shape)
    return torch.from_numpy(np.maximum(0, 3 * (u - 0.25)))


def check_part(golden: Any, name: str, output: Tensor) -> None:
    check_point(golden, f"sub/{name}", output.numpy(), stride=int(golden[f"sub/{name}/stride"]))


@pytest.mark.parametrize("name", PARTS)
def test_parts_alone(golden: Any, rule: ModuleType, small: nn.Module, name: str) -> None:
    ours, size = PARTS[name]
    shape = BASES[name] if size is None else (size[0], 4, *size[1:])
    with torch.no_grad():
        check_part(golden, name, small.get_submodule(ours)(part_input(rule, name, shape)))


@pytest.mark.parametrize("j", [0, 1, 2])
def test_amsf_alone(golden: Any, rule: ModuleType, small: nn.Module, j: int) -> None:
    high, low = (part_input(rule, f"amsf{j}.{level}", AMSF_INPUTS[j]) for level in ("high", "low"))
    with torch.no_grad():
        check_part(golden, f"amsf{j}", small.get_submodule(f"amsf.{j}")(high, low))


def test_readout_alone(golden: Any, rule: ModuleType, small: nn.Module) -> None:
    with torch.no_grad():
        maps = small.get_submodule("readout")(part_input(rule, "readout", (192, 4, 32, 48)))
    check_part(golden, "readout", maps[:, None, None])


def test_the_whole_of_s3d(golden: Any, rule: ModuleType, filled: Any) -> None:
    with torch.device("meta"):
        network = S3D()
    clips = torch.from_numpy(rule.clip("public/s3d", 16, 64, 64))[None]
    with torch.no_grad():
        check_part(golden, "s3d_logits", filled(network)(clips))


def test_without_temporal_relations_the_map_is_as_far_off_as_is_known(
    golden: Any, rule: ModuleType, small: nn.Module
) -> None:
    """The golden files give how far Fig. 6(a) is from the network, with the same weights."""
    with torch.device("meta"):
        variant = STSANet(SMALL, Structure(relations=Relations.NONE)).eval()
    variant.load_state_dict(small.state_dict(), assign=True)
    with torch.no_grad():
        saliency = variant(public_clip(rule, SMALL))[0].numpy()
    assert np.abs(saliency - golden["small/output_f64"]).max() == pytest.approx(6.0e-2, abs=5e-4)


@pytest.mark.slow
def test_a_training_step(golden: Any, rule: ModuleType, small: nn.Module) -> None:
    network = copy.deepcopy(small).train()
    clips = torch.cat([public_clip(rule, SMALL, f"public/train{i}") for i in (0, 1)])
    labels = torch.from_numpy(
        np.stack([rule.uniform(f"public/label{i}", SMALL[0] * SMALL[1]).reshape(SMALL) ** 4 for i in (0, 1)])
    )
    maps = network(clips)
    kld, minus_cc, loss = (parse_loss(text)(maps, labels) for text in ("kld", "-cc", "kld - cc"))
    loss.backward()  # type: ignore[no-untyped-call]
    np.testing.assert_allclose(maps.detach().numpy(), golden["train/output"], rtol=0, atol=1e-6)
    for name, value in (("kld", kld), ("cc", -minus_cc), ("loss", loss)):
        assert value.item() == pytest.approx(float(golden[f"train/{name}"]), rel=1e-10)
    official: Any = network.official_name
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None
        expected = float(golden[f"train/gradnorm/{official(key)}"])
        assert parameter.grad.norm().item() == pytest.approx(expected, rel=1e-10), key
    buffers = {official(key): buffer for key, buffer in network.named_buffers()}
    after = [key for key in golden.files if key.startswith("train/after/")]
    assert len(after) == 4
    for key in after:
        np.testing.assert_allclose(buffers[key.removeprefix("train/after/")].numpy()[:16], golden[key], rtol=1e-10)


@pytest.fixture(scope="module")
def full(filled: Any) -> nn.Module:
    with torch.device("meta"):
        network = build_network("stsanet")
    network_: nn.Module = filled(network)
    return network_


@pytest.mark.slow
def test_full_float64_at_every_point(golden: Any, rule: ModuleType, full: nn.Module) -> None:
    clips = public_clip(rule, FULL)
    saliency, seen = watch(full, clips)
    for point, array in seen.items():
        check_point(golden, f"full/{point}", array)
    np.testing.assert_allclose(saliency, golden["full/output_f64"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(pool_8x8(saliency), golden["full/output_ds8"], rtol=1e-10)
    np.testing.assert_allclose(saliency.ravel()[:16], golden["full/output_first16_f64"], rtol=1e-10)


@pytest.mark.slow
def test_full_float32_and_the_fast_form(golden: Any, rule: ModuleType, full: nn.Module) -> None:
    """Rounding flips a few places of the max-unpool, and each moves some pixels: the mean error is what can hold."""
    from videosal.models.video.acceleration import accelerate

    network = full.float()
    clips = public_clip(rule, FULL).float()
    with torch.inference_mode():
        plain = network(clips)[0].numpy()
        fast = accelerate(network)(clips)[0].numpy()
    assert np.abs(plain - golden["full/output_f32"]).mean() < 1e-5
    assert np.quantile(np.abs(plain - golden["full/output_f32"]), 0.99) < 1e-5
    assert np.abs(fast - plain).mean() < 1e-5
    assert np.corrcoef(fast.ravel(), plain.ravel())[0, 1] > 0.99999
