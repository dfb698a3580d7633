"""Frames to saliency maps: the registry of models, the baselines, and the sliding-window helper."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from videosal.models.baselines import center_map
    from videosal.models.card import ModelCard
    from videosal.models.contract import Model, iterate_predictions, prepare_model
    from videosal.models.device import resolve_device
    from videosal.models.options import ModelOption
    from videosal.models.registry import (
        create_model,
        list_models,
        model_card,
        model_options,
        register_model,
    )
    from videosal.models.windows import WindowedModel, sliding_windows

_HOMES = {
    "Model": "contract",
    "ModelCard": "card",
    "ModelOption": "options",
    "WindowedModel": "windows",
    "center_map": "baselines",
    "create_model": "registry",
    "iterate_predictions": "contract",
    "list_models": "registry",
    "model_card": "registry",
    "model_options": "registry",
    "prepare_model": "contract",
    "register_model": "registry",
    "resolve_device": "device",
    "sliding_windows": "windows",
}

__all__ = [
    "Model",
    "ModelCard",
    "ModelOption",
    "WindowedModel",
    "center_map",
    "create_model",
    "iterate_predictions",
    "list_models",
    "model_card",
    "model_options",
    "prepare_model",
    "register_model",
    "resolve_device",
    "sliding_windows",
]


def __getattr__(name: str) -> Any:
    """Import a public name from its module when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
