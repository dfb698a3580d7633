"""Models by name: ours, those of installed packages, and those in a file of the user."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, TypeVar, cast

from videosal.errors import ModelError, VideosalError, did_you_mean
from videosal.models.card import ModelCard
from videosal.models.options import ModelOption, convert_options, read_options
from videosal.registry import Registry, load_plugin

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from videosal.models.contract import Model

F = TypeVar("F", bound="Callable[..., Any]")

_STSANET = (
    "stsanet",
    "stsanet-concat",
    "stsanet-last-supervised",
    "stsanet-no-aw",
    "stsanet-no-layer-1",
    "stsanet-no-layer-2",
    "stsanet-no-stms",
    "stsanet-no-stsa-1",
    "stsanet-no-stsa-2",
    "stsanet-no-stsa-3",
    "stsanet-no-stsa-4",
    "stsanet-no-temporal-relations",
    "stsanet-single-similarity-matrix",
    "stsanet-single-stream",
    "stsanet-unet",
    "stsanet-unet-amsf",
    "stsanet-unet-stsa",
)

# The other systems by name, with the module of videosal.models.zoo that holds the entry.
_ZOO = {
    "aclnet": "aclnet.entry",
    "deepvs": "deepvs.entry",
    "esan": "esan.entry",
    "hd2s": "hd2s.entry",
    "salema": "salema.entry",
    "salsac": "unpublished",
    "stra-net": "stra_net.entry",
    "tased-net": "tased_net.entry",
    "tinyhd": "tinyhd.entry",
    "tinyhd-m": "tinyhd.entry",
    "tsfp-net": "unpublished",
    "unisal": "unisal.entry",
    "vinet": "vinet.entry",
    "vinet-s": "vinet.entry",
}

_REGISTRY: Registry[Callable[..., Any]] = Registry(
    "model",
    "videosal.models",
    {
        "uniform": "videosal.models.baselines.without_pixels:Uniform",
        "center": "videosal.models.baselines.without_pixels:Center",
        "mean-map": "videosal.models.baselines.without_pixels:MeanMap",
        "motion": "videosal.models.baselines.from_pixels:Motion",
        "spectral-residual": "videosal.models.baselines.from_pixels:SpectralResidual",
        **{name: f"videosal.models.stsanet.entries:{name.replace('-', '_')}" for name in _STSANET},
        **{name: f"videosal.models.zoo.{module}:{name.replace('-', '_')}" for name, module in _ZOO.items()},
    },
)


def register_model(name: str) -> Callable[[F], F]:
    """Return a decorator that registers a model under `name`.

    It stands on a class, or on a function that returns a model. The parameters are the model's options;
    `weights` and `device` are filled by `create_model` where the signature has them. A class attribute
    ``card``, or an attribute of that name on the function, holds the `ModelCard`; ``needs_frames = False``
    says in the same way that the model looks at no frame, see `frames_for`.

    Raises
    ------
    PluginError
        Another model has that name.
    """
    return cast("Callable[[F], F]", _REGISTRY.register(name))


def list_models() -> list[str]:
    """Return the names of all registered models, sorted."""
    return _REGISTRY.names()


def model_card(name: str) -> ModelCard:
    """Return the card of a model.

    Parameters
    ----------
    name : str
        A registered name, or ``path/to/file.py:Name``.

    Returns
    -------
    ModelCard
        The model's own, or, where it has none, one with its name and the first line of its docstring.

    Raises
    ------
    UnknownNameError, PluginError, ModelError
        As `create_model`; also where the attribute ``card`` is no `ModelCard`.
    """
    factory = find_factory(name)
    card = getattr(factory, "card", None)
    if card is None:
        summary = inspect.cleandoc(factory.__doc__ or "").partition("\n")[0]
        return ModelCard(title=_split_file(name)[1] or name, description=summary)
    if not isinstance(card, ModelCard):
        raise ModelError(f"model {name!r}: its card is a {type(card).__name__}, expected a ModelCard")
    return card


def needs_frames(name: str) -> bool:
    """Whether a model looks at frames: False where its attribute ``needs_frames`` is; their number and size will do.

    Raises
    ------
    UnknownNameError, PluginError, ModelError
        As `create_model`.
    """
    return bool(getattr(find_factory(name), "needs_frames", True))


def model_options(name: str) -> dict[str, ModelOption]:
    """Return the options of a model by name, in the order in which it declares them.

    Raises
    ------
    UnknownNameError, PluginError, ModelError
        As `create_model`.
    """
    return read_options(find_factory(name))


def create_model(name: str, /, weights: str | Path | None = None, device: str = "auto", **options: Any) -> Model:
    """Make a model.

    Parameters
    ----------
    name : str
        A registered name, or ``path/to/file.py:Name`` for a class or function in a file.
    weights : str or Path, optional
        Trained weights, given to models that take them.
    device : str, optional
        Where a network runs, given to models that take it. ``"auto"`` leaves the choice to the model, see
        `resolve_device`.
    **options
        The model's own options. Text, as it comes from a command line, is converted to the type of the
        parameter.

    Returns
    -------
    Model
        Object with ``predict(frames)``.

    Raises
    ------
    UnknownNameError
        No model has that name.
    PluginError
        The file or package of the model cannot be loaded.
    ModelError
        An option is unknown, missing or of a wrong type; weights are given to a model that takes none; the
        model cannot be made, or is no model.
    """
    factory = find_factory(name)
    arguments = convert_options(name, factory, options)
    taken = inspect.signature(factory).parameters
    if "weights" in taken and not (weights is None and _has_default(taken["weights"])):
        arguments["weights"] = weights
    elif weights is not None:
        raise ModelError(f"model {name!r} takes no weights, but {weights} is given: leave them out")
    if "device" in taken:
        arguments["device"] = device
    try:
        model = factory(**arguments)
    except VideosalError:
        raise
    except Exception as error:
        raise ModelError(f"model {name!r} cannot be made: {error!r}") from error
    if isinstance(model, type) or not callable(getattr(model, "predict", None)):
        raise ModelError(f"model {name!r} is a {type(model).__name__} without a method predict(frames)")
    return cast("Model", model)


def find_factory(name: str) -> Callable[..., Any]:
    """Return what makes the model of a name: a class, a function or a `NetworkEntry`.

    Raises
    ------
    UnknownNameError, PluginError, ModelError
        As `create_model`.
    """
    file, attribute = _split_file(name)
    if not file:
        factory: object = _REGISTRY.get(name)
    elif not attribute:
        raise ModelError(f"{file} holds several names: add the class or function, as in {file}:Name")
    else:
        factory = _find_in_file(file, attribute)
    if not callable(factory):
        raise ModelError(f"model {name!r} is a {type(factory).__name__}, expected a class or a function")
    return factory


def _split_file(name: str) -> tuple[str, str]:
    """Split ``file.py:Name``; the file is empty where `name` is no such text."""
    if name.endswith(".py"):
        return name, ""
    file, _, attribute = name.rpartition(":")
    return (file, attribute) if file.endswith(".py") else ("", "")


def _find_in_file(file: str, attribute: str) -> object:
    module = load_plugin(file)
    if hasattr(module, attribute):
        return getattr(module, attribute)
    own = [key for key, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__]
    raise ModelError(f"{file} defines no {attribute!r}: {did_you_mean(attribute, own)}")


def _has_default(parameter: inspect.Parameter) -> bool:
    return parameter.default is not inspect.Parameter.empty
