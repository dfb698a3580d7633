from __future__ import annotations

from typing import Any

import pytest
import torch

from videosal.errors import ModelError, UnknownNameError
from videosal.models import build_network, load_official, official_state_dict


@pytest.fixture
def official(tiny_entry: Any) -> dict[str, torch.Tensor]:
    return {name: torch.full_like(tensor, 2.0) for name, tensor in official_state_dict(build_network("tiny")).items()}


def test_the_authors_names_go_in_and_come_out(official: dict[str, torch.Tensor]) -> None:
    assert set(official) == {"base1.0.weight", "base1.0.bias", "top.weight", "top.bias"}
    network = build_network("tiny")
    load_official(network, official)
    assert all(bool((parameter == 2).all()) for parameter in network.parameters())
    for name, tensor in official_state_dict(network).items():
        assert torch.equal(tensor, official[name])


def test_the_prefix_of_data_parallel_is_left_out(official: dict[str, torch.Tensor]) -> None:
    network = build_network("tiny")
    load_official(network, {f"module.{name}": tensor for name, tensor in official.items()})
    assert all(bool((parameter == 2).all()) for parameter in network.parameters())


def test_the_dtype_of_the_network_stays(official: dict[str, torch.Tensor]) -> None:
    network = build_network("tiny").double()
    load_official(network, official)
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float64}


def test_what_does_not_fit_is_listed_and_nothing_is_loaded(official: dict[str, torch.Tensor]) -> None:
    network = build_network("tiny")
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    del official["base1.0.bias"]
    official["extra"] = torch.zeros(1)
    official["top.bias"] = torch.zeros(7)
    text = (
        r"do not fit Tiny: 1 missing \(base1.0.bias\); 1 unknown \(extra\); "
        r"1 of another shape \(top.bias 7 instead of 1\): choose the model"
    )
    with pytest.raises(ModelError, match=text):
        load_official(network, official)
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def test_a_long_list_is_cut() -> None:
    with torch.device("meta"):
        network = build_network("stsanet-unet", input_size=(32, 32))
    with pytest.raises(ModelError, match=r"missing \(base1.0.conv_s.weight, .* and \d+ more\)") as caught:
        load_official(network, {"x": torch.zeros(1)})
    assert len(str(caught.value)) < 500


def test_models_that_are_no_networks() -> None:
    with pytest.raises(ModelError, match="'center' is no network"):
        build_network("center")
    with pytest.raises(UnknownNameError, match="did you mean stsanet"):
        build_network("stsanett")


def test_options_go_to_the_network(tiny_entry: Any) -> None:
    from dataclasses import replace

    from videosal.models import register_model

    def build(input_size: tuple[int, int], bias: bool = True) -> torch.nn.Module:
        return torch.nn.Linear(*input_size, bias=bias)

    register_model("linear")(replace(tiny_entry, name="linear", build=build))
    assert set(build_network("linear").state_dict()) == {"weight", "bias"}
    assert set(build_network("linear", bias=False, input_size=(2, 3)).state_dict()) == {"weight"}
    with pytest.raises(ModelError, match=r"'linear' has no option 'bis': did you mean bias.* Its options: bias=True"):
        build_network("linear", bis=False)
    with pytest.raises(ModelError, match="'tiny' has no option 'bias': it has none"):
        build_network("tiny", bias=False)
