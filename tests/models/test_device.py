from __future__ import annotations

import pytest
import torch

from videosal.errors import ModelError
from videosal.models import resolve_device


@pytest.mark.parametrize(("there", "expected"), [(True, "cuda"), (False, "cpu")])
def test_auto_takes_a_gpu_where_there_is_one(monkeypatch: pytest.MonkeyPatch, there: bool, expected: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert resolve_device() == expected
    assert resolve_device("auto") == expected


def test_a_device_that_is_there_is_kept() -> None:
    assert resolve_device("cpu") == "cpu"


@pytest.mark.parametrize("device", ["cuda:99", "gpu", ""])
def test_a_device_that_is_not_there(device: str) -> None:
    with pytest.raises(ModelError, match=f"device '{device}' cannot be used .*choose auto or cpu") as caught:
        resolve_device(device)
    assert "\n" not in str(caught.value)
