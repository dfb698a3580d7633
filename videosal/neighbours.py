"""The modules beside a Python file: what `import helper` means in it, as for ``python my_model.py``."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


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


@cache
def _is_installed(name: str) -> bool:
    """Say whether a module or a package with ``__init__.py`` is on the path of this process."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return False
    return spec is not None and spec.origin is not None
