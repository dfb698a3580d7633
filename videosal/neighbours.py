"""The modules beside a plug-in: `from helper import net` in it finds the helper of its own folder.

For ``python my_model.py`` the folder is on the path, and one process has one ``helper``. Here a process may load the
files of many folders. So every folder is a package with a name of its own, its files are modules of that package, and
an import statement in one of them looks there first, at any time, also inside a function.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import importlib.util
import os
import sys
import threading
import types
import zlib
from contextlib import contextmanager
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

PREFIX = "videosal_plugin_"  # what the names of the packages begin with

_running = threading.local()  # the names of the modules whose code runs here right now


class PluginLoader(SourceFileLoader):
    """Runs a file of a folder that `open_folder` knows, such that its import statements look in that folder first."""

    def get_code(self, fullname: str) -> types.CodeType:
        """Compile the file. Kept bytecode would be that of before where the file was edited within a second."""
        return self.source_to_code(self.get_data(self.path), self.path)

    def exec_module(self, module: types.ModuleType) -> None:
        """Run the file."""
        package = module.__name__.partition(".")[0]
        names = {**vars(builtins), "__import__": _import_in(package, Path(sys.modules[package].__path__[0]))}
        vars(module)["__builtins__"] = names  # where the code of a module finds what an import statement calls
        stack = _stack()
        stack.append(module.__name__)
        try:
            super().exec_module(module)
        finally:
            stack.pop()


def open_folder(folder: Path) -> str:
    """Return the name of the package that stands for a folder, whose files can then be imported as its modules."""
    name = f"{PREFIX}{zlib.crc32(os.fsencode(folder)):08x}"
    if name not in sys.modules:
        package = types.ModuleType(name, f"The files of {folder}.")
        package.__path__ = [str(folder)]
        sys.modules[name] = package
    if _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)
    return name


def running_module() -> str | None:
    """Return the name of the plug-in's or neighbour's module that is being imported in this thread."""
    return _stack()[-1] if _stack() else None


@contextmanager
def on_the_path(folder: Path) -> Iterator[set[Path]]:
    """Have a folder at the front of `sys.path`; what was imported from it then is in the set that is yielded.

    That is what came in without an import statement. It does not stay, since the next folder may have a module of the
    same name.
    """
    before = set(sys.modules)
    found: set[Path] = set()
    sys.path.insert(0, str(folder))
    try:
        yield found
    finally:
        sys.path.remove(str(folder))
        for name in sys.modules.keys() - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file is None or name.startswith(PREFIX) or find_beside(folder, name.partition(".")[0]) is None:
                continue
            if Path(file).resolve().is_relative_to(folder):
                found.add(Path(file).resolve())
                del sys.modules[name]


def find_beside(folder: Path, name: str) -> Path | None:
    """Return the module file or package folder that `import name` finds in `folder`; None where it is from elsewhere.

    The standard library and videosal are never from there. A folder without ``__init__.py`` gives way to an installed
    package of that name.
    """
    if name in sys.stdlib_module_names or name == "videosal" or not name:
        return None
    package, module = folder / name, folder / f"{name}.py"
    if (package / "__init__.py").is_file():
        return package
    if module.is_file():
        return module
    return package if package.is_dir() and not _is_installed(name) else None


def read_with_neighbours(file: Path, others: Iterable[Path] = ()) -> dict[Path, bytes]:
    """Read a file, and what it imports from its own folder, directly or by way of others.

    Imports are found in the text, those inside functions too. Of a package in that folder all files count, since one
    that chooses its modules by name cannot be read from the text.

    Parameters
    ----------
    file : Path
        Absolute, without symbolic links.
    others : iterable of Path
        Files that it has imported in another way.

    Raises
    ------
    OSError
        A file cannot be read.
    """
    found: dict[Path, bytes] = {}
    waiting = [file, *others]
    while waiting:
        source = waiting.pop()
        if source not in found:
            found[source] = source.read_bytes()
            places = (find_beside(file.parent, name) for name in _imported_names(found[source]))
            waiting += [other for place in places if place is not None for other in files_of(place)]
    return found


def files_of(place: Path) -> list[Path]:
    """Return a module's file, or all files of a package."""
    return sorted(file for file in place.rglob("*.py") if file.is_file()) if place.is_dir() else [place]


class _Finder:
    """Finds the modules of the packages that `open_folder` makes."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, target: types.ModuleType | None = None) -> ModuleSpec | None:
        if path is None or not name.startswith(PREFIX):
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = PluginLoader(name, spec.loader.path)
        return spec


def _import_in(package: str, folder: Path) -> Callable[..., Any]:
    """Return what an import statement calls in the files of a folder."""

    def import_(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:  # noqa: A002
        top = name.partition(".")[0]
        if level or find_beside(folder, top) is None:
            return builtins.__import__(name, globals, locals, fromlist, level)
        if fromlist:
            return builtins.__import__(f"{package}.{name}", globals, locals, fromlist)
        importlib.import_module(f"{package}.{name}")
        return sys.modules[f"{package}.{top}"]

    return import_


def _stack() -> list[str]:
    if not hasattr(_running, "names"):
        _running.names = []
    names: list[str] = _running.names
    return names


@cache
def _is_installed(name: str) -> bool:
    """Say whether a module or a package with ``__init__.py`` is on the path of this process."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return False
    return spec is not None and spec.origin is not None


def _imported_names(source: bytes) -> set[str]:
    """Return the first parts of the names that a file imports, and those after the dots of relative imports."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return set()  # whoever imports the file is told
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module} if node.module else {alias.name for alias in node.names}
        elif isinstance(node, ast.Call) and _is_import(node.func) and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.add(first.value.lstrip("."))
    return {name.partition(".")[0] for name in found}


def _is_import(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in ("import_module", "__import__")
