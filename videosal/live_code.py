"""The text of what is defined in `__main__`, a notebook or a script: source, and the values that it refers to."""

from __future__ import annotations

import dis
import functools
import hashlib
import inspect
import sys
import types
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MAIN = ("__main__", "__mp_main__")  # the second is the script in its worker processes

_SIMPLE = (type(None), bool, int, float, complex, str, bytes, Path, type(Ellipsis))
_GLOBAL = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
_OF_ANY_CLASS = (
    *("__module__", "__qualname__", "__doc__", "__dict__", "__weakref__", "__annotations__", "__firstlineno__"),
    *("__static_attributes__", "__annotate_func__", "__annotations_cache__", "__dataclass_params__", "__slots__"),
    *("__match_args__", "__abstractmethods__", "_abc_impl", "__hash__", "__dataclass_fields__", "__parameters__"),
)


class UnknownCodeError(Exception):
    """Something has no source, or is data that cannot be told by its text."""


def describe_live(thing: object) -> tuple[str, set[Path]]:
    """Write down an object of `__main__` with all of `__main__` that it refers to.

    Returns
    -------
    str
        Equal for equal code and equal values.
    set of Path
        The files beside the notebook or script whose modules it refers to.

    Raises
    ------
    UnknownCodeError
        As its docstring says; the text names the object.
    """
    writer = _Writer()
    writer.value(thing)
    return "\n".join(writer.lines), writer.files


class _Writer:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.files: set[Path] = set()
        self._seen: dict[int, tuple[int, object]] = {}  # held, so that no other gets its id
        self._folders = {Path.cwd()}
        if script := getattr(sys.modules["__main__"], "__file__", None):
            self._folders.add(Path(script).resolve().parent)

    def value(self, thing: Any) -> None:
        if isinstance(thing, _SIMPLE):
            self.lines.append(repr(thing))
        elif id(thing) in self._seen:
            self.lines.append(f"number {self._seen[id(thing)][0]} again")
        else:
            self._seen[id(thing)] = len(self._seen), thing
            self._write(thing)

    def _write(self, thing: Any) -> None:
        if isinstance(thing, types.ModuleType):
            self._elsewhere(thing, thing.__name__)
        elif isinstance(thing, (type, types.FunctionType)):
            if thing.__module__ not in MAIN:
                self._elsewhere(sys.modules.get(thing.__module__), f"{thing.__module__}.{thing.__qualname__}")
            elif isinstance(thing, type):
                self._class(thing)
            else:
                self._function(thing)
        elif isinstance(thing, types.BuiltinFunctionType | types.MethodDescriptorType):
            self.lines.append(thing.__qualname__)
        elif isinstance(thing, (staticmethod, classmethod)):
            self.value(thing.__func__)
        elif isinstance(thing, property):
            self._all("property", (thing.fget, thing.fset, thing.fdel))
        elif isinstance(thing, types.MethodType):
            self._all("method", (thing.__func__, thing.__self__))
        elif isinstance(thing, functools.partial):
            self._all("partial", (thing.func, thing.args, thing.keywords))
        else:
            self._data(thing)

    def _data(self, thing: Any) -> None:
        kind = type(thing)
        if kind in (tuple, list):
            self._all(f"{kind.__name__} {len(thing)}", thing)
        elif kind in (set, frozenset):
            self._all(f"{kind.__name__} {len(thing)}", sorted(thing, key=repr))
        elif kind is dict:
            self._all(f"dict {len(thing)}", [part for pair in thing.items() for part in pair])
        elif kind.__module__ == "numpy" and getattr(getattr(thing, "dtype", None), "kind", "O") != "O":
            content = hashlib.sha256(thing.tobytes()).hexdigest()
            self.lines.append(f"{thing.dtype} {thing.shape} {content}")
        elif _is_plain(thing):
            self._all(f"object {kind.__qualname__}", (kind, *_attributes(thing)))
        else:
            raise UnknownCodeError(f"a {kind.__module__}.{kind.__qualname__} has no text to tell it by")

    def _all(self, heading: str, things: Any) -> None:
        self.lines.append(heading)
        for thing in things:
            self.value(thing)

    def _class(self, kind: type) -> None:
        self._all(f"class {kind.__qualname__}", kind.__bases__)
        for field in fields(kind) if is_dataclass(kind) else ():
            self._all(f"{field.name}: {field.type}", [field.default] if isinstance(field.default, _SIMPLE) else [])
        for name, value in vars(kind).items():
            generated = is_dataclass(kind) and getattr(getattr(value, "__code__", 0), "co_filename", "") == "<string>"
            slot = isinstance(value, types.MemberDescriptorType)
            if name not in _OF_ANY_CLASS and not generated and not slot:
                self._all(f"{name} =", [value])

    def _function(self, function: types.FunctionType) -> None:
        try:
            self.lines.append(inspect.getsource(function))
        except (OSError, TypeError) as error:
            raise UnknownCodeError(f"{function.__qualname__} has no source") from error
        self._all("defaults", (function.__defaults__, function.__kwdefaults__))
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            try:
                self._all(f"{name} =", [cell.cell_contents])
            except ValueError:  # not assigned yet
                self.lines.append(f"{name} is empty")
        for name in dict.fromkeys(_globals_of(function.__code__)):
            if name in function.__globals__:
                self._all(f"{name} =", [function.__globals__[name]])

    def _elsewhere(self, module: types.ModuleType | None, name: str) -> None:
        """Name what another module defines; a module beside the notebook counts with its file."""
        self.lines.append(name)
        top = sys.modules.get(module.__name__.partition(".")[0]) if module is not None else None
        file = getattr(top, "__file__", None) or getattr(module, "__file__", None)
        if file is None:
            return
        place = Path(file).resolve()
        if (place.parent.parent if place.name == "__init__.py" else place.parent) in self._folders:
            self.files.add(place)


def _is_plain(thing: object) -> bool:
    """Say whether an object is of a class of `__main__` or of videosal, and holds no more than its attributes."""
    kind = type(thing)
    ours = kind.__module__ in MAIN or kind.__module__.partition(".")[0] == "videosal"
    holds_more = isinstance(thing, (str, bytes, int, float, tuple, list, dict, set, frozenset))
    return ours and not holds_more and (is_dataclass(thing) or hasattr(thing, "__dict__"))


def _attributes(thing: object) -> list[Any]:
    if is_dataclass(thing):
        return [getattr(thing, field.name) for field in fields(thing)]
    return [part for pair in sorted(getattr(thing, "__dict__", {}).items()) for part in pair]


def _globals_of(code: types.CodeType) -> Iterator[str]:
    """Yield the names that code, and the functions in it, look up in its module."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in _GLOBAL:
            yield str(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _globals_of(constant)
