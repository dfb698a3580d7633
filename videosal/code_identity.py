"""What code is behind a name: a file with its neighbours, an installed package, a notebook's class, or the suite.

Like :mod:`videosal.registry`, this module imports no room, so every room may use it.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import sys
import types
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videosal.live_code import MAIN, UnknownCodeError, describe_live
from videosal.neighbours import PREFIX, files_of, read_with_neighbours
from videosal.registry import brought_in_by, plugin_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_DIGITS = 16
_SUITE = ("disk", "metrics", "datasets", "models", "benchmark")  # what makes numbers, and writes them
_CODE = (".py", ".so", ".pyd")


@dataclass(frozen=True, slots=True)
class CodeIdentity:
    """What code is behind a model, a metric or a data set.

    Attributes
    ----------
    kind : {"videosal", "file", "distribution", "package", "notebook", "several", "unknown"}
        ``package`` is one that is imported, but installed by no distribution; ``notebook`` stands for whatever is
        defined in ``__main__``; ``several`` for an object with code from more than one of these.
    name : str
        Path of the file, or name of the distribution, the package or the object.
    version : str or None
        Of a distribution.
    digest : str or None
        16 hex digits of all its code. Equal digests are equal code, wherever it lies. None where there is no source to
        tell by: then nothing can be said to be the same.
    files : dict of str to str
        SHA-256 of each file, by its path relative to the folder of the file or package.
    """

    kind: str
    name: str
    version: str | None = None
    digest: str | None = None
    files: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` takes: text and dictionaries."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> CodeIdentity:
        """Read what `to_json` gave; a key that is missing raises `KeyError`."""
        return cls(**{column.name: content[column.name] for column in fields(cls)})

    def changed_files(self, earlier: CodeIdentity) -> list[str]:
        """Return the files that differ from those of `earlier`, that are new or that are gone; sorted."""
        names = self.files.keys() | earlier.files.keys()
        return sorted(name for name in names if self.files.get(name) != earlier.files.get(name))


def identify_file(path: str | Path) -> CodeIdentity:
    """Say what code is in a Python file and in what it imports from its own folder, see `read_with_neighbours`.

    A module that it imports in another way than by a statement counts once `videosal.registry.load_plugin` has loaded
    the file, so identify after loading.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    file = Path(path).resolve()
    return _of_files("file", str(file), file.parent, read_with_neighbours(file, brought_in_by(file)))


def identify_object(factory: object) -> CodeIdentity:
    """Say what code is behind a registered object: a class, a function, or an object that holds functions.

    Of `__main__`, which is a notebook or a script, what the object refers to counts. Where something of that has no
    source, or is data that cannot be told by its text, such as a trained network, the kind is ``unknown``.
    """
    found: dict[tuple[str, str], CodeIdentity] = {}
    for part in _parts(factory):
        identity = _identify_part(part, factory)
        found[identity.kind, identity.name] = identity
    theirs = [identity for identity in found.values() if identity.kind != "videosal"]
    if not theirs:
        ours = CodeIdentity("videosal", "videosal", digest=suite_digest())
        return ours if found else CodeIdentity("unknown", type(factory).__qualname__)
    if len(theirs) == 1:
        return theirs[0]
    name = ", ".join(sorted(identity.name for identity in theirs))
    if any(identity.digest is None for identity in theirs):
        return CodeIdentity("unknown", name)
    digest = _sha256("".join(sorted(str(identity.digest) for identity in theirs)).encode())[:_DIGITS]
    files = {name: sha for identity in theirs for name, sha in identity.files.items()}
    return CodeIdentity("several", name, digest=digest, files=files)


@cache
def suite_digest() -> str:
    """Return 16 hex digits of the source files of videosal that make numbers; read once in a process."""
    found = {}
    for file in Path(__file__).parent.glob("*.py"):
        found[file.name] = file
    for room in _SUITE:
        spec = importlib.util.find_spec(f"videosal.{room}")
        for place in (spec and spec.submodule_search_locations) or ():
            found |= {f"{room}/{file.relative_to(place).as_posix()}": file for file in Path(place).rglob("*.py")}
    return _digest({name: _sha256(file.read_bytes()) for name, file in found.items()})


def suite_version() -> str:
    """Return the version of this copy of videosal, which may be another than the installed one's."""
    return str(sys.modules["videosal"].__version__)  # an import of the front door would be a circle


def suite_place() -> Path:
    """Return the folder of this copy of videosal."""
    return Path(__file__).parent


def _parts(factory: object) -> Iterator[object]:
    """Yield the classes and functions that an object is made of, those of Python itself left out."""
    if isinstance(factory, (type, types.FunctionType)):
        if factory.__module__.partition(".")[0] not in sys.stdlib_module_names:
            yield factory
    elif isinstance(factory, functools.partial):
        for value in (factory.func, *factory.args, *factory.keywords.values()):
            if callable(value):
                yield from _parts(value)
    elif isinstance(factory, types.MethodType):
        yield from _parts(factory.__func__)
        yield from _parts(factory.__self__)
    else:
        yield from _parts(type(factory))
        for value in _values(factory):
            if callable(value):
                yield from _parts(value)


def _values(holder: object) -> Iterator[object]:
    if is_dataclass(holder):
        yield from (getattr(holder, column.name) for column in fields(holder))
    else:
        yield from getattr(holder, "__dict__", {}).values()


def _identify_part(part: Any, whole: object) -> CodeIdentity:
    name = str(part.__module__)
    where = f"{name}.{part.__qualname__}"
    if name.partition(".")[0] == "videosal":
        return CodeIdentity("videosal", "videosal")
    if name in MAIN:
        return _identify_live(whole)
    module = sys.modules.get(name)
    if module is None or getattr(module, "__file__", None) is None:
        return CodeIdentity("unknown", where)
    if name.startswith(PREFIX):
        return identify_file(plugin_files().get(name, Path(str(module.__file__))))
    return _identify_package(name.partition(".")[0], str(module.__file__))


def _identify_live(thing: object) -> CodeIdentity:
    name = f"__main__.{getattr(thing, '__qualname__', type(thing).__qualname__)}"
    try:
        text, places = describe_live(thing)
    except UnknownCodeError:
        return CodeIdentity("unknown", name)
    files: dict[str, str] = {}
    for place in sorted(places):
        if place.name == "__init__.py":  # a package: all its files, under its name
            beside = _of_files("package", "", place.parent.parent, _read_all(files_of(place.parent)))
        else:
            beside = identify_file(place)
        files |= beside.files
    return CodeIdentity("notebook", name, digest=_digest({"": _sha256(text.encode()), **files}), files=files)


@cache  # a package is imported once, whatever becomes of its files
def _identify_package(top: str, imported: str) -> CodeIdentity:
    from importlib.metadata import packages_distributions, version

    spec = importlib.util.find_spec(top)
    places = [Path(place) for place in (spec and spec.submodule_search_locations) or ()]
    distributions = packages_distributions().get(top, [])
    if not places and not distributions:
        return identify_file(imported)
    files = {file for place in places for file in place.rglob("*") if file.suffix in _CODE}
    found = _read_all(files or {Path(imported)})
    folder = places[0].parent if places else Path(imported).parent
    if not distributions:
        return _of_files("package", top, folder, found)
    return _of_files("distribution", distributions[0], folder, found, version(distributions[0]))


def _of_files(
    kind: str, name: str, folder: Path, contents: Mapping[Path, bytes], version: str | None = None
) -> CodeIdentity:
    hashed = {_relative(file, folder): _sha256(content) for file, content in contents.items()}
    return CodeIdentity(kind, name, version, _digest(hashed), dict(sorted(hashed.items())))


def _relative(file: Path, folder: Path) -> str:
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else file.name


def _read_all(files: Iterable[Path]) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in files}


def _digest(hashed: Mapping[str, str]) -> str:
    lines = "".join(f"{name}\0{sha}\n" for name, sha in sorted(hashed.items()))
    return _sha256(lines.encode())[:_DIGITS]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
