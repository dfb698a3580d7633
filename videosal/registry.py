"""One typed registry for everything that third parties can add: models, datasets, metrics."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import logging
import sys
import threading
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from videosal.errors import PluginError, UnknownNameError
from videosal.neighbours import PluginLoader, on_the_path, open_folder, read_with_neighbours, running_module

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable
    from importlib.metadata import EntryPoint
    from types import ModuleType

T = TypeVar("T")

_log = logging.getLogger(__name__)

_registries: list[Registry[Any]] = []


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
        self._origins: dict[str, str] = {}  # the modules of plug-ins that registered them
        _registries.append(self)

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that adds its object under `name`; a name that is taken is refused."""

        def add(entry: T) -> T:
            module = getattr(entry, "__module__", None)
            ours = self._builtin.get(name, "").partition(":")[0]
            if (name in self._entries and self._entries[name] is not entry) or (ours and ours != module):
                raise PluginError(f"a {self.kind} named {name!r} is registered already: choose another name")
            self._entries[name] = entry
            if origin := running_module():
                self._origins[name] = origin
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

    def forget(self, modules: Container[str]) -> None:
        """Take out what these modules of plug-ins have registered."""
        for name in [name for name, origin in self._origins.items() if origin in modules]:
            del self._origins[name]
            self._entries.pop(name, None)

    def _entry_points(self) -> dict[str, EntryPoint]:
        from importlib.metadata import entry_points

        return {point.name: point for point in entry_points(group=self.group)}


def load_plugin(path: str | Path) -> ModuleType:
    """Import a Python file so that its decorators register what it defines.

    The file may import the modules and packages beside it, as for ``python file.py``; those of another folder may have
    the same names. Importing a file twice gives the module of the first time, unless the file or one that it imports
    from its folder was edited since: then it is imported again, and what it registered before is forgotten.

    Raises
    ------
    PluginError
        The file is not there, or fails while it is imported.
    """
    file = Path(path).expanduser().resolve()
    if not file.is_file():
        raise PluginError(f"the plug-in {file} is not a file")
    name = f"{open_folder(file.parent)}.{file.stem.replace('.', '_')}"
    with _lock:
        known = _plugins.get(name)
        if known is not None and known.contents == _read(file, known.others):
            return sys.modules[name]
        _forget(name)
        return _load(name, file)


def plugin_files() -> dict[str, Path]:
    """Return the files that `load_plugin` has imported here, by the names of their modules."""
    return {name: plugin.file for name, plugin in _plugins.items()}


def brought_in_by(file: Path) -> tuple[Path, ...]:
    """Return the files of its folder that a plug-in has imported otherwise than by a statement; none if not loaded."""
    return next((plugin.others for plugin in _plugins.values() if plugin.file == file), ())


def import_for_pickle(module: str, plugins: dict[str, Path]) -> None:
    """Make a module that a pickle names importable, where it is a plug-in or beside one.

    `plugins` is the `plugin_files` of the process that wrote the pickle.
    """
    if module in plugins:
        load_plugin(plugins[module])
        return
    package = module.partition(".")[0]
    for name, file in plugins.items():
        if name.partition(".")[0] == package:
            open_folder(file.parent)


@dataclass(frozen=True, slots=True)
class _Plugin:
    """A file that was imported, with the content of all that came with it."""

    file: Path
    contents: dict[Path, bytes]  # digests
    others: tuple[Path, ...] = ()


_plugins: dict[str, _Plugin] = {}  # by the names of their modules
_lock = threading.RLock()


def _load(name: str, file: Path) -> ModuleType:
    contents = _read(file, ())  # before the import: an edit meanwhile is then seen the next time
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or not isinstance(spec.loader, SourceFileLoader):
        raise PluginError(f"the plug-in {file} is not a Python file (.py)")
    spec.loader = PluginLoader(name, str(file))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    _plugins[name] = _Plugin(file, contents)
    try:
        with on_the_path(file.parent) as others:
            spec.loader.exec_module(module)
    except Exception as error:
        _forget(name)
        raise PluginError(f"the plug-in {file} fails to load: {error!r}") from error
    if others:
        _plugins[name] = _Plugin(file, contents | _read(file, others), tuple(sorted(others)))
    _log.debug("loaded plug-in %s", file)
    return module


def _forget(plugin: str) -> None:
    """Undo the import of a plug-in and of the modules beside it that it may have imported."""
    known = _plugins.pop(plugin, None)
    files = {str(file) for file in known.contents} if known is not None else set()
    package = f"{plugin.partition('.')[0]}."
    gone = {plugin} | {
        name
        for name, module in sys.modules.items()
        if name.startswith(package) and getattr(module, "__file__", None) in files
    }
    for name in gone:
        sys.modules.pop(name, None)
    for registry in _registries:
        registry.forget(gone)


def _read(file: Path, others: Iterable[Path]) -> dict[Path, bytes]:
    there = [other for other in others if other.is_file()]
    found = read_with_neighbours(file, there)
    return {source: hashlib.sha256(content).digest() for source, content in found.items()}


def _load_attribute(target: str) -> object:
    module, _, attribute = target.partition(":")
    return getattr(importlib.import_module(module), attribute)
