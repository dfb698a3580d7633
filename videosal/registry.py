"""One typed registry for everything that third parties can add: models, datasets, metrics."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from videosal.errors import PluginError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.metadata import EntryPoint
    from types import ModuleType

T = TypeVar("T")

_PLUGIN = "videosal_plugin_"  # what the names of their modules begin with

_log = logging.getLogger(__name__)


class Registry(Generic[T]):
    """Names and the objects behind them.

    Parameters
    ----------
    kind : str
        What an entry is, in the singular; used in error messages.
    group : str
        Entry-point group through which installed packages add entries (``videosal.models``).
    builtin : dict of str to str, optional
        Our own entries as ``"module:attribute"``; the module is imported when the entry is first asked for.
    """

    def __init__(self, kind: str, group: str, builtin: dict[str, str] | None = None) -> None:
        self.kind = kind
        self.group = group
        self._builtin = dict(builtin or {})
        self._entries: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that adds its object under `name`; a name that is taken is refused."""

        def add(entry: T) -> T:
            module = getattr(entry, "__module__", None)
            ours = self._builtin.get(name, "").partition(":")[0]
            if (name in self._entries and self._entries[name] is not entry) or (ours and ours != module):
                raise PluginError(f"a {self.kind} named {name!r} is registered already: choose another name")
            self._entries[name] = entry
            return entry

        return add

    def names(self) -> list[str]:
        """All names, sorted; entry points are listed without being loaded."""
        return sorted({*self._builtin, *self._entries, *self._entry_points()})

    def get(self, name: str) -> T:
        """Return the entry called `name`.

        Raises
        ------
        UnknownNameError
            No entry has that name.
        PluginError
            The entry is another package's, and that package fails to load.
        """
        if name not in self._entries:
            if name in self._builtin:
                self._entries[name] = cast("T", _load_attribute(self._builtin[name]))
            elif name in (points := self._entry_points()):
                try:
                    self._entries[name] = cast("T", points[name].load())
                except Exception as error:
                    where = points[name].value
                    raise PluginError(f"the {self.kind} {name!r} ({where}) fails to load: {error!r}") from error
            else:
                raise UnknownNameError.of(self.kind, name, self.names())
        return self._entries[name]

    def _entry_points(self) -> dict[str, EntryPoint]:
        from importlib.metadata import entry_points

        return {point.name: point for point in entry_points(group=self.group)}


def load_plugin(path: str | Path) -> ModuleType:
    """Import a Python file so that its decorators register what it defines.

    Importing the same file twice gives the module of the first time.

    Raises
    ------
    PluginError
        The file is not there, or fails while it is imported.
    """
    file = Path(path).resolve()
    if not file.is_file():
        raise PluginError(f"the plug-in {file} is not a file")
    name = f"{_PLUGIN}{zlib.crc32(str(file).encode()):08x}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise PluginError(f"the plug-in {file} is not a Python file (.py)")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise PluginError(f"the plug-in {file} fails to load: {error!r}") from error
    _log.debug("loaded plug-in %s", file)
    return module


def plugin_files() -> dict[str, Path]:
    """Return the files that `load_plugin` has imported here, by the names of their modules."""
    return {
        name: Path(module.__file__)
        for name, module in sys.modules.items()
        if name.startswith(_PLUGIN) and module.__file__ is not None
    }


def _load_attribute(target: str) -> object:
    module, _, attribute = target.partition(":")
    return getattr(importlib.import_module(module), attribute)
