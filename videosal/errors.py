"""The exceptions that videosal raises.

Every error that a user can cause is a :class:`VideosalError`: its text is one line that says what is wrong, in which
file, and what to do. The command line prints that line and exits with 2.

Like :mod:`videosal.registry`, this module imports nothing of ours, so every room may use it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class VideosalError(Exception):
    """Root of the tree: catch it to catch every error that videosal reports on purpose."""


class InputError(VideosalError, ValueError):
    """An argument has the wrong value, shape or type."""


class UnknownNameError(VideosalError, LookupError):
    """A name that no registry holds; the text offers the nearest ones."""

    @classmethod
    def of(cls, kind: str, name: str, known: Iterable[str]) -> UnknownNameError:
        """Build the error for `name`, which is no `kind`, beside the `known` names."""
        return cls(f"unknown {kind} {name!r}: {did_you_mean(name, known)}")


class PluginError(VideosalError):
    """A plug-in could not be loaded."""


class FileError(VideosalError):
    """A file is damaged, or not what its place says it is; the text begins with its path."""


class DamagedFileError(FileError):
    """What a file holds is cut short, damaged, or of a kind that is not supported: nothing can be taken from it."""


class DatasetError(VideosalError):
    """A copy of a data set is not there, not complete enough, or not readable."""


class PredictionError(VideosalError):
    """Saliency maps are missing, ambiguous or not readable."""


class ModelError(VideosalError):
    """A model cannot be made or breaks the contract of ``predict``."""


class RunError(VideosalError):
    """A run directory cannot be written, read or resumed."""


class TableError(VideosalError):
    """Runs and published rows cannot stand in one table."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Say which of the `known` names are near `name`, or list them all where none is."""
    import difflib  # not needed by a command that goes right

    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    if near:
        return "did you mean " + " or ".join(near) + "?"
    return "known are " + ", ".join(names) if names else "none is registered"
