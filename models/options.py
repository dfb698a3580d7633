"""The options of a model: the keyword parameters of the class or function that makes it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videosal.errors import ModelError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Parameters that create_model gives itself; they are no options.
RESERVED = ("weights", "device")

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})
_KEYWORD_KINDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


@dataclass(frozen=True, slots=True)
class ModelOption:
    """One option of a model.

    Attributes
    ----------
    name : str
        Name of the parameter.
    types : tuple of str
        Types it takes, as written in the annotation, else the type of the default: ``("float",)``,
        ``("Path", "None")``. Empty where neither is given.
    default : object
        Value when the option is not given; None too where it is `required`.
    required : bool
        Whether the model cannot be made without it.
    """

    name: str
    types: tuple[str, ...]
    default: Any = None
    required: bool = False

    def __str__(self) -> str:
        return f"{self.name} (required)" if self.required else f"{self.name}={self.default}"


def read_options(factory: Callable[..., Any]) -> dict[str, ModelOption]:
    """List the options of `factory`, in the order of its signature, without `weights` and `device`."""
    return {
        name: _read_option(parameter)
        for name, parameter in inspect.signature(factory).parameters.items()
        if parameter.kind in _KEYWORD_KINDS and name not in RESERVED
    }


def convert_options(model: str, factory: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Check the options `given` for `model` and turn text into the types that its `factory` takes.

    Raises
    ------
    ModelError
        An option is unknown, missing, or text that does not fit its type.
    """
    options = read_options(factory)
    parameters = inspect.signature(factory).parameters.values()
    takes_any = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters)
    for name in given:
        if name not in options and not takes_any:
            raise ModelError(f"model {model!r} has no option {name!r}: {_say_options(name, options)}")
    for option in options.values():
        if option.required and option.name not in given:
            raise ModelError(f"model {model!r} needs the option {option.name!r}: give {option.name}=VALUE")
    return {
        name: convert_value(model, options[name], value) if name in options else value for name, value in given.items()
    }


def convert_value(model: str, option: ModelOption, value: Any) -> Any:
    """Turn `value` into a type of `option` where it is text; any other value is passed on as it is.

    Raises
    ------
    ModelError
        The text fits none of the types.
    """
    if not isinstance(value, str):
        return value
    known = [name for name in option.types if name in _CONVERTERS]
    for name in known:
        try:
            return _CONVERTERS[name](value)
        except ValueError:
            continue
    if not known:
        return value
    raise ModelError(f"model {model!r}: option {option.name}={value} is not of type {' or '.join(known)}")


def _read_option(parameter: inspect.Parameter) -> ModelOption:
    required = parameter.default is inspect.Parameter.empty
    default = None if required else parameter.default
    types = _annotated_types(parameter.annotation)
    if not any(name in _CONVERTERS for name in types) and default is not None:
        types = (type(default).__name__,) if not isinstance(default, Path) else ("Path",)
    return ModelOption(parameter.name, types, default, required)


def _annotated_types(annotation: Any) -> tuple[str, ...]:
    # Read as text: annotations often name classes that are imported for type checkers only.
    if annotation is inspect.Parameter.empty:
        return ()
    text = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    text = text.strip("'\" ")
    if "Optional[" in text:
        text = text.partition("Optional[")[2].rstrip("]") + " | None"
    return tuple(part.strip().rpartition(".")[2] for part in text.split("|"))


def _say_options(name: str, options: Mapping[str, ModelOption]) -> str:
    if not options:
        return "it has none"
    return f"{did_you_mean(name, options)} Its options: {', '.join(map(str, options.values()))}"


def _to_bool(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValueError(text)


def _to_none(text: str) -> None:
    if text.lower() != "none":
        raise ValueError(text)


_CONVERTERS: dict[str, Callable[[str], Any]] = {
    "None": _to_none,
    "bool": _to_bool,
    "int": int,
    "float": float,
    "Path": lambda text: Path(text).expanduser(),
    "str": str,
}
