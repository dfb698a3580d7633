"""STSANet filled by the rule of the golden files, and those files."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from torch import nn

SEED = "public"


@pytest.fixture(scope="session")
def rule() -> ModuleType:
    """The filling rule, as a module."""
    file = Path(__file__).parents[1] / "golden_rule.py"
    spec = importlib.util.spec_from_file_location("golden_rule", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def golden(shared: Path) -> Any:
    """Golden figures by name, read when they are asked for."""
    return np.load(shared / "goldens" / "stsanet" / "public.npz")


@pytest.fixture(scope="session")
def filled(rule: ModuleType) -> Callable[..., nn.Module]:
    """Fill a network in float64: ``filled(network_on_the_meta_device)``."""
    import torch

    def fill(network: nn.Module) -> nn.Module:
        name: Any = network.official_name
        state = {
            key: torch.from_numpy(rule.fill(SEED, name(key), tuple(tensor.shape)))
            for key, tensor in network.state_dict().items()
        }
        network.load_state_dict(state, assign=True)
        return network.eval()

    return fill


@pytest.fixture(scope="session")
def small(filled: Any) -> nn.Module:
    """STSANet at 64 x 96, float64, evaluation mode. Leave it as it is."""
    import torch

    from videosal.models import build_network

    with torch.device("meta"):
        network = build_network("stsanet", input_size=(64, 96))
    network_: nn.Module = filled(network)
    return network_
