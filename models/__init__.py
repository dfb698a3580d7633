"""Frames to saliency maps: the registry of models, baselines, networks and their weights, cost."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from videosal.models.baselines.without_pixels import center_map
    from videosal.models.card import ModelCard
    from videosal.models.contract import Model, VideoModel, iterate_predictions, prepare_model
    from videosal.models.device import resolve_device
    from videosal.models.input_frames import frames_for
    from videosal.models.networks import NetworkEntry, build_network, load_official, official_state_dict
    from videosal.models.options import ModelOption
    from videosal.models.profile import ModelProfile, profile_model
    from videosal.models.registry import create_model, list_models, model_card, model_options, register_model
    from videosal.models.training.trainer import TrainingResult, train_network
    from videosal.models.video.acceleration import accelerate
    from videosal.models.video.clip_network import ClipNetworkEntry
    from videosal.models.video.windows import WindowedModel, sliding_windows
    from videosal.models.weights.checkpoint_files import FittedWeights, convert_weights, read_checkpoint

_HOMES = {
    "ClipNetworkEntry": "video.clip_network",
    "FittedWeights": "weights.checkpoint_files",
    "Model": "contract",
    "ModelCard": "card",
    "ModelOption": "options",
    "ModelProfile": "profile",
    "NetworkEntry": "networks",
    "TrainingResult": "training.trainer",
    "VideoModel": "contract",
    "WindowedModel": "video.windows",
    "accelerate": "video.acceleration",
    "build_network": "networks",
    "center_map": "baselines.without_pixels",
    "convert_weights": "weights.checkpoint_files",
    "create_model": "registry",
    "frames_for": "input_frames",
    "iterate_predictions": "contract",
    "list_models": "registry",
    "load_official": "networks",
    "model_card": "registry",
    "model_options": "registry",
    "official_state_dict": "networks",
    "prepare_model": "contract",
    "profile_model": "profile",
    "read_checkpoint": "weights.checkpoint_files",
    "register_model": "registry",
    "resolve_device": "device",
    "sliding_windows": "video.windows",
    "train_network": "training.trainer",
}

__all__ = [
    "ClipNetworkEntry",
    "FittedWeights",
    "Model",
    "ModelCard",
    "ModelOption",
    "ModelProfile",
    "NetworkEntry",
    "TrainingResult",
    "VideoModel",
    "WindowedModel",
    "accelerate",
    "build_network",
    "center_map",
    "convert_weights",
    "create_model",
    "frames_for",
    "iterate_predictions",
    "list_models",
    "load_official",
    "model_card",
    "model_options",
    "official_state_dict",
    "prepare_model",
    "profile_model",
    "read_checkpoint",
    "register_model",
    "resolve_device",
    "sliding_windows",
    "train_network",
]


def __getattr__(name: str) -> Any:
    """Import a public name from its module when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
