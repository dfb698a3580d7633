from __future__ import annotations

import pytest

from videosal.errors import InputError
from videosal.models import build_network, list_models, model_card, profile_model
from videosal.models.networks import find_network

# Parameters, float32 MB, GMACs of convolutions and of matrix products: specification of STSANet, variants.
COUNTS = {
    "stsanet": (160_840_060, 643.45, 192.754, 17.861),
    "stsanet-single-stream": (16_342_065, 65.45, 90.497, 0.0),
    "stsanet-unet": (23_281_505, 93.21, 117.378, 0.0),
    "stsanet-unet-stsa": (156_012_321, 624.13, 157.591, 17.861),
    "stsanet-unet-amsf": (28_109_244, 112.52, 152.540, 0.0),
    "stsanet-no-temporal-relations": (160_840_060, 643.45, 192.754, 12.818),
    "stsanet-single-similarity-matrix": (85_842_524, 343.46, 192.754, 51.271),
    "stsanet-no-layer-1": (52_681_852, 210.81, 162.281, 10.087),
    "stsanet-no-layer-2": (136_267_452, 545.16, 183.013, 7.774),
    "stsanet-no-stsa-1": (141_776_764, 567.19, 188.195, 11.618),
    "stsanet-no-stsa-2": (141_682_876, 566.82, 175.537, 7.457),
    "stsanet-no-stsa-3": (121_646_204, 486.67, 179.380, 16.734),
    "stsanet-no-stsa-4": (105_523_580, 422.18, 187.689, 17.774),
    "stsanet-concat": (162_302_332, 649.29, 202.151, 17.861),
    "stsanet-no-aw": (160_297_809, 641.28, 192.739, 17.861),
    "stsanet-no-stms": (156_554_572, 626.30, 157.605, 17.861),
    "stsanet-last-supervised": (160_840_060, 643.45, 192.754, 17.861),
}


def test_every_row_is_registered() -> None:
    assert {name for name in list_models() if name.startswith("stsanet")} == set(COUNTS)


@pytest.mark.parametrize("name", COUNTS)
def test_counts(name: str) -> None:
    found = profile_model(name, repeats=0)
    parameters, megabytes, convolutions, products = COUNTS[name]
    assert found.parameters == model_card(name).parameters == parameters
    assert found.float32_mb == pytest.approx(megabytes, abs=5e-3)
    assert found.convolution_gmacs == pytest.approx(convolutions, abs=5e-4)
    assert found.matmul_gmacs == pytest.approx(products, abs=5e-4)
    assert found.gflops == pytest.approx(2 * (convolutions + products), abs=2e-3)
    assert (found.frames_in, found.maps_out, found.input_size) == (32, 1, "384x224")


def test_name_and_entry_agree() -> None:
    assert {find_network(name).name for name in COUNTS} == set(COUNTS)


@pytest.mark.parametrize("name", COUNTS)
def test_the_predicted_frame(name: str) -> None:
    assert find_network(name).target == (31 if name == "stsanet-last-supervised" else 15)  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", [(64, 90), (0, 64), (64,), (-32, 64)])
def test_a_size_that_cannot_be(size: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="both multiples of 32"):
        build_network("stsanet", input_size=size)  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(1, 3, 16, 32, 32), (3, 32, 32, 32), (1, 3, 32, 32, 64), (1, 1, 32, 32, 32)])
def test_clips_of_another_shape(shape: tuple[int, ...]) -> None:
    import torch

    with torch.device("meta"):
        network = build_network("stsanet-unet", input_size=(32, 32))
        with pytest.raises(InputError, match=r"clips of shape .*expected \(B, 3, 32, 32, 32\)"):
            network(torch.empty(shape))


@pytest.mark.parametrize("name", ["stsanet-unet", "stsanet-single-stream"])
def test_a_network_learns_and_its_maps_are_probabilities(name: str) -> None:
    import torch

    torch.manual_seed(0)
    network = build_network(name, input_size=(32, 32))
    maps = network(torch.randn(2, 3, 32, 32, 32))
    assert maps.shape == (2, 32, 32)
    assert maps.min() > 0
    assert maps.max() < 1
    maps.mean().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
